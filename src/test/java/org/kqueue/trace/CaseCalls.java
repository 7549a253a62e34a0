package org.kqueue.trace;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.kqueue.ChangeList;
import org.kqueue.ClosedKqueueException;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.KeventException;
import org.kqueue.KeventLayout;
import org.kqueue.Kqueue;

/**
 * Performs the recorded kevent calls with this system's descriptors, processes and signals in place of the recorded
 * numbers.
 */
final class CaseCalls {

    private static final int EBADF = 9;
    private static final int NOTE_ABSTIME = 0x10;
    private static final int NOTE_SECONDS = 1;

    private final CaseWorld world;
    /** From filter and this system's number to the recorded one. */
    private final Map<String, String> recordedIdents = new HashMap<>();

    CaseCalls(CaseWorld world) {
        this.world = world;
    }

    /** The changes with times that are past or to come: so many milliseconds after a moment. */
    static List<CaseEntry> at(List<CaseEntry> changes, Instant moment, long millis) {
        return changes.stream().map(change -> {
            if ((change.fflags() & NOTE_ABSTIME) == 0 || change.data() == 0) {
                return change;
            }
            long time = moment.toEpochMilli() + millis;
            return change.withData((change.fflags() & NOTE_SECONDS) != 0 ? Math.floorDiv(time, 1000) : time);
        }).toList();
    }

    /** Performs a call. May be called by several threads. */
    CaseOutcome perform(Kqueue kqueue, List<CaseEntry> changes, int room, long waitNanos) throws IOException {
        ChangeList list = kqueue.newChangeList(Math.max(1, changes.size()));
        for (CaseEntry change : changes) {
            list.add(ident(change), filter(kqueue.layout(), change.filter()), change.flags(), change.fflags(),
                    change.data(),
                    change.udata());
        }
        EventList events = kqueue.newEventList(room);
        try {
            int n = kqueue.kevent(list, events, waitNanos);
            List<CaseEntry> seen = new ArrayList<>();
            for (int i = 0; i < n; i++) {
                seen.add(event(kqueue.layout(), events, i));
            }
            return new CaseOutcome(n, 0, seen);
        } catch (ClosedKqueueException e) {
            return CaseOutcome.failed(EBADF);
        } catch (KeventException e) {
            return CaseOutcome.failed(e.errno());
        }
    }

    private static int filter(KeventLayout layout, String name) {
        return name.startsWith("filt") ? Integer.parseInt(name.substring("filt".length()))
                : layout.number(Filter.valueOf("EVFILT_" + name));
    }

    private synchronized long ident(CaseEntry change) {
        boolean negative = change.ident().startsWith("-");
        long ident = switch (change.filter()) {
            case "USER", "TIMER" -> Long.parseLong(change.ident());
            case "PROC" -> world.processes.pid(change.ident());
            case "SIGNAL" -> CaseSignals.number(change.ident());
            default -> negative ? Long.parseLong(change.ident()) : world.fd(change.ident());
        };
        recordedIdents.put(change.filter() + " " + ident, change.ident());
        return ident;
    }

    private synchronized CaseEntry event(KeventLayout layout, EventList events, int i) {
        int number = events.filterNumber(i);
        Filter filter = layout.filter(number);
        String name = filter == null ? "filt" + number : filter.name().substring("EVFILT_".length());
        String known = recordedIdents.get(name + " " + events.ident(i));
        if (known == null) {
            // A filter that the cases know by its number only.
            name = "filt" + number;
            known = recordedIdents.get(name + " " + events.ident(i));
        }
        return new CaseEntry(known == null ? "?" + events.ident(i) : known, name, events.flags(i), events.fflags(i),
                events.data(i), events.udata(i));
    }
}
