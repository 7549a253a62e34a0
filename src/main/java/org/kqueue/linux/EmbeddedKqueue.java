package org.kqueue.linux;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.ref.Reference;
import java.lang.ref.WeakReference;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.kqueue.ChangeList;
import org.kqueue.Errno;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.KeventFlags;
import org.kqueue.KeventLayout;
import org.kqueue.Note;
import org.kqueue.Wakeup;

/**
 * A kqueue over epoll with all filters and in full detail, by FreeBSD's rules; {@link DescriptorRegistry} and
 * {@link SoftRegistry} keep the knotes. The lock is held for the changes of a call and for turning epoll's events into
 * kevents.
 */
final class EmbeddedKqueue extends EpollKqueue {

    /** By descriptor, for kqueues that watch others. */
    private static final Map<Integer, WeakReference<EmbeddedKqueue>> OPEN = new ConcurrentHashMap<>();

    /** A result of {@link #seen}. */
    private static final int NONE_SEEN = -1;

    private static final VarHandle LAST_MEMORY;

    static {
        try {
            LAST_MEMORY = MethodHandles.lookup().findVarHandle(EmbeddedKqueue.class, "lastMemory", Memory.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final SoftQueue softQueue;
    private final Sources sources;
    private final Rechecks rechecks;
    private final SoftRegistry softKnotes;
    private final DescriptorRegistry descriptors;
    private final EpollWait wait = EpollWait.get();
    /** The note that asks for out-of-band data, which nothing here tells of; 0 where the ABI has none. */
    private final int outOfBand;

    @SuppressWarnings("unused")
    private volatile Memory lastMemory;

    // guarded by lock
    private Memory freeMemory;
    private long scans;

    private EmbeddedKqueue(KeventLayout layout, Opened opened) {
        super(layout, opened);
        softQueue = new SoftQueue(eventfd);
        sources = new Sources(kqfd, files);
        rechecks = new Rechecks(sources);
        softKnotes = new SoftRegistry(layout, softQueue, sources, rechecks, lock);
        descriptors = new DescriptorRegistry(kqfd, files, errnos, rechecks);
        outOfBand = layout.has(Note.NOTE_OOB) ? layout.number(Note.NOTE_OOB) : 0;
        closeBy(new Holdings(lock, softQueue, softKnotes, files));
        OPEN.put(kqfd, new WeakReference<>(this));
    }

    static EmbeddedKqueue open(KeventLayout layout) throws IOException {
        return open(opened -> new EmbeddedKqueue(layout, opened));
    }

    /** What outlives a kqueue that was not closed. Refers to nothing that refers to the kqueue. */
    private record Holdings(Object lock, SoftQueue queue, SoftRegistry knotes, OpenFiles files) implements Runnable {

        @Override
        public void run() {
            synchronized (lock) {
                // First: a signal's handler may be about to write to the eventfd.
                queue.close();
                Memory memory = new Memory();
                knotes.close(memory);
                Reference.reachabilityFence(memory);
                files.run();
            }
        }
    }

    /**
     * How many knotes are queued in the kqueue that a knote watches, as far as can be told: epoll does not show its
     * ready list. It is asked of a kqueue whose epoll instance is readable; that can be for events that are none.
     */
    static int queued(Memory memory, DescriptorKnote watcher) {
        WeakReference<EmbeddedKqueue> reference = OPEN.get(watcher.descriptor.fd);
        EmbeddedKqueue kqueue = reference == null ? null : reference.get();
        watcher.arrivals = 0;
        if (kqueue == null) {
            return 1;
        }
        // Under the watching kqueue's lock. epoll refuses cycles (ELOOP), so these locks have an order.
        synchronized (kqueue.lock) {
            if (kqueue.isReleased()) {
                return 1;
            }
            int count = kqueue.softQueue.size() + kqueue.descriptors.queued(memory);
            if (!kqueue.softKnotes.isEmpty()) {
                // A timer or a file that is due and not yet in the soft queue.
                return Math.max(1, count);
            }
            watcher.arrivals = kqueue.softQueue.enqueued() + kqueue.descriptors.enqueued();
            return count;
        }
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
    protected int call(ChangeList changes, EventList events, long timeoutNanos) {
        if (events != null) {
            events.prepare(0);
        }
        Memory memory = takeMemory();
        try {
            int done = Integer.MAX_VALUE;
            if (changes != null && changes.size() > 0) {
                synchronized (lock) {
                    done = apply(changes, events, memory);
                }
            }
            if (done != Integer.MAX_VALUE) {
                return done;
            }
            return events == null || events.capacity() == 0 ? 0 : scan(events, timeoutNanos, memory);
        } finally {
            giveBack(memory);
        }
    }

    /** The memory that was last given back, for calls one after the other; a second thread takes one from the list. */
    private Memory takeMemory() {
        Memory last = (Memory) LAST_MEMORY.getAndSet(this, null);
        if (last != null) {
            return last;
        }
        synchronized (lock) {
            Memory memory = freeMemory;
            if (memory == null) {
                return new Memory();
            }
            freeMemory = memory.next;
            memory.next = null;
            return memory;
        }
    }

    private void giveBack(Memory memory) {
        if (lastMemory == null) {
            // Should two threads do this at once, one memory is left to the collector.
            LAST_MEMORY.setRelease(this, memory);
            return;
        }
        synchronized (lock) {
            memory.next = freeMemory;
            freeMemory = memory;
        }
    }

    /** The filter is looked at before the descriptor. */
    @Override
    int register(Memory memory, Change change) {
        if (change.filter == null || !serves(change.filter) || change.contradictsItself()
                || change.filter == Filter.EVFILT_READ && (change.fflags & outOfBand) != 0
                && !change.has(KeventFlags.EV_DELETE)) {
            return Errno.EINVAL;
        }
        if (!isDescriptorFilter(change.filter)) {
            return softKnotes.change(memory, change);
        }
        int errno = descriptors.change(memory, change);
        return errno == DescriptorRegistry.IS_FILE ? softKnotes.change(memory, change) : errno;
    }

    private int scan(EventList events, long timeoutNanos, Memory memory) {
        int capacity = events.capacity();
        long timeout = timeoutNanos;
        long scan = 0;
        if (rechecks.isNeeded()) {
            synchronized (lock) {
                rechecks.run(memory);
            }
        }
        while (true) {
            int asked = capacity - events.size();
            memory.reserve(asked);
            int n = wait.await(kqfd, memory, asked, timeout);
            if (n < 0) {
                // EINVAL: the number is another file's, and no kqueue; so EBADF.
                return events.size() > 0 ? events.size() : -bsdErrno(n == -Errno.EINVAL ? Errno.EBADF : -n);
            }
            if (n == 0) {
                return events.size();
            }
            synchronized (lock) {
                scan = scan == 0 ? ++scans : scan;
                int seen = seen(events, n, memory, scan);
                if (seen > 0) {
                    putBack(descriptors.kept(scan) + (softQueue.size() > 0 ? 1 : 0) - seen, memory);
                }
                if (events.size() == capacity || n < asked || seen != NONE_SEEN) {
                    descriptors.scanned(memory, scan, n < asked || seen > 0);
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
    private int seen(EventList events, int n, Memory memory, long scan) {
        int capacity = events.capacity();
        boolean swallowed = false;
        int seen = 0;
        boolean interrupted = false;
        for (int i = 0; i < n; i++) {
            int room = capacity - events.size();
            long token = memory.token(i);
            int result = 0;
            if (token == WOKEN) {
                softQueue.fetched();
                result = softQueue.take(memory, events, room - (n - i - 1), scan, softKnotes);
            } else if (Sources.isSource(token)) {
                softQueue.beginScan();
                sources.ready(memory, token);
                result = softQueue.take(memory, events, room - (n - i - 1), scan, softKnotes);
                softQueue.endScan();
            } else if (token != INTERRUPT) {
                result = descriptors.event(memory, token, events, scan);
            } else {
                interrupted = true;
            }
            swallowed |= result == 0;
            seen += result < 0 ? 1 : 0;
        }
        return seen == 0 && swallowed && !interrupted ? NONE_SEEN : seen;
    }

    /**
     * A scan that has looked at events it had delivered has turned epoll's list a little: turns the rest, up to {@code
     * count} items, so that the order is the one before.
     */
    private void putBack(int count, Memory memory) {
        if (count <= 0) {
            return;
        }
        memory.reserve(count);
        int n = wait.await(kqfd, memory, count, 0);
        for (int i = 0; i < n; i++) {
            long token = memory.token(i);
            if (token == WOKEN) {
                softQueue.putBack();
            } else if (Sources.isSource(token)) {
                sources.ready(memory, token);
            } else if (token != INTERRUPT) {
                descriptors.putBack(memory, token);
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
                requireNotReleased();
                knote.trigger();
                softQueue.consider(null, knote);
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
    void wake() {
        softQueue.signal();
    }

    @Override
    void released() {
        OPEN.remove(kqfd);
    }
}
