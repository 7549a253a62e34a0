package org.kqueue.linux;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.kqueue.ChangeList;
import org.kqueue.Errno;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.KeventFlags;
import org.kqueue.KeventLayout;
import org.kqueue.KqueueConfig;
import org.kqueue.Wakeup;

/**
 * A kqueue over epoll for selectors: READ and WRITE, level triggered or with EV_DISPATCH, whose events say readiness
 * only and cost no system call. {@link ReadinessKnotes} keeps the knotes, {@link ReadinessScan} delivers their events.
 *
 * <p>A scan asks at most two things: {@code poll} of the descriptors in the {@link PollList}, and epoll for all others.
 *
 * <p>One call at a time, as {@link KqueueConfig.Detail#READINESS} has it, so that calls need no lock. Wakeups are
 * signalled by any thread.
 */
final class ReadinessKqueue extends EpollKqueue {

    /** How often a scan goes on behind events that were none. */
    private static final int MAX_ROUNDS = 8;

    private final ReadinessKnotes knotes;
    private final ReadinessScan scan;

    private final Memory memory = new Memory();
    private final List<ReadinessWakeup> wakeups = new ArrayList<>(1);
    /** Whether a call is under way. */
    private boolean calling;
    /** Whether a wakeup was signalled and its event not yet delivered. */
    private boolean woken;

    private ReadinessKqueue(KeventLayout layout, Opened opened) {
        super(layout, opened);
        knotes = new ReadinessKnotes(kqfd);
        scan = new ReadinessScan(knotes);
        closeBy(opened.files());
    }

    static ReadinessKqueue open(KeventLayout layout) throws IOException {
        return open(opened -> new ReadinessKqueue(layout, opened));
    }

    @Override
    public boolean supports(Filter filter) {
        return filter == Filter.EVFILT_READ || filter == Filter.EVFILT_WRITE;
    }

    @Override
    public String toString() {
        return "embedded (epoll), " + layout() + " ABI";
    }

    @Override
    public boolean dispatches() {
        return true;
    }

    @Override
    public boolean forget(long ident) {
        knotes.forget(memory, ident);
        return true;
    }

    @Override
    int register(Memory memory, Change change) {
        if (change.filter == null || !supports(change.filter) || change.contradictsItself()) {
            return Errno.EINVAL;
        }
        return knotes.change(change);
    }

    @Override
    int flush(Memory memory, long next) {
        return knotes.flush(memory, next);
    }

    @Override
    protected boolean isConfined() {
        return true;
    }

    @Override
    protected int call(ChangeList changes, EventList events, long timeoutNanos) {
        // No atomic exchange: this finds the bug, but for two calls that begin in the same instant.
        if (calling) {
            throw new IllegalStateException("another call is under way; a kqueue for readiness takes one at a time");
        }
        calling = true;
        try {
            return applyAndScan(changes, events, timeoutNanos);
        } finally {
            calling = false;
        }
    }

    private int applyAndScan(ChangeList changes, EventList events, long timeoutNanos) {
        if (events != null) {
            events.prepare(0);
        }
        int done = apply(changes, events, memory);
        if (done != Integer.MAX_VALUE) {
            return done;
        }
        if (events == null || events.capacity() == 0) {
            return 0;
        }
        int asked = scan.ask(events.capacity());
        boolean complete = scan.begin(memory, events, asked);
        if (woken) {
            deliverWakeups(events);
        }
        if (timeoutNanos == 0 || events.size() > 0) {
            return complete ? events.size() : poll(events);
        }
        memory.reserve(asked);
        int n = SelectCalls.epollWait(kqfd, memory.eventsAddress(), asked, timeoutNanos, memory);
        return n < 0 ? -bsdErrno(-n) : take(events, n, asked) ? poll(events) : events.size();
    }

    /** Asks epoll without waiting. Returns the number of events or the negative errno. */
    private int poll(EventList events) {
        for (int round = 0; round < MAX_ROUNDS; round++) {
            int asked = scan.ask(events.capacity() - events.size());
            if (asked == 0) {
                break;
            }
            memory.reserve(asked);
            int n = SelectCalls.epollWait(kqfd, memory.eventsAddress(), asked, 0, memory);
            if (n < 0) {
                return events.size() > 0 ? events.size() : -bsdErrno(-n);
            }
            if (!take(events, n, asked)) {
                break;
            }
        }
        return events.size();
    }

    /**
     * Turns epoll's events into kevents. Returns whether epoll may have more: it has spent all slots, some of them on
     * events that are none.
     */
    private boolean take(EventList events, int n, int asked) {
        if (n == 0) {
            return false;
        }
        boolean swallowed = false;
        boolean interrupted = false;
        for (int i = 0; i < n; i++) {
            long token = memory.token(i);
            if (token > INTERRUPT) {
                swallowed |= !scan.event(memory, i, token, events);
            } else if (token == WOKEN) {
                deliverWakeups(events);
            } else {
                interrupted = true;
            }
        }
        scan.end(memory, n, asked);
        if (scan.isHaunted()) {
            renew(memory, knotes);
        }
        return swallowed && n == asked && !interrupted;
    }

    /** Takes a wakeup's event that finds no room along to the next scan. */
    private void deliverWakeups(EventList events) {
        woken = false;
        for (int i = 0; i < wakeups.size(); i++) {
            ReadinessWakeup wakeup = wakeups.get(i);
            if (wakeup.signalled) {
                if (events.size() == events.capacity()) {
                    woken = true;
                    return;
                }
                wakeup.signalled = false;
                events.append(-1, wakeup.filter, KeventFlags.EV_CLEAR, 0, 0, wakeup.udata);
            }
        }
    }

    @Override
    void wake() {
        SoftQueue.signal(eventfd);
    }

    @Override
    public Wakeup newWakeup(long udata) {
        ReadinessWakeup wakeup = new ReadinessWakeup(udata);
        wakeups.add(wakeup);
        return wakeup;
    }

    /** What looks like a user knote with EV_CLEAR. */
    private final class ReadinessWakeup implements Wakeup {

        private final long udata;
        private final int filter = layout().has(Filter.EVFILT_USER) ? layout().number(Filter.EVFILT_USER) : 0;
        private volatile boolean signalled;

        ReadinessWakeup(long udata) {
            this.udata = udata;
        }

        @Override
        public void signal() throws IOException {
            synchronized (lock) {
                requireNotReleased();
                signalled = true;
                wake();
            }
        }

        @Override
        public void acknowledge() {
            // The delivery has reset it.
        }

        @Override
        public void close() {
            wakeups.remove(this);
        }
    }
}
