package org.kqueue.trace;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.kqueue.ChangeList;
import org.kqueue.Errno;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.KeventException;
import org.kqueue.KeventFlags;
import org.kqueue.KeventLayout;
import org.kqueue.Kqueue;

/** Performs one trace's steps on kqueues of its own. Not thread-safe. */
final class TracePlayer implements AutoCloseable {

    private static final int SHOWN = KeventFlags.EV_EOF | KeventFlags.EV_ONESHOT | KeventFlags.EV_ERROR;
    /** Socket pairs that exist where a trace is not bare. */
    static final int PAIRS = 3;
    /** More than the programs ever write by W, less than any buffer holds: such data depends on the buffer's size. */
    private static final long BUFFER_DEPENDENT = 512;

    private final KqueueOpener opener;
    private final TraceWorld world;
    private final Map<String, Kqueue> kqueues = new HashMap<>();
    /** Names of kqueues by descriptor. */
    private final Map<Long, String> kqueueNames = new HashMap<>();

    TracePlayer(KqueueOpener opener, Trace trace, long settleMillis) throws IOException {
        this.opener = opener;
        world = new TraceWorld(settleMillis);
        boolean done = false;
        try {
            openKqueue("k0");
            for (int pair = 0; pair < (trace.bare() ? 0 : PAIRS); pair++) {
                world.openPair(pair);
            }
            done = true;
        } finally {
            if (!done) {
                close();
            }
        }
    }

    /** Performs a step, whatever result it was recorded with. */
    TraceStep perform(TraceStep step) throws IOException {
        if (step.isKevent()) {
            return kevent(step);
        }
        String name = step.operand(0);
        if (step.verb().equals("KQ")) {
            openKqueue("k" + name);
        } else if (step.verb().equals("CLOSE") && name.startsWith("k")) {
            closeKqueue(name);
        } else {
            return step.saw(world.perform(step), List.of());
        }
        return step.saw(null, List.of());
    }

    /** The backend and its ABI, as text. */
    String describe() {
        return String.valueOf(kqueues.get("k0"));
    }

    /** Whether poll(2) says that a descriptor is ready for a filter; a kqueue is readable if its queue is not empty. */
    boolean isReady(String name, String filter) {
        return world.isReady((int) ident(name), filter.equals("WRITE"));
    }

    private void openKqueue(String name) throws IOException {
        Kqueue kqueue = opener.open();
        kqueues.put(name, kqueue);
        kqueueNames.put((long) kqueue.fd(), name);
    }

    private void closeKqueue(String name) throws IOException {
        Kqueue kqueue = kqueues.remove(name);
        if (kqueue != null) {
            kqueueNames.remove((long) kqueue.fd());
            kqueue.close();
        }
    }

    private TraceStep kevent(TraceStep step) throws IOException {
        Kqueue kqueue = kqueues.get(step.operand(0));
        if (kqueue == null) {
            return step.saw("-1 errno=" + Errno.EBADF, List.of());
        }
        KeventLayout layout = kqueue.layout();
        ChangeList changes = kqueue.newChangeList(step.changes().size());
        for (TraceStep.Change change : step.changes()) {
            changes.add(ident(change.name()), filterNumber(layout, change.filter()), change.flags(), 0, 0,
                    change.udata());
        }
        EventList events = kqueue.newEventList(step.room());
        int n;
        try {
            n = kqueue.kevent(changes, events, 0);
        } catch (KeventException e) {
            return step.saw("-1 errno=" + bsd(e.errno(), layout), List.of());
        }
        List<TraceStep.Seen> seen = new ArrayList<>();
        for (int i = 0; i < events.size(); i++) {
            seen.add(seen(events, i, layout));
        }
        return step.saw(Integer.toString(n), seen);
    }

    private TraceStep.Seen seen(EventList events, int i, KeventLayout layout) {
        boolean error = events.isChangeResult(i);
        String filter = filterName(layout, events.filterNumber(i));
        String name = name(events.ident(i));
        long data = TraceStep.NONE;
        if (error) {
            data = bsd(events.errno(i), layout);
        } else if (filter.equals("READ")) {
            data = events.data(i) > BUFFER_DEPENDENT ? TraceStep.SOME : events.data(i);
        }
        int fflags = error ? 0 : bsd(events.fflags(i), layout);
        return new TraceStep.Seen(name, filter, events.flags(i) & SHOWN, data, fflags, events.udata(i));
    }

    private long ident(String name) {
        Kqueue kqueue = kqueues.get(name);
        return kqueue != null ? kqueue.fd() : world.descriptors().number(name);
    }

    private String name(long ident) {
        String kqueue = kqueueNames.get(ident);
        return kqueue != null ? kqueue : world.descriptors().name(ident);
    }

    private static int bsd(int errno, KeventLayout layout) {
        return Errno.translate(errno, layout.errnos(), Errno.Numbering.BSD);
    }

    private static int filterNumber(KeventLayout layout, String filter) {
        return switch (filter) {
            case "READ" -> layout.number(Filter.EVFILT_READ);
            case "WRITE" -> layout.number(Filter.EVFILT_WRITE);
            default -> Integer.parseInt(filter.substring("filt".length()));
        };
    }

    private static String filterName(KeventLayout layout, int number) {
        if (number == layout.number(Filter.EVFILT_READ)) {
            return "READ";
        }
        return number == layout.number(Filter.EVFILT_WRITE) ? "WRITE" : "filt" + number;
    }

    @Override
    public void close() throws IOException {
        try (world) {
            for (String name : List.copyOf(kqueues.keySet())) {
                closeKqueue(name);
            }
        }
    }
}
