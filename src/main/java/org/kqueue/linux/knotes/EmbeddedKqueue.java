package org.kqueue.linux.knotes;

import java.io.IOException;
import java.lang.ref.Cleaner;
import java.util.ArrayDeque;
import java.util.Deque;
import org.kqueue.ChangeList;
import org.kqueue.ClosedKqueueException;
import org.kqueue.Errno;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.KeventFlags;
import org.kqueue.KeventLayout;
import org.kqueue.Kqueue;
import org.kqueue.Note;
import org.kqueue.Wakeup;
import org.kqueue.linux.changes.Change;
import org.kqueue.linux.changes.Changes;
import org.kqueue.linux.epoll.EpollInstance;
import org.kqueue.linux.epoll.EpollWait;
import org.kqueue.linux.epoll.EventArray;
import org.kqueue.linux.epoll.LinuxCalls;
import org.kqueue.linux.epoll.OpenFiles;

/**
 * A kqueue over epoll with all filters and in full detail, by FreeBSD's rules; {@link DescriptorRegistry} and
 * {@link SoftRegistry} keep the knotes. The lock is held for the changes of a call and for turning epoll's events into
 * kevents, and never while waiting. A kqueue that is collected without a close gives its descriptors back.
 */
public final class EmbeddedKqueue extends Kqueue implements Changes.Knotes, OpenKqueues.Watched {

    /** A result of {@link #seen}. */
    private static final int NONE_SEEN = -1;

    private static final Cleaner CLEANER = Cleaner.create();

    private final Object lock = new Object();
    private final OpenKqueues kqueues;
    private final LinuxCalls calls;
    private final EpollInstance epoll;
    private final int kqfd;
    private final SoftQueue softQueue;
    private final Sources sources;
    private final Rechecks rechecks;
    private final SoftRegistry softKnotes;
    private final DescriptorRegistry descriptors;
    private final Changes changes;
    private final Cleaner.Cleanable cleanable;
    /** The note that asks for out-of-band data, which nothing here tells of; 0 where the ABI has none. */
    private final int outOfBand;

    // guarded by lock
    /** For the waits of calls to come. */
    private final Deque<EventArray> arrays = new ArrayDeque<>();
    private long scans;
    private boolean released;

    private EmbeddedKqueue(KeventLayout layout, OpenKqueues kqueues, LinuxCalls calls, EpollInstance epoll) {
        super(layout);
        this.kqueues = kqueues;
        this.calls = calls;
        this.epoll = epoll;
        kqfd = epoll.epfd();
        OpenFiles files = new OpenFiles();
        softQueue = new SoftQueue(epoll, calls);
        sources = new Sources(kqfd, calls, files);
        rechecks = new Rechecks(calls, sources);
        softKnotes = new SoftRegistry(layout, calls, softQueue, sources, rechecks, lock);
        descriptors = new DescriptorRegistry(epoll, calls, files, new Condition(calls, layout.errnos(), kqueues),
                rechecks);
        changes = new Changes(layout, this);
        outOfBand = layout.has(Note.NOTE_OOB) ? layout.number(Note.NOTE_OOB) : 0;
        cleanable = CLEANER.register(this, new Holdings(lock, softKnotes, files, epoll));
        kqueues.add(kqfd, this);
    }

    /**
     * Opens a kqueue.
     *
     * @param layout the ABI
     * @param kqueues those that it may watch, and that may watch it
     * @return a new kqueue
     * @throws org.kqueue.KqueueUnavailableException where the system lacks a call
     * @throws IOException if the system refuses
     */
    public static Kqueue open(KeventLayout layout, OpenKqueues kqueues) throws IOException {
        LinuxCalls calls = new LinuxCalls();
        calls.require();
        return new EmbeddedKqueue(layout, kqueues, calls, EpollInstance.open(calls));
    }

    /** What outlives a kqueue that was not closed. Refers to nothing that refers to the kqueue. */
    private record Holdings(Object lock, SoftRegistry knotes, OpenFiles files, EpollInstance epoll)
            implements Runnable {

        @Override
        public void run() {
            synchronized (lock) {
                knotes.close();
                files.closeAll();
                try {
                    epoll.close();
                } catch (IOException e) {
                    // The descriptors are gone all the same, and neither has data to lose.
                    return;
                }
            }
        }
    }

    /** Asked under the watching kqueue's lock. epoll refuses cycles (ELOOP), so these locks have an order. */
    @Override
    public int queued(DescriptorKnote watcher) {
        synchronized (lock) {
            if (released) {
                return 1;
            }
            int count = softQueue.size() + descriptors.queued();
            if (!softKnotes.isEmpty()) {
                // A timer or a file that is due and not yet in the soft queue.
                return Math.max(1, count);
            }
            watcher.arrivals = softQueue.enqueued() + descriptors.enqueued();
            return count;
        }
    }

    @Override
    public int fd() {
        return kqfd;
    }

    @Override
    public boolean dispatches() {
        return true;
    }

    @Override
    public boolean supports(Filter filter) {
        return layout().has(filter) && serves(filter);
    }

    @Override
    public boolean supports(Note note) {
        return super.supports(note) && SoftRegistry.serves(note);
    }

    private static boolean serves(Filter filter) {
        return isDescriptorFilter(filter) || SoftRegistry.serves(filter);
    }

    private static boolean isDescriptorFilter(Filter filter) {
        return filter == Filter.EVFILT_READ || filter == Filter.EVFILT_WRITE;
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
            int done = changes.apply(changeList, events);
            if (done != Changes.GO_ON || events == null || events.capacity() == 0) {
                return done == Changes.GO_ON ? 0 : done;
            }
            if (rechecks.isNeeded()) {
                rechecks.run();
            }
            array = arrays.isEmpty() ? new EventArray(calls) : arrays.pop();
        }
        try {
            return scan(events, timeoutNanos, array);
        } finally {
            synchronized (lock) {
                arrays.push(array);
            }
        }
    }

    /** The filter is looked at before the descriptor. */
    @Override
    public int change(Change change) {
        if (change.filter == null || !serves(change.filter) || change.contradictsItself()
                || change.filter == Filter.EVFILT_READ && (change.fflags & outOfBand) != 0
                && !change.has(KeventFlags.EV_DELETE)) {
            return Errno.EINVAL;
        }
        if (!isDescriptorFilter(change.filter)) {
            return softKnotes.change(change);
        }
        int errno = descriptors.change(change);
        return errno == DescriptorRegistry.IS_FILE ? softKnotes.change(change) : errno;
    }

    private int scan(EventList events, long timeoutNanos, EventArray array) {
        int capacity = events.capacity();
        long timeout = timeoutNanos;
        long scan = 0;
        while (true) {
            int asked = capacity - events.size();
            int n = EpollWait.await(kqfd, array.reserve(asked), asked, timeout);
            if (n <= 0) {
                return n == 0 || events.size() > 0 ? events.size() : -changes.bsdErrno(-n);
            }
            synchronized (lock) {
                scan = scan == 0 ? ++scans : scan;
                int seen = seen(events, n, array, scan);
                if (seen > 0) {
                    putBack(descriptors.kept(scan) + (softQueue.size() > 0 ? 1 : 0) - seen, array);
                }
                if (events.size() == capacity || n < asked || seen != NONE_SEEN) {
                    descriptors.scanned(scan, n < asked || seen > 0);
                    return events.size();
                }
            }
            // epoll spent slots on events that are none, and may have more behind them.
            timeout = 0;
        }
    }

    /**
     * Turns epoll's events into kevents. Returns how many of them this scan had delivered before, which are at the tail
     * of epoll's list again; or {@link #NONE_SEEN} where events were swallowed and more may be behind them.
     */
    private int seen(EventList events, int n, EventArray array, long scan) {
        int capacity = events.capacity();
        boolean swallowed = false;
        int seen = 0;
        for (int i = 0; i < n; i++) {
            int room = capacity - events.size();
            long token = array.token(i);
            int result;
            if (token == epoll.eventfd()) {
                softQueue.fetched();
                result = softQueue.take(events, room - (n - i - 1), scan, softKnotes);
            } else if (Sources.isSource(token)) {
                softQueue.beginScan();
                sources.ready(token);
                result = softQueue.take(events, room - (n - i - 1), scan, softKnotes);
                softQueue.endScan();
            } else {
                result = descriptors.event(token, events, scan);
            }
            swallowed |= result == 0;
            seen += result < 0 ? 1 : 0;
        }
        // While the kqueue is being closed the eventfd's event is there in every scan.
        return seen == 0 && swallowed && isOpen() ? NONE_SEEN : seen;
    }

    /**
     * A scan that has looked at events it had delivered has turned epoll's list a little: turns the rest, up to {@code
     * count} items, so that the order is the one before.
     */
    private void putBack(int count, EventArray array) {
        if (count <= 0) {
            return;
        }
        int n = EpollWait.await(kqfd, array.reserve(count), count, 0);
        for (int i = 0; i < n; i++) {
            long token = array.token(i);
            if (token == epoll.eventfd()) {
                softQueue.putBack();
            } else if (Sources.isSource(token)) {
                sources.ready(token);
            } else {
                descriptors.putBack(token);
            }
        }
    }

    @Override
    public Wakeup newWakeup(long udata) {
        return new UserWakeup(udata);
    }

    /** A user knote that no ident leads to, so that none of the program's own collides with it. */
    private final class UserWakeup implements Wakeup {

        private final UserKnote knote;

        UserWakeup(long udata) {
            Change add = new Change(layout());
            add.filter = Filter.EVFILT_USER;
            add.filterNumber = layout().has(Filter.EVFILT_USER) ? layout().number(Filter.EVFILT_USER) : 0;
            add.ident = -1;
            add.flags = KeventFlags.EV_ADD | KeventFlags.EV_CLEAR;
            add.udata = udata;
            knote = new UserKnote(add);
        }

        @Override
        public void signal() throws IOException {
            synchronized (lock) {
                // A closed descriptor's number may be another file's.
                if (released) {
                    throw new ClosedKqueueException();
                }
                knote.trigger();
                softQueue.consider(knote);
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
                softQueue.remove(knote);
            }
        }
    }

    @Override
    protected void interruptCalls() throws IOException {
        synchronized (lock) {
            epoll.interrupt();
        }
    }

    @Override
    protected void release() {
        synchronized (lock) {
            released = true;
            kqueues.remove(kqfd);
            cleanable.clean();
        }
    }
}
