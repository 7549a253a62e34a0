package org.kqueue.linux.knotes;

import java.io.IOException;
import java.lang.ref.Cleaner;
import java.util.ArrayDeque;
import java.util.Deque;
import org.kqueue.ChangeList;
import org.kqueue.ClosedKqueueException;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.KeventFlags;
import org.kqueue.KeventLayout;
import org.kqueue.Kqueue;
import org.kqueue.Note;
import org.kqueue.Wakeup;
import org.kqueue.linux.changes.Change;
import org.kqueue.linux.changes.Changes;
import org.kqueue.linux.epoll.EpollCalls;
import org.kqueue.linux.epoll.EpollInstance;
import org.kqueue.linux.epoll.EpollWait;
import org.kqueue.linux.epoll.EventArray;

/**
 * A kqueue over epoll with all filters and in full detail, by FreeBSD's rules. The lock is held for the changes of a
 * call and for turning epoll's events into kevents, and never while waiting. If a kqueue is not closed, the garbage
 * collector closes its descriptors.
 */
final class EmbeddedKqueue extends Kqueue {

    /** A result of {@link #changeAndPoll}. */
    private static final int WAIT = Integer.MIN_VALUE;

    private static final Cleaner CLEANER = Cleaner.create();

    private final Object lock = new Object();
    private final EmbeddedKqueues kqueues;
    private final LinuxCalls calls;
    private final EpollInstance epoll;
    private final Knotes knotes;
    private final Changes changes;
    private final Cleaner.Cleanable cleanable;
    // guarded by lock
    /** For the waits of calls to come. */
    private final Deque<EventArray> arrays = new ArrayDeque<>();
    private boolean released;

    private EmbeddedKqueue(KeventLayout layout, EmbeddedKqueues kqueues, LinuxCalls calls, EpollInstance epoll) {
        super(layout);
        this.kqueues = kqueues;
        this.calls = calls;
        this.epoll = epoll;
        knotes = new Knotes(layout, lock, calls, epoll, kqueues);
        changes = new Changes(layout, knotes);
        cleanable = CLEANER.register(this, new Holdings(lock, knotes, epoll));
    }

    static EmbeddedKqueue open(KeventLayout layout, EmbeddedKqueues kqueues) throws IOException {
        LinuxCalls calls = new LinuxCalls();
        calls.require();
        // Level triggered: the eventfd has a count while the queue is not empty.
        return new EmbeddedKqueue(layout, kqueues, calls, EpollInstance.open(calls, EpollCalls.EPOLLIN));
    }

    /** What is released when the kqueue is closed or collected. Must not refer to the kqueue. */
    private record Holdings(Object lock, Knotes knotes, EpollInstance epoll) implements Runnable {

        @Override
        public void run() {
            synchronized (lock) {
                knotes.close();
                knotes.files.closeAll();
                try {
                    epoll.close();
                } catch (IOException e) {
                    // The descriptors are gone all the same, and neither has data to lose.
                    return;
                }
            }
        }
    }

    @Override
    public int fd() {
        return epoll.epfd();
    }

    @Override
    public boolean supports(Filter filter) {
        return layout().has(filter) && Knotes.serves(filter);
    }

    @Override
    public boolean supports(Note note) {
        return super.supports(note) && Knotes.serves(note);
    }

    @Override
    public boolean dispatches() {
        return true;
    }

    @Override
    public String toString() {
        return "embedded (epoll), " + layout() + " ABI";
    }

    @Override
    protected int call(ChangeList changeList, EventList events, long timeoutNanos) {
        if (events != null) {
            events.prepare(0);
        }
        EventArray array;
        synchronized (lock) {
            try {
                int n = changeAndPoll(changeList, events, timeoutNanos);
                if (n != WAIT) {
                    return n;
                }
            } finally {
                knotes.queue.settle();
            }
            array = arrays.isEmpty() ? new EventArray(calls).reserve(Sources.FETCH) : arrays.pop();
        }
        int n = EpollWait.await(fd(), array, Sources.FETCH, timeoutNanos);
        synchronized (lock) {
            arrays.push(array);
            try {
                knotes.sources.take(array, n);
                return deliver(events, n < Sources.FETCH ? n : knotes.sources.takeAll());
            } finally {
                knotes.queue.settle();
            }
        }
    }

    /** All of a call but the wait. Returns what the call is to return, or {@link #WAIT}. */
    private int changeAndPoll(ChangeList changeList, EventList events, long timeoutNanos) {
        int done = changes.apply(changeList, events);
        boolean scans = done == Changes.GO_ON && events != null && events.capacity() > 0;
        if (scans && knotes.rechecks.isNeeded()) {
            knotes.rechecks.run();
        }
        int taken = 0;
        // Also without a scan: a knote has its place in the queue from the change on.
        if (changeList != null && changeList.size() > 0
                || scans && (timeoutNanos == 0 || !knotes.queue.isEmpty())) {
            taken = knotes.sources.takeAll();
        }
        if (!scans) {
            return done == Changes.GO_ON ? 0 : done;
        }
        int n = deliver(events, taken);
        return n == 0 && timeoutNanos != 0 ? WAIT : n;
    }

    /** Delivers what is queued. Returns the number of events, or the negative errno where {@code taken} is one. */
    private int deliver(EventList events, int taken) {
        knotes.queue.deliver(events, knotes);
        return taken < 0 && events.size() == 0 ? -changes.bsdErrno(-taken) : events.size();
    }

    /**
     * How many knotes are queued. Also sets the watcher's arrivals. Called with the watching kqueue's lock held: epoll
     * refuses cycles (ELOOP), so these locks have an order.
     */
    int queued(DescriptorKnote watcher) {
        synchronized (lock) {
            if (released) {
                return 1;
            }
            try {
                knotes.sources.takeAll();
                int size = knotes.queue.size(knotes);
                watcher.arrivals = knotes.queue.enqueued();
                return size;
            } finally {
                knotes.queue.settle();
            }
        }
    }

    @Override
    public Wakeup newWakeup(long udata) {
        return new UserWakeup(udata);
    }

    /** A user knote that is not in the map of knotes, so that no ident of the program's is its own. */
    private final class UserWakeup implements Wakeup {

        private final UserKnote knote;

        UserWakeup(long udata) {
            Change add = new Change(layout());
            add.filter = Filter.EVFILT_USER;
            add.filterNumber = layout().has(Filter.EVFILT_USER) ? layout().number(Filter.EVFILT_USER) : 0;
            add.ident = -1;
            add.flags = KeventFlags.EV_ADD | KeventFlags.EV_CLEAR;
            add.udata = udata;
            knote = new UserKnote(add, knotes);
        }

        @Override
        public void signal() throws IOException {
            synchronized (lock) {
                if (released) {
                    throw new ClosedKqueueException();
                }
                knote.trigger();
                knotes.queue.consider(knote);
            }
        }

        @Override
        public void acknowledge() {
            // EV_CLEAR has reset it.
        }

        @Override
        public void close() {
            synchronized (lock) {
                knote.disabled = true;
                knotes.queue.remove(knote);
            }
        }
    }

    @Override
    protected void interruptCalls() throws IOException {
        // The superclass repeats this until no call is under way, as a call may have drained the eventfd.
        epoll.wake();
    }

    @Override
    protected void release() {
        synchronized (lock) {
            released = true;
            kqueues.closed(fd());
            cleanable.clean();
        }
    }
}
