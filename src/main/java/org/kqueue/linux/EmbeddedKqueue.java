package org.kqueue.linux;

import com.sun.jna.Native;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.lang.ref.WeakReference;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.kqueue.ChangeList;
import org.kqueue.ClosedKqueueException;
import org.kqueue.Errno;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.KeventException;
import org.kqueue.KeventFlags;
import org.kqueue.KeventLayout;
import org.kqueue.Kqueue;
import org.kqueue.KqueueConfig.Detail;
import org.kqueue.Wakeup;

/**
 * A kqueue over epoll: FreeBSD's rules for changes and scans; {@link Descriptors} and {@link SoftRegistry} keep the
 * knotes.
 *
 * <p>The kqueue's descriptor is the epoll instance itself, so it can be polled and watched by other kqueues. One lock
 * guards the knotes. It is held for the changes of a call and for turning epoll's events into kevents, never while
 * waiting.
 */
final class EmbeddedKqueue extends Kqueue {

    private static final Cleaner CLEANER = Cleaner.create();

    /** By descriptor, for kqueues that watch others. */
    private static final Map<Integer, WeakReference<EmbeddedKqueue>> OPEN = new ConcurrentHashMap<>();

    /** epoll's user data of the eventfd: the soft queue has something, and: the kqueue is being closed. */
    private static final long SOFT = 0;
    private static final long INTERRUPT = 1;

    /** A result of {@link #seen}. */
    private static final int NONE_SEEN = -1;

    /** For an errno: a receipt had no room. */
    private static final int NO_ROOM = -1;

    private static final VarHandle LAST_MEMORY;

    static {
        try {
            LAST_MEMORY = MethodHandles.lookup().findVarHandle(EmbeddedKqueue.class, "lastMemory", Memory.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Object lock = new Object();
    private final OpenFiles files;
    private final Cleaner.Cleanable cleanable;
    private final int kqfd;
    private final int eventfd;
    private final SoftQueue softQueue;
    private final Sources sources;
    private final SoftRegistry softKnotes;
    private final Descriptors descriptors;
    private final boolean full;
    private final Errno.Numbering errnos;
    private final EpollWait wait;

    @SuppressWarnings("unused")
    private volatile Memory lastMemory;

    // guarded by lock
    private final Change change = new Change();
    private Memory freeMemory;
    private long scans;
    private boolean released;

    private EmbeddedKqueue(KeventLayout layout, Detail detail, OpenFiles files, int kqfd, int eventfd, EpollWait wait) {
        super(layout);
        this.files = files;
        this.kqfd = kqfd;
        this.eventfd = eventfd;
        this.wait = wait;
        errnos = layout.errnos();
        softQueue = new SoftQueue(eventfd);
        sources = new Sources(kqfd, files);
        softKnotes = new SoftRegistry(layout, softQueue, sources, lock);
        full = detail == Detail.FULL;
        descriptors = full ? new EdgeDescriptors(kqfd, files, errnos) : new LevelDescriptors(kqfd);
        cleanable = CLEANER.register(this, new Holdings(lock, softQueue, softKnotes, files));
        OPEN.put(kqfd, new WeakReference<>(this));
    }

    static EmbeddedKqueue open(KeventLayout layout, Detail detail) throws IOException {
        EpollWait wait = EpollWait.get();
        OpenFiles files = new OpenFiles();
        boolean done = false;
        try {
            int kqfd = check("epoll_create1", files.own(EpollLibrary.epoll_create1(EpollLibrary.EPOLL_CLOEXEC)));
            int eventfd = check("eventfd",
                    files.own(EpollLibrary.eventfd(0, EpollLibrary.EFD_CLOEXEC | EpollLibrary.EFD_NONBLOCK)));
            Memory memory = new Memory();
            long event = memory.event(EpollLibrary.EPOLLIN | EpollLibrary.EPOLLET, SOFT);
            check("epoll_ctl", EpollLibrary.epoll_ctl(kqfd, EpollLibrary.EPOLL_CTL_ADD, eventfd, event));
            // Only its address is used by then, which keeps nothing from the collector.
            Reference.reachabilityFence(memory);
            EmbeddedKqueue kqueue = new EmbeddedKqueue(layout, detail, files, kqfd, eventfd, wait);
            done = true;
            return kqueue;
        } finally {
            if (!done) {
                files.run();
            }
        }
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

    private static int check(String call, int result) throws KeventException {
        if (result < 0) {
            throw failure(call, -1, Native.getLastError());
        }
        return result;
    }

    private static KeventException failure(String call, int kqfd, int errno) {
        return new KeventException(call, kqfd, errno, Errno.name(errno, Errno.Numbering.LINUX), null);
    }

    @Override
    public int fd() {
        return kqfd;
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
            if (kqueue.released) {
                return 1;
            }
            int count = kqueue.softQueue.size() + kqueue.descriptors.ready(memory);
            if (!kqueue.softKnotes.isEmpty()) {
                // A timer or a file that is due and not yet in the soft queue.
                return Math.max(1, count);
            }
            watcher.arrivals = kqueue.softQueue.enqueued() + kqueue.descriptors.enqueued;
            return count;
        }
    }

    @Override
    public boolean supports(Filter filter) {
        return layout().has(filter) && serves(filter);
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
            if (changes != null && changes.size() > 0) {
                int errno = apply(changes, events, memory);
                if (errno != 0) {
                    return errno == NO_ROOM ? 0 : -Errno.translate(errno, Errno.Numbering.LINUX, errnos);
                }
                if (events != null && events.size() > 0) {
                    return events.size();
                }
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

    @Override
    public boolean forgetsClosed() {
        return !full;
    }

    @Override
    public void forget(long ident) {
        synchronized (lock) {
            descriptors.forget(ident);
        }
    }

    /**
     * Applies changes and appends the entries of those that failed or want a receipt. Returns 0, the errno
     * of one without room, or {@link #NO_ROOM}.
     */
    private int apply(ChangeList changes, EventList events, Memory memory) {
        synchronized (lock) {
            int n = changes.size();
            for (int i = 0; i < n; i++) {
                change.read(changes, i);
                if (change.filterNumber == 0 && change.filter == null) {
                    // As FreeBSD: a zeroed slot is no change.
                    continue;
                }
                int errno = register(memory);
                boolean receipt = change.has(KeventFlags.EV_RECEIPT);
                // Also behind a change that failed: those before it on the same descriptor may not be told to epoll
                // yet.
                int flushed = descriptors.flush(memory, receipt || i + 1 == n ? -1 : changes.ident(i + 1));
                errno = errno == 0 ? flushed : errno;
                if (errno == 0 && !receipt) {
                    continue;
                }
                if (events == null || events.size() == events.capacity()) {
                    // A receipt without room ends the call with 0, and hides the entries before it.
                    if (events != null) {
                        events.filled(0);
                    }
                    return errno == 0 ? NO_ROOM : errno;
                }
                events.append(change.ident, change.filterNumber, KeventFlags.EV_ERROR, change.fflags,
                        Errno.translate(errno, Errno.Numbering.LINUX, errnos), change.udata);
            }
            return 0;
        }
    }

    /** One change. Returns 0 or the errno. The filter is looked at before the descriptor. */
    private int register(Memory memory) {
        if (change.filter == null || !serves(change.filter) || change.contradictsItself()) {
            return Errno.EINVAL;
        }
        if (!isDescriptorFilter(change.filter)) {
            return softKnotes.change(memory, change);
        }
        int errno = descriptors.change(memory, change);
        return errno == Descriptors.IS_FILE ? softKnotes.change(memory, change) : errno;
    }

    private int scan(EventList events, long timeoutNanos, Memory memory) {
        int capacity = events.capacity();
        long timeout = timeoutNanos;
        long scan = 0;
        while (true) {
            int asked = descriptors.ask(capacity - events.size());
            memory.reserve(asked);
            int n = wait.await(kqfd, memory, asked, timeout);
            if (n < 0) {
                return events.size() > 0 ? events.size() : -Errno.translate(-n, Errno.Numbering.LINUX, errnos);
            }
            if (n == 0) {
                return events.size();
            }
            synchronized (lock) {
                scan = scan == 0 ? ++scans : scan;
                int seen = seen(events, n, memory, scan);
                if (descriptors.isHaunted()) {
                    renew(memory);
                }
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
     * epoll keeps an item while its file is open, if only under another number, and only the closed number could take
     * it out. So another epoll instance gets all the rest and takes the number of this one. If that fails all stays as
     * it is.
     */
    private void renew(Memory memory) {
        int fresh = EpollLibrary.epoll_create1(EpollLibrary.EPOLL_CLOEXEC);
        if (fresh < 0) {
            return;
        }
        long soft = memory.event(EpollLibrary.EPOLLIN | EpollLibrary.EPOLLET, SOFT);
        if (EpollLibrary.epoll_ctl(fresh, EpollLibrary.EPOLL_CTL_ADD, eventfd, soft) == 0
                && descriptors.copyTo(memory, fresh)) {
            EpollLibrary.dup3(fresh, kqfd, EpollLibrary.EPOLL_CLOEXEC);
        }
        EpollLibrary.close(fresh);
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
            if (token == SOFT) {
                softQueue.fetched();
                result = softQueue.take(memory, events, room - descriptors.room(n - i - 1), scan, softKnotes);
            } else if (Sources.isSource(token)) {
                softQueue.beginScan();
                sources.ready(memory, token);
                result = softQueue.take(memory, events, room - descriptors.room(n - i - 1), scan, softKnotes);
                softQueue.endScan();
            } else if (token != INTERRUPT) {
                result = descriptors.event(memory, token, memory.events(i), events, room, scan);
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
            if (token == SOFT) {
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
            Change add = new Change();
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
                // Under the lock: release() may give the eventfd's number to somebody else.
                if (released) {
                    throw new ClosedKqueueException();
                }
                knote.force();
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
    protected void interruptCalls() throws IOException {
        synchronized (lock) {
            // Level triggered and never drained: it ends every wait, present and to come.
            Memory memory = new Memory();
            softQueue.signal();
            if (EpollLibrary.epoll_ctl(kqfd, EpollLibrary.EPOLL_CTL_MOD, eventfd, memory.event(EpollLibrary.EPOLLIN, INTERRUPT)) != 0) {
                throw failure("epoll_ctl", kqfd, Native.getLastError());
            }
            Reference.reachabilityFence(memory);
        }
    }

    @Override
    protected void release() {
        synchronized (lock) {
            released = true;
            OPEN.remove(kqfd);
            cleanable.clean();
        }
    }
}
