package org.kqueue.linux;

import com.sun.jna.Native;
import java.lang.ref.Reference;
import org.kqueue.Kqueue;

/**
 * Waits in epoll with a timeout in nanoseconds: epoll_pwait2 where C library and kernel have it, else rounded up to
 * milliseconds.
 */
final class EpollWait {

    private static final EpollWait INSTANCE = new EpollWait(hasPwait2());
    private static final int MILLI = 1_000_000;

    private final boolean precise;

    private EpollWait(boolean precise) {
        this.precise = precise;
    }

    static EpollWait get() {
        return INSTANCE;
    }

    private static boolean hasPwait2() {
        try {
            // EBADF from a kernel that has the call, ENOSYS from one before 5.11.
            Memory memory = new Memory();
            memory.reserve(1);
            EpollLibrary.Pwait2.epoll_pwait2(-1, memory.eventsAddress(), 1, memory.timespec(0), 0);
            int errno = Native.getLastError();
            Reference.reachabilityFence(memory);
            return errno != Linux.ENOSYS;
        } catch (UnsatisfiedLinkError e) {
            return false;
        }
    }

    /** Returns the number of events or the negative errno. May return 0 before a long time is over. */
    int await(int kqfd, Memory memory, int maxevents, long timeoutNanos) {
        int n;
        if (timeoutNanos == 0 || timeoutNanos == Kqueue.FOREVER) {
            n = EpollLibrary.epoll_wait(kqfd, memory.eventsAddress(), maxevents, timeoutNanos == 0 ? 0 : -1);
        } else if (precise) {
            n = EpollLibrary.Pwait2.await(kqfd, memory.eventsAddress(), maxevents, memory.timespec(timeoutNanos));
        } else {
            // Up: a wait that ends too early makes its caller spin for the rest.
            long millis = timeoutNanos / MILLI + (timeoutNanos % MILLI == 0 ? 0 : 1);
            n = EpollLibrary.epoll_wait(kqfd, memory.eventsAddress(), maxevents,
                    (int) Math.min(millis, Integer.MAX_VALUE));
        }
        return n >= 0 ? n : -Native.getLastError();
    }
}
