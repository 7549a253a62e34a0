package org.kqueue.bsd;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.lang.ref.Cleaner;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.kqueue.ChangeList;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.KeventException;
import org.kqueue.Kqueue;
import org.kqueue.Wakeup;

/** A kqueue of the system, or of a named library: one native {@code kevent} for each {@link #call}. */
final class SystemKqueue extends Kqueue {

    private static final Cleaner CLEANER = Cleaner.create();
    /** {@code {0, 0}}, never written: a poll. */
    private static final ByteBuffer NO_TIME = ByteBuffer.allocateDirect(16);
    private static final long NO_TIME_ADDRESS = Pointer.nativeValue(Native.getDirectBufferPointer(NO_TIME));
    private static final long NANOS_PER_SECOND = TimeUnit.SECONDS.toNanos(1);
    /** Idents of filters without descriptors are the program's to choose; ours count down from the top. */
    private static final AtomicLong LAST_IDENT = new AtomicLong(Long.MAX_VALUE);

    private final SystemLibrary library;
    private final KqueueLibrary calls;
    private final int kqfd;
    private final long maxSeconds;
    private final boolean waitsAfterAnswers;
    private final Descriptors descriptors;
    private final Cleaner.Cleanable cleanable;
    /** Ends the waits when the kqueue is closed; level-triggered, so it ends them all. Only {@link #close} uses it. */
    private Wakeup interruption;

    SystemKqueue(SystemLibrary library) throws KeventException {
        super(library.layout());
        this.library = library;
        calls = library.calls();
        maxSeconds = maxSeconds(library.layout().name());
        kqfd = library.kqueue();
        descriptors = new Descriptors(library, kqfd);
        cleanable = CLEANER.register(this, descriptors::closeAll);
        waitsAfterAnswers = library.waitsAfterAnswers();
    }

    /**
     * The longest wait in seconds that the kernels of an ABI accept: {@code EINVAL} beyond it, or an overflow inside.
     */
    static long maxSeconds(String abi) {
        return abi.equals("macos") ? 100_000_000 : Integer.MAX_VALUE;
    }

    @Override
    protected int call(ChangeList changes, EventList events, long timeoutNanos) {
        int nchanges = changes == null ? 0 : changes.size();
        long changelist = nchanges == 0 ? 0 : changes.address();
        if (events == null) {
            // nevents 0 never waits, whatever the timeout.
            int n = calls.kevent(kqfd, changelist, nchanges, 0, 0, NO_TIME_ADDRESS);
            return n < 0 ? -library.errno() : 0;
        }
        events.prepare(nchanges);
        // Where an answer would not end the wait: the changes with a poll now, and the wait by the next call.
        long nanos = waitsAfterAnswers && nchanges > 0 ? 0 : timeoutNanos;
        int n = calls.kevent(kqfd, changelist, nchanges, events.address(), events.capacity(),
                timespec(events, nanos));
        if (n <= 0) {
            return n < 0 ? -library.errno() : 0;
        }
        if (!isOpen()) {
            // Woken by the interruption of close, which is no event of the caller's.
            return 0;
        }
        events.filled(n);
        return n <= events.capacity() ? n : overrun(events, n, nchanges);
    }

    private long timespec(EventList events, long nanos) {
        if (nanos == FOREVER) {
            return 0;
        }
        if (nanos == 0) {
            return NO_TIME_ADDRESS;
        }
        long seconds = nanos / NANOS_PER_SECOND;
        return seconds < maxSeconds
                ? events.timespec(seconds, nanos % NANOS_PER_SECOND)
                : events.timespec(maxSeconds, 0);
    }

    /**
     * DragonFly answers each failed change, whatever the room. The first that lies beyond the capacity becomes the
     * call's own error, as on the others; a receipt there is dropped.
     */
    private int overrun(EventList events, int n, int slots) {
        for (int i = events.capacity(); i < Math.min(n, slots); i++) {
            long entry = events.address() + (long) i * layout().size();
            int errno = (int) new Pointer(entry).getLong(layout().dataOffset());
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
    public boolean forgetsClosed() {
        return library.isKernel();
    }

    @Override
    public Wakeup newWakeup(long udata) throws IOException {
        return newWakeup(udata, false, changes -> kevent(changes, null, 0));
    }

    /** A user event, else a pipe, else a timer: the first that the kernel takes. */
    private Wakeup newWakeup(long udata, boolean level, Submitter submitter) throws IOException {
        long ident = LAST_IDENT.getAndDecrement();
        List<IOException> failures = new ArrayList<>();
        if (layout().has(Filter.EVFILT_USER)) {
            try {
                return new UserWakeup(submitter, layout(), ident, udata, level);
            } catch (KeventException e) {
                // EINVAL: a kernel without the filter. ENOMEM: OpenBSD has 1,024 user events a process.
                failures.add(e);
            }
        }
        if (library.hasPipe()) {
            try {
                return new PipeWakeup(submitter, library, descriptors, udata);
            } catch (KeventException e) {
                failures.add(e);
            }
        }
        try {
            return new TimerWakeup(submitter, layout(), ident, udata);
        } catch (KeventException e) {
            failures.forEach(e::addSuppressed);
            throw e;
        }
    }

    @Override
    protected void interruptCalls() throws IOException {
        if (interruption == null) {
            interruption = newWakeup(0, true, this::submitWhileClosing);
        }
        interruption.signal();
    }

    /** {@link #kevent} refuses once close has begun; the descriptor is still there until {@link #release}. */
    private void submitWhileClosing(ChangeList changes) throws KeventException {
        int n = call(changes, null, 0);
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

    /**
     * What a kqueue has open. Apart from the kqueue, which it must not keep reachable, so that one never closed gives
     * it back.
     */
    static final class Descriptors {
        private final SystemLibrary library;
        // guarded by this
        private final List<Integer> open = new ArrayList<>();

        Descriptors(SystemLibrary library, int kqfd) {
            this.library = library;
            open.add(kqfd);
        }

        synchronized void add(int... fds) {
            for (int fd : fds) {
                open.add(fd);
            }
        }

        /** Closes one, once. Returns 0 or the errno. */
        synchronized int close(int fd) {
            return open.remove((Integer) fd) ? library.close(fd) : 0;
        }

        /** Closes all that is open. Returns 0 or the last errno. */
        synchronized int closeAll() {
            int errno = 0;
            for (int fd : open) {
                int result = library.close(fd);
                errno = result != 0 ? result : errno;
            }
            open.clear();
            return errno;
        }
    }
}
