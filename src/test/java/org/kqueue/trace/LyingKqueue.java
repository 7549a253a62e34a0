package org.kqueue.trace;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.kqueue.ChangeList;
import org.kqueue.EventList;
import org.kqueue.KeventException;
import org.kqueue.KeventFlags;
import org.kqueue.Kqueue;
import org.kqueue.robust.KqueueInFront;

/** A kqueue that is wrong in one way, and else is the one behind it: for what a comparison must notice. */
final class LyingKqueue extends KqueueInFront {

    /** What is wrong. */
    enum Lie {
        /** It has no end. */
        NO_EOF,
        /** The events of a call come in the order of their idents. */
        NOT_FIRST_IN_FIRST_OUT,
        /** The last of several events comes first. */
        TURNED,
        /** What was delivered stays at the head of the queue. */
        NO_ROTATION,
        /** EV_CLEAR resets at the second delivery. */
        CLEAR_TWICE,
        /** EV_CLEAR is not known. */
        CLEAR_IS_LEVEL,
        /** EV_ONESHOT is not known. */
        ONESHOT_STAYS,
        /** EV_DISPATCH is not known. */
        DISPATCH_STAYS_ENABLED,
        /** EV_DISABLE does nothing. */
        NO_DISABLE,
        /** EV_ENABLE does nothing. */
        NO_ENABLE,
        /** EV_DELETE does nothing. */
        NO_DELETE,
        /** A knote keeps the udata it was made with. */
        FIRST_UDATA,
        /** READ counts a byte too many. */
        DATA_PLUS_ONE,
        /** WRITE is reported as READ. */
        WRONG_FILTER,
        /** The last of several events is lost. */
        EVENT_LOST,
        /** An event comes once more in the next call. */
        EVENT_TWICE,
        /** Entries of failed changes are left out. */
        NO_ERROR_ENTRIES,
        /** Every error is EINVAL. */
        ALL_EINVAL,
        /** A knote with EV_CLEAR does not report an end. */
        CLEAR_END_LOST,
        /** A WRITE knote with EV_CLEAR fires once, when it is made. */
        CLEAR_WRITE_LOST,
        /** The socket's error is not shown. */
        NO_FFLAGS,
        /** A watched kqueue is never reported. */
        KQUEUE_LOST,
        /** A watched kqueue is reported once. */
        KQUEUE_ONCE,
        /** A watched kqueue has one knote more in its queue. */
        KQUEUE_PLUS_ONE
    }

    private record Entry(long ident, int filter, int flags, int fflags, long data, long udata) {

        boolean has(int flag) {
            return (flags & flag) != 0;
        }

        boolean isKqueue() {
            return ident < Descriptors.FIRST;
        }
    }

    private static final int EINVAL = 22;
    private static final int ALL = 64;
    private static final int READ = -1;

    private final Lie lie;
    /** What the next call delivers first, or again. */
    private List<Entry> kept = List.of();
    private final Map<String, Long> udata = new HashMap<>();
    private final Set<String> fired = new HashSet<>();

    LyingKqueue(Kqueue behind, Lie lie) {
        super(behind);
        this.lie = lie;
    }

    @Override
    protected int call(ChangeList changes, EventList events, long timeoutNanos) {
        int room = events == null ? 0 : events.capacity();
        EventList own = behind.newEventList(lie == Lie.NO_ROTATION && room > 0 && changes.size() == 0 ? ALL : room);
        List<Entry> seen = new ArrayList<>();
        try {
            behind.kevent(changed(changes), own, timeoutNanos);
            for (int i = 0; i < own.size(); i++) {
                seen.add(new Entry(own.ident(i), own.filterNumber(i), own.flags(i), own.fflags(i), own.data(i),
                        own.udata(i)));
            }
        } catch (KeventException e) {
            return lie == Lie.ALL_EINVAL ? -EINVAL : -e.errno();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        if (events == null) {
            return 0;
        }
        events.prepare(0);
        boolean entries = seen.stream().anyMatch(event -> event.has(KeventFlags.EV_ERROR));
        for (Entry event : entries ? results(seen) : delivered(seen, room)) {
            append(events, event, entries);
        }
        return events.size();
    }

    private List<Entry> results(List<Entry> seen) {
        return lie == Lie.NO_ERROR_ENTRIES ? List.of() : seen;
    }

    private List<Entry> delivered(List<Entry> seen, int room) {
        List<Entry> events = new ArrayList<>(seen);
        switch (lie) {
            case NOT_FIRST_IN_FIRST_OUT -> events.sort(Comparator.comparingLong(Entry::ident));
            case TURNED -> Collections.reverse(events);
            case EVENT_LOST -> {
                if (events.size() > 1) {
                    events.remove(events.size() - 1);
                }
            }
            case CLEAR_END_LOST ->
                events.removeIf(event -> event.has(KeventFlags.EV_CLEAR) && event.has(KeventFlags.EV_EOF));
            case CLEAR_WRITE_LOST -> events.removeIf(
                    event -> event.has(KeventFlags.EV_CLEAR) && event.filter() != READ && hasFired(event));
            case KQUEUE_LOST -> events.removeIf(Entry::isKqueue);
            case KQUEUE_ONCE -> events.removeIf(event -> event.isKqueue() && hasFired(event));
            case EVENT_TWICE, CLEAR_TWICE -> {
                for (Entry event : kept) {
                    boolean there = events.stream().anyMatch(other -> isSameKnote(event, other));
                    if (!there && events.size() < room) {
                        events.add(event);
                    }
                }
                kept = lie == Lie.EVENT_TWICE ? seen
                        : seen.stream().filter(event -> event.has(KeventFlags.EV_CLEAR)).toList();
            }
            case NO_ROTATION -> {
                kept.stream().filter(event -> events.stream().noneMatch(other -> isSameKnote(event, other)))
                        .forEach(event -> events.add(0, event));
                kept = events.subList(Math.min(room, events.size()), events.size()).stream()
                        .filter(LyingKqueue::isTaken).toList();
            }
            default -> {
            }
        }
        return events.subList(0, Math.min(room, events.size()));
    }

    private boolean hasFired(Entry event) {
        return !fired.add(event.ident() + " " + event.udata());
    }

    /** Whether an event's delivery took it out of the queue. */
    private static boolean isTaken(Entry event) {
        return event.has(KeventFlags.EV_CLEAR | KeventFlags.EV_ONESHOT | KeventFlags.EV_DISPATCH);
    }

    private static boolean isSameKnote(Entry one, Entry other) {
        return one.ident() == other.ident() && one.filter() == other.filter();
    }

    private void append(EventList events, Entry event, boolean entry) {
        int flags = lie == Lie.NO_EOF ? event.flags() & ~KeventFlags.EV_EOF : event.flags();
        int filter = lie == Lie.WRONG_FILTER && !entry ? READ : event.filter();
        long data = event.data();
        if (entry) {
            data = lie == Lie.ALL_EINVAL && data != 0 ? EINVAL : data;
        } else if (event.filter() == READ
                && (lie == Lie.DATA_PLUS_ONE || lie == Lie.KQUEUE_PLUS_ONE && event.isKqueue())) {
            data++;
        }
        long shown = lie == Lie.FIRST_UDATA && !entry
                ? udata.getOrDefault(event.ident() + " " + event.filter(), event.udata()) : event.udata();
        events.append(event.ident(), filter, flags, lie == Lie.NO_FFLAGS ? 0 : event.fflags(), data, shown);
    }

    private ChangeList changed(ChangeList changes) {
        ChangeList own = behind.newChangeList(8);
        for (int i = 0; i < changes.size(); i++) {
            int flags = changes.flags(i) & ~switch (lie) {
                case CLEAR_IS_LEVEL -> KeventFlags.EV_CLEAR;
                case ONESHOT_STAYS -> KeventFlags.EV_ONESHOT;
                case DISPATCH_STAYS_ENABLED -> KeventFlags.EV_DISPATCH;
                case NO_DISABLE -> KeventFlags.EV_DISABLE;
                case NO_ENABLE -> KeventFlags.EV_ENABLE;
                case NO_DELETE -> KeventFlags.EV_DELETE;
                default -> 0;
            };
            String knote = changes.ident(i) + " " + changes.filterNumber(i);
            if ((flags & KeventFlags.EV_DELETE) != 0) {
                udata.remove(knote);
            } else if ((flags & KeventFlags.EV_ADD) != 0) {
                udata.putIfAbsent(knote, changes.udata(i));
            }
            own.add(changes.ident(i), changes.filterNumber(i), flags, changes.fflags(i), changes.data(i),
                    changes.udata(i));
        }
        return own;
    }

    @Override
    public String toString() {
        return lie + " " + behind;
    }
}
