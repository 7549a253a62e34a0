package org.kqueue.linux.epoll;

import com.sun.jna.Native;
import java.lang.ref.Reference;
import org.kqueue.Errno;
import org.kqueue.Kqueue;

/** Turns nanoseconds into a wait in epoll. */
public final class EpollWait {

    private static final int MILLI = 1_000_000;

    private EpollWait() {
    }

    /** What {@code epoll_wait} takes. Rounded up: a wait that ends too early makes its caller spin for the rest. */
    static int millis(long nanos) {
        return nanos == Kqueue.FOREVER ? -1
                : (int) Math.min(nanos / MILLI + (nanos % MILLI == 0 ? 0 : 1), Integer.MAX_VALUE);
    }

    /**
     * Waits by {@code epoll_pwait2} where the C library and the kernel have it, else rounded up to milliseconds.
     *
     * @param epfd the epoll instance
     * @param events room for {@code maxevents} or more
     * @param maxevents 1 or more
     * @param timeoutNanos 0 polls, {@link Kqueue#FOREVER} waits without end
     * @return the number of events, or the negative errno. May return 0 early where the timeout is more than 24 days
     */
    public static int await(int epfd, EventArray events, int maxevents, long timeoutNanos) {
        boolean whole = timeoutNanos == Kqueue.FOREVER || timeoutNanos % MILLI == 0;
        int n = whole || !Exact.AVAILABLE
                ? EpollLibrary.epoll_wait(epfd, events.address(), maxevents, millis(timeoutNanos))
                : EpollLibrary.Pwait2.epoll_pwait2(epfd, events.address(), maxevents, events.timespec(timeoutNanos), 0);
        return result(n);
    }

    /** The number of events, or the negative errno that a call through JNA has left. */
    static int result(int n) {
        if (n >= 0) {
            return n;
        }
        int errno = Native.getLastError();
        // EINVAL: the number is another file's, and no epoll instance.
        return -(errno == Errno.EINVAL ? Errno.EBADF : errno);
    }

    /** Tried when it is first needed. */
    private static final class Exact {

        static final boolean AVAILABLE = isAvailable();

        private static boolean isAvailable() {
            try {
                EventArray events = new EventArray(new JnaCalls()).reserve(1);
                EpollLibrary.Pwait2.epoll_pwait2(-1, events.address(), 1, events.timespec(0), 0);
                int errno = Native.getLastError();
                Reference.reachabilityFence(events);
                // ENOSYS before Linux 5.11, EPERM in a container that does not know the call.
                return errno == Errno.EBADF;
            } catch (UnsatisfiedLinkError e) {
                return false;
            }
        }
    }
}
