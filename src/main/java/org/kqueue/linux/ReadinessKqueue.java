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
import org.kqueue.Wakeup;

/**
 * A kqueue over epoll for selectors: READ and WRITE, level triggered or with EV_DISPATCH, whose events say readiness
 * only and cost no system call. {@link ReadinessKnotes} keeps the knotes, {@link ReadinessScan} delivers their events.
 *
 * <p>A scan asks at most two things: {@code poll} of the descriptors in the {@link PollList}, and epoll for all others.
 * A call that does not wait holds the lock from beginning to end; one that waits lets it go for the wait.
 */
final class ReadinessKqueue extends EpollKqueue {

    /** How often a scan goes on behind events that were none. */
    private static final int MAX_ROUNDS = 8;

    private final ReadinessKnotes knotes;
    private final ReadinessScan scan;

    // guarded by lock
    /** For all that is done under the lock. */
    private final Memory polling = new Memory();
    private Memory freeMemory;
    private final List<ReadinessWakeup> wakeups = new ArrayList<>(1);
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
    public boolean forgetsClosed() {
        return true;
    }

    @Override
    public void forget(long ident) {
        synchronized (lock) {
            knotes.forget(ident);
        }
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
    protected int call(ChangeList changes, EventList events, long timeoutNanos) {
        if (events != null) {
            events.prepare(0);
        }
        Memory memory;
        int asked;
        synchronized (lock) {
            if (isReleased()) {
                return -Errno.EBADF;
            }
            int done = apply(changes, events, polling);
            if (done != Integer.MAX_VALUE) {
                return done;
            }
            if (events == null || events.capacity() == 0) {
                return 0;
            }
            asked = scan.ask(events.capacity());
            boolean complete = scan.begin(polling, events, asked);
            if (woken) {
                deliverWakeups(events);
            }
            if (timeoutNanos == 0 || events.size() > 0) {
                return complete ? events.size() : poll(events);
            }
            memory = takeMemory(asked);
        }
        int n = SelectCalls.epollWait(kqfd, memory.eventsAddress(), asked, timeoutNanos, memory);
        synchronized (lock) {
            try {
                return n < 0 ? -bsdErrno(-n) : take(events, n, asked, memory) ? poll(events) : events.size();
            } finally {
                giveBack(memory);
            }
        }
    }

    @Override
    protected boolean guardsPolls() {
        return true;
    }

    /** One memory for each thread that waits: the lists are native memory that is worth keeping. */
    private Memory takeMemory(int asked) {
        Memory memory = freeMemory;
        if (memory == null) {
            memory = new Memory();
        } else {
            freeMemory = memory.next;
            memory.next = null;
        }
        memory.reserve(asked);
        return memory;
    }

    private void giveBack(Memory memory) {
        memory.next = freeMemory;
        freeMemory = memory;
    }

    /** Asks epoll without waiting. Returns the number of events or the negative errno. */
    private int poll(EventList events) {
        for (int round = 0; round < MAX_ROUNDS; round++) {
            int asked = scan.ask(events.capacity() - events.size());
            if (asked == 0) {
                break;
            }
            polling.reserve(asked);
            int n = SelectCalls.epollWait(kqfd, polling.eventsAddress(), asked, 0, polling);
            if (n < 0) {
                return events.size() > 0 ? events.size() : -bsdErrno(-n);
            }
            if (!take(events, n, asked, polling)) {
                break;
            }
        }
        return events.size();
    }

    /**
     * Turns epoll's events into kevents. Returns whether epoll may have more: it has spent all slots, some of them on
     * events that are none.
     */
    private boolean take(EventList events, int n, int asked, Memory memory) {
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
        synchronized (lock) {
            wakeups.add(wakeup);
        }
        return wakeup;
    }

    /** What looks like a user knote with EV_CLEAR. */
    private final class ReadinessWakeup implements Wakeup {

        private final long udata;
        private final int filter = layout().has(Filter.EVFILT_USER) ? layout().number(Filter.EVFILT_USER) : 0;
        // guarded by lock
        private boolean signalled;

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
            synchronized (lock) {
                wakeups.remove(this);
            }
        }
    }
}
