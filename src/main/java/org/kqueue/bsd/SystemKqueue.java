package org.kqueue.bsd;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.kqueue.ChangeList;
import org.kqueue.Errno;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.KeventException;
import org.kqueue.KeventFlags;
import org.kqueue.KeventLayout;
import org.kqueue.Kqueue;
import org.kqueue.Wakeup;

/** A kqueue of the system, or of a named library: one native {@code kevent} for each {@link #call}. */
final class SystemKqueue extends Kqueue {

    private static final Cleaner CLEANER = Cleaner.create();
    /** {@code {0, 0}}, never written: a poll. */
    private static final ByteBuffer NO_TIME = ByteBuffer.allocateDirect(16);
    private static final long NO_TIME_ADDRESS = Pointer.nativeValue(Native.getDirectBufferPointer(NO_TIME));
    private static final long NANOS_PER_SECOND = TimeUnit.SECONDS.toNanos(1);
    /**
     * The longest wait handed to a kernel; a longer one is several. Some refuse more than 100,000,000 s (macOS to
     * 10.14) or 2^31 (macOS), and libraries count milliseconds in an int.
     */
    private static final long MAX_SECONDS = TimeUnit.DAYS.toSeconds(1);
    /** Idents of filters without descriptors are the program's to choose; ours count down from the top. */
    private static final AtomicLong LAST_IDENT = new AtomicLong(Long.MAX_VALUE);

    private final SystemLibrary library;
    private final Kevent kevent;
    private final int kqfd;
    /** Changes go one by one and without room for an answer, since an answer might be lost or not be given. */
    private final boolean changesApart;
    private final OwnDescriptors descriptors;
    private final Cleaner.Cleanable cleanable;
    /**
     * Ends the waits when the kqueue is closed; level-triggered, so it ends them all. Made by {@link #close}, or with
     * the kqueue where a wait may lock out the change that makes it.
     */
    // writes guarded by descriptors
    private Wakeup interruption;

    SystemKqueue(SystemLibrary library, KeventLayout layout) throws IOException {
        super(layout);
        this.library = library;
        kevent = library.kevent();
        changesApart = library.answersOtherwise();
        kqfd = library.kqueue();
        descriptors = new OwnDescriptors(library, kqfd);
        cleanable = CLEANER.register(this, descriptors::closeAll);
        if (library.mayLockWhileWaiting()) {
            try {
                interruption = new PipeWakeup(this::submitWhileClosing, layout, library, descriptors, 0);
            } catch (IOException | RuntimeException | Error e) {
                cleanable.clean();
                throw e;
            }
        }
    }

    @Override
    protected int call(ChangeList changes, EventList events, long timeoutNanos) {
        int nchanges = changes == null ? 0 : changes.size();
        if (events != null) {
            events.prepare(nchanges);
        }
        if (changesApart && nchanges > 0) {
            int n = applyApart(changes, events);
            if (n != 0 || events == null) {
                return n;
            }
            nchanges = 0;
        }
        long changelist = nchanges == 0 ? 0 : changes.address();
        if (events == null) {
            // nevents 0 never waits, whatever the timeout.
            return Math.min(kevent(changelist, nchanges, 0, 0, NO_TIME_ADDRESS), 0);
        }
        long nanos = events.capacity() == 0 ? 0 : timeoutNanos;
        int n = kevent(changelist, nchanges, events.address(), events.capacity(), timespec(events, nanos));
        if (n <= 0) {
            return n;
        }
        if (!isOpen()) {
            // Woken by the interruption of close, which is no event of the caller's.
            return 0;
        }
        events.filled(n);
        return n <= events.capacity() ? n : overrun(events, n, nchanges);
    }

    /** Returns the number of entries, or the negative errno. */
    private int kevent(long changelist, int nchanges, long eventlist, int nevents, long timeout) {
        int n = kevent.kevent(kqfd, changelist, nchanges, eventlist, nevents, timeout);
        return n < 0 ? -library.errno() : n;
    }

    private static long timespec(EventList events, long nanos) {
        if (nanos == FOREVER) {
            return 0;
        }
        if (nanos == 0) {
            return NO_TIME_ADDRESS;
        }
        long seconds = nanos / NANOS_PER_SECOND;
        return seconds < MAX_SECONDS
                ? events.timespec(seconds, nanos % NANOS_PER_SECOND)
                : events.timespec(MAX_SECONDS, 0);
    }

    /**
     * Applies changes in calls of their own without room for an answer, so that an error is the call's, and answers as
     * a kernel does. Returns the number of answers, or the negative errno of a change whose answer finds no room.
     */
    private int applyApart(ChangeList changes, EventList events) {
        int room = events == null ? 0 : events.capacity();
        int answers = 0;
        long changelist = changes.address();
        for (int i = 0; i < changes.size(); i++) {
            int flags = changes.flags(i);
            int n;
            if ((flags & KeventFlags.EV_RECEIPT) == 0) {
                n = kevent(changelist + (long) i * layout().size(), 1, 0, 0, NO_TIME_ADDRESS);
            } else {
                ChangeList one = newChangeList(1).add(changes.ident(i), changes.filterNumber(i),
                        flags & ~KeventFlags.EV_RECEIPT, changes.fflags(i), changes.data(i), changes.udata(i));
                n = kevent(one.address(), 1, 0, 0, NO_TIME_ADDRESS);
                Reference.reachabilityFence(one);
            }
            int errno = Math.max(-n, 0);
            if (errno != 0 || (flags & KeventFlags.EV_RECEIPT) != 0) {
                if (answers == room) {
                    return errno != 0 ? -errno : answers;
                }
                events.append(changes.ident(i), changes.filterNumber(i), KeventFlags.EV_ERROR, changes.fflags(i), errno,
                        changes.udata(i));
                answers++;
            }
        }
        return answers;
    }

    /**
     * DragonFly answers each failed change, whatever the room. The first that lies beyond the capacity becomes the
     * call's own error, as on the others; a receipt there is dropped.
     */
    private int overrun(EventList events, int n, int slots) {
        for (int i = events.capacity(); i < Math.min(n, slots); i++) {
            int errno = (int) new Pointer(events.address()).getLong((long) i * layout().size()
                    + layout().dataOffset());
            if (errno != 0) {
                return -errno;
            }
        }
        return events.capacity();
    }

    @Override
    public int fd() {
        return kqfd;
    }

    @Override
    public boolean supports(Filter filter) {
        return library.filters().supports(filter);
    }

    @Override
    public boolean isWatchable() {
        return library.watchesKqueues();
    }

    @Override
    public boolean forget(long ident) throws IOException {
        if (library.isKernel()) {
            return false;
        }
        delete(ident, Filter.EVFILT_READ);
        delete(ident, Filter.EVFILT_WRITE);
        return true;
    }

    private void delete(long ident, Filter filter) throws IOException {
        try {
            kevent(newChangeList(1).add(ident, filter, KeventFlags.EV_DELETE, 0), null, 0);
        } catch (KeventException e) {
            // The descriptor had no knote of this filter, or is closed.
            if (e.errno() != Errno.ENOENT && e.errno() != Errno.EBADF) {
                throw e;
            }
        }
    }

    @Override
    public boolean dispatches() {
        return library.isKernel() && layout().dispatches();
    }

    @Override
    public boolean reportsUnixClose() {
        return layout().reportsUnixClose();
    }

    @Override
    public Wakeup newWakeup(long udata) throws IOException {
        return newWakeup(udata, false, changes -> kevent(changes, null, 0));
    }

    /**
     * A user event, else a pipe: the first that the kernel takes. Where a wait locks others out only a pipe will do: to
     * write to it asks nothing of the library.
     */
    private Wakeup newWakeup(long udata, boolean level, Submitter submitter) throws IOException {
        KeventException failure = null;
        if (layout().has(Filter.EVFILT_USER) && !library.mayLockWhileWaiting()) {
            try {
                return new UserWakeup(submitter, layout(), LAST_IDENT.getAndDecrement(), udata, level);
            } catch (KeventException e) {
                // EINVAL: a kernel without the filter. ENOMEM: OpenBSD has 1,024 user events a process.
                failure = e;
            }
        }
        if (library.hasPipe()) {
            try {
                return new PipeWakeup(submitter, layout(), library, descriptors, udata);
            } catch (KeventException e) {
                if (failure != null) {
                    e.addSuppressed(failure);
                }
                throw e;
            }
        }
        KeventException nothing = library.failure("kevent", kqfd, failure == null ? Errno.EINVAL : failure.errno(),
                "nothing can end a wait: EVFILT_USER cannot be had, nor a pipe, as the library has descriptors of its"
                        + " own and does not export pipe, read, write and close");
        if (failure != null) {
            nothing.addSuppressed(failure);
        }
        throw nothing;
    }

    @Override
    protected void interruptCalls() throws IOException {
        Wakeup wakeup;
        synchronized (descriptors) {
            if (interruption == null) {
                interruption = newWakeup(0, true, this::submitWhileClosing);
            }
            wakeup = interruption;
        }
        wakeup.signal();
    }

    /** {@link #kevent} refuses once close has begun; the descriptor is still there until {@link #release}. */
    private void submitWhileClosing(ChangeList changes) throws KeventException {
        int n = call(changes, null, 0);
        Reference.reachabilityFence(changes);
        if (n < 0) {
            throw library.failure("kevent", kqfd, -n, changes.toString());
        }
    }

    @Override
    protected void release() throws IOException {
        int errno = descriptors.closeAll();
        cleanable.clean();
        if (errno != 0) {
            throw library.failure("close", kqfd, errno, null);
        }
    }

    @Override
    public String toString() {
        return library.toString();
    }
}
