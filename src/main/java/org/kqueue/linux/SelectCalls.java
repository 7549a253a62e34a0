package org.kqueue.linux;

import com.sun.jna.Native;
import java.io.IOException;
import java.lang.invoke.MethodHandle;
import org.kqueue.Errno;
import org.kqueue.Kqueue;
import org.kqueue.foreign.ForeignCalls;
import org.kqueue.foreign.LentCalls;

/**
 * The calls in which a selector asks and waits, by the shortest way there is: the JDK's own native methods, where they
 * were lent, which need no start-up and add least to a call; else those of {@link EpollLibrary}.
 */
final class SelectCalls {

    private static final int NANOS_PER_MILLI = 1_000_000;

    private static final MethodHandle EPOLL_WAIT = LentCalls.find(LentCalls.EPOLL_WAIT);
    private static final MethodHandle POLL = LentCalls.find(LentCalls.POLL);

    private SelectCalls() {
    }

    /** Whether both calls were lent when the first of them was made. */
    static boolean areLent() {
        return EPOLL_WAIT != null && POLL != null;
    }

    /**
     * Waits in epoll. Returns the number of events or the negative errno. May return 0 before a long time is over.
     *
     * @param memory for a timeout that is no number of milliseconds
     */
    static int epollWait(int epfd, long events, int maxevents, long timeoutNanos, Memory memory) {
        if (timeoutNanos == 0) {
            return epollWait(epfd, events, maxevents, 0);
        }
        if (timeoutNanos == Kqueue.FOREVER) {
            return epollWait(epfd, events, maxevents, -1);
        }
        if (timeoutNanos % NANOS_PER_MILLI == 0) {
            return epollWait(epfd, events, maxevents,
                    (int) Math.min(timeoutNanos / NANOS_PER_MILLI, Integer.MAX_VALUE));
        }
        return EpollWait.get().await(epfd, memory, maxevents, timeoutNanos);
    }

    private static int epollWait(int epfd, long events, int maxevents, int timeoutMillis) {
        if (EPOLL_WAIT != null) {
            try {
                int n = (int) EPOLL_WAIT.invokeExact(epfd, events, maxevents, timeoutMillis);
                return n >= 0 ? n : -Errno.EINTR;
            } catch (IOException e) {
                // Of an error it tells the text only; the call below has the number.
                return result(EpollLibrary.epoll_wait(epfd, events, maxevents, 0));
            } catch (Throwable e) {
                throw ForeignCalls.thrown(e);
            }
        }
        return result(EpollLibrary.epoll_wait(epfd, events, maxevents, timeoutMillis));
    }

    /** Asks without waiting. Returns how many descriptors have something to say, or the negative errno. */
    static int poll(long fds, int nfds) {
        if (POLL != null) {
            try {
                int n = (int) POLL.invokeExact(fds, nfds, 0);
                return n >= 0 ? n : -Errno.EINTR;
            } catch (IOException e) {
                return -Errno.EINVAL;
            } catch (Throwable e) {
                throw ForeignCalls.thrown(e);
            }
        }
        return result(EpollLibrary.poll(fds, nfds, 0));
    }

    private static int result(int n) {
        return n >= 0 ? n : -Native.getLastError();
    }
}
