package org.kqueue.linux;

import com.sun.jna.Native;
import java.io.IOException;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.util.function.Function;
import org.kqueue.ChangeList;
import org.kqueue.ClosedKqueueException;
import org.kqueue.Errno;
import org.kqueue.EventList;
import org.kqueue.KeventException;
import org.kqueue.KeventFlags;
import org.kqueue.KeventLayout;
import org.kqueue.Kqueue;

/**
 * What kqueues over epoll have in common: the epoll instance, whose descriptor is the kqueue's own, so that it can be
 * polled and watched by other kqueues; an eventfd in it, edge triggered and never read, by which threads are woken; and
 * kqueue's rules for a list of changes. The lock guards the close, and whatever else a subclass says; it is never held
 * while waiting.
 */
abstract class EpollKqueue extends Kqueue {

    /** epoll's user data of the eventfd: somebody wants a scan, and: the kqueue is being closed. */
    static final long WOKEN = 0;
    static final long INTERRUPT = 1;

    private static final Cleaner CLEANER = Cleaner.create();

    /** For an errno: a receipt had no room. */
    private static final int NO_ROOM = -1;

    final Object lock = new Object();
    final OpenFiles files;
    final int kqfd;
    final int eventfd;
    final Errno.Numbering errnos;

    /** The one being applied. */
    private final Change change;
    private Cleaner.Cleanable cleanable;
    // guarded by lock
    private boolean released;

    /** The descriptors of a kqueue that is being opened. */
    record Opened(OpenFiles files, int kqfd, int eventfd) {
    }

    EpollKqueue(KeventLayout layout, Opened opened) {
        super(layout);
        files = opened.files();
        kqfd = opened.kqfd();
        eventfd = opened.eventfd();
        errnos = layout.errnos();
        change = new Change(layout);
    }

    /** Opens a kqueue, or nothing. */
    static <K extends EpollKqueue> K open(Function<Opened, K> maker) throws IOException {
        Opened opened = openFiles();
        boolean done = false;
        try {
            K kqueue = maker.apply(opened);
            done = true;
            return kqueue;
        } finally {
            if (!done) {
                opened.files().run();
            }
        }
    }

    private static Opened openFiles() throws IOException {
        OpenFiles files = new OpenFiles();
        boolean done = false;
        try {
            int kqfd = check("epoll_create1", files.own(EpollLibrary.epoll_create1(EpollLibrary.EPOLL_CLOEXEC)));
            int eventfd = check("eventfd",
                    files.own(EpollLibrary.eventfd(0, EpollLibrary.EFD_CLOEXEC | EpollLibrary.EFD_NONBLOCK)));
            Memory memory = new Memory();
            check("epoll_ctl", addEventfd(kqfd, eventfd, memory));
            // Only its address is used by then, which keeps nothing from the collector.
            Reference.reachabilityFence(memory);
            done = true;
            return new Opened(files, kqfd, eventfd);
        } finally {
            if (!done) {
                files.run();
            }
        }
    }

    private static int addEventfd(int epfd, int eventfd, Memory memory) {
        return EpollLibrary.epoll_ctl(epfd, EpollLibrary.EPOLL_CTL_ADD, eventfd,
                memory.event(EpollLibrary.EPOLLIN | EpollLibrary.EPOLLET, WOKEN));
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

    /** Says what is to be done when the kqueue is closed, or collected without. Must not refer to the kqueue. */
    final void closeBy(Runnable holdings) {
        cleanable = CLEANER.register(this, holdings);
    }

    @Override
    public final int fd() {
        return kqfd;
    }

    /** Whether the descriptors are gone. Under the lock. */
    final boolean isReleased() {
        return released;
    }

    /** Under the lock: release() may give a descriptor's number to somebody else. */
    final void requireNotReleased() throws ClosedKqueueException {
        if (released) {
            throw new ClosedKqueueException();
        }
    }

    /** One change. Returns 0 or the errno. */
    abstract int register(Memory memory, Change change);

    /**
     * Tells epoll what the changes since the last flush have left to tell it.
     *
     * @param next what comes next is a change of this descriptor; -1 if none is
     * @return 0, or the errno of the last change
     */
    int flush(Memory memory, long next) {
        return 0;
    }

    /**
     * Applies changes and appends the entries of those that failed or want a receipt. Not for two threads at once.
     *
     * @return what the call is to return at once: the number of entries or the negative errno, as the ABI numbers it;
     *     {@link Integer#MAX_VALUE} where it goes on with its scan
     */
    final int apply(ChangeList changes, EventList events, Memory memory) {
        if (changes == null || changes.size() == 0) {
            return Integer.MAX_VALUE;
        }
        int errno = applyAll(changes, events, memory);
        if (errno != 0) {
            return errno == NO_ROOM ? 0 : -bsdErrno(errno);
        }
        return events != null && events.size() > 0 ? events.size() : Integer.MAX_VALUE;
    }

    /** Returns 0, the errno of an entry without room, or {@link #NO_ROOM}. */
    private int applyAll(ChangeList changes, EventList events, Memory memory) {
        int n = changes.size();
        for (int i = 0; i < n; i++) {
            change.read(changes, i);
            if (change.filterNumber == 0 && change.filter == null) {
                // As FreeBSD: a zeroed slot is no change.
                continue;
            }
            int errno = register(memory, change);
            boolean receipt = change.has(KeventFlags.EV_RECEIPT);
            // Also behind a change that failed: those before it on the same descriptor may not be told to epoll yet.
            int flushed = flush(memory, receipt || i + 1 == n ? -1 : changes.ident(i + 1));
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
            events.append(change.ident, change.filterNumber, KeventFlags.EV_ERROR, change.fflags, bsdErrno(errno),
                    change.udata);
        }
        return 0;
    }

    /** A Linux errno as the ABI numbers it. */
    final int bsdErrno(int errno) {
        return Errno.translate(errno, Errno.Numbering.LINUX, errnos);
    }

    /** All that a kqueue reports, for another epoll instance that is to take its place. */
    interface Items {

        /** Registers them. Returns whether all are in. */
        boolean copyTo(Memory memory, int epfd);
    }

    /**
     * epoll keeps an item while its file is open, if only under another number, and only the closed number could take
     * it out. So another epoll instance gets all the rest and takes the number of this one. If that fails all stays as
     * it is.
     */
    final void renew(Memory memory, Items items) {
        int fresh = EpollLibrary.epoll_create1(EpollLibrary.EPOLL_CLOEXEC);
        if (fresh < 0) {
            return;
        }
        if (addEventfd(fresh, eventfd, memory) == 0 && items.copyTo(memory, fresh)) {
            EpollLibrary.dup3(fresh, kqfd, EpollLibrary.EPOLL_CLOEXEC);
        }
        EpollLibrary.close(fresh);
    }

    /** Has the eventfd reported. Under the lock. */
    abstract void wake();

    @Override
    protected final void interruptCalls() throws IOException {
        synchronized (lock) {
            // Level triggered and never drained: it ends every wait, present and to come.
            Memory memory = new Memory();
            wake();
            if (EpollLibrary.epoll_ctl(kqfd, EpollLibrary.EPOLL_CTL_MOD, eventfd,
                    memory.event(EpollLibrary.EPOLLIN, INTERRUPT)) != 0) {
                throw failure("epoll_ctl", kqfd, Native.getLastError());
            }
            Reference.reachabilityFence(memory);
        }
    }

    @Override
    protected final void release() {
        synchronized (lock) {
            released = true;
            released();
            cleanable.clean();
        }
    }

    /** The descriptors are about to be closed. Under the lock. */
    void released() {
    }
}
