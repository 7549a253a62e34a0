package org.kqueue.linux;

import com.sun.jna.Native;
import com.sun.jna.Platform;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodType;
import org.kqueue.Errno;
import org.kqueue.foreign.ForeignCalls;
import org.kqueue.foreign.LateLink;

/**
 * The C library's calls that every kqueue over epoll is made of, by their C names and with the header's numbers. No
 * logic. Memory goes by address; a result of -1 leaves the errno in {@link Native#getLastError()}. Others are in {@link
 * LinuxLibrary}, apart, because binding a call takes time when the first selector is opened.
 */
final class EpollLibrary {

    static final int EPOLL_CLOEXEC = 0x80000;
    static final int EPOLL_CTL_ADD = 1;
    static final int EPOLL_CTL_DEL = 2;
    static final int EPOLL_CTL_MOD = 3;
    static final int EPOLLIN = 0x1;
    static final int EPOLLOUT = 0x4;
    static final int EPOLLERR = 0x8;
    static final int EPOLLHUP = 0x10;
    static final int EPOLLRDHUP = 0x2000;
    static final int EPOLLONESHOT = 1 << 30;
    static final int EPOLLET = 1 << 31;

    static final int EFD_CLOEXEC = 0x80000;
    static final int EFD_NONBLOCK = 0x800;

    static final int POLLNVAL = 0x20;

    private static final LateLink FOREIGN = new LateLink(Foreign::link);

    static {
        Native.register(EpollLibrary.class, Platform.C_LIBRARY_NAME);
    }

    private EpollLibrary() {
    }

    static native int epoll_create1(int flags);

    static int epoll_ctl(int epfd, int op, int fd, long event) {
        return FOREIGN.isLinked() && Foreign.epoll_ctl(epfd, op, fd, event) == 0 ? 0
                : Select.epoll_ctl(epfd, op, fd, event);
    }

    static int epoll_wait(int epfd, long events, int maxevents, int timeoutMillis) {
        if (!FOREIGN.isLinked()) {
            return Select.epoll_wait(epfd, events, maxevents, timeoutMillis);
        }
        int n = Foreign.epoll_wait(epfd, events, maxevents, timeoutMillis);
        return n >= 0 ? n : afterFailedWait(epfd, events, maxevents);
    }

    /** What a wait has to say whose errno is lost: what a poll says, or else that it was interrupted. */
    private static int afterFailedWait(int epfd, long events, int maxevents) {
        int n = Select.epoll_wait(epfd, events, maxevents, 0);
        if (n == 0) {
            Native.setLastError(Errno.EINTR);
            return -1;
        }
        return n;
    }

    /** The calls that a select is made of, through JNA. */
    private static final class Select {

        static {
            Native.register(Select.class, Platform.C_LIBRARY_NAME);
        }

        private Select() {
        }

        static native int epoll_ctl(int epfd, int op, int fd, long event);

        static native int epoll_wait(int epfd, long events, int maxevents, int timeoutMillis);
    }

    /** The same through {@code java.lang.foreign}. */
    private static final class Foreign {

        static final MethodHandle EPOLL_CTL = ForeignCalls.ofLibcWithoutErrno("epoll_ctl",
                MethodType.methodType(int.class, int.class, int.class, int.class, long.class));
        static final MethodHandle EPOLL_WAIT = ForeignCalls.ofLibcWithoutErrno("epoll_wait",
                MethodType.methodType(int.class, int.class, long.class, int.class, int.class));

        private Foreign() {
        }

        /** Initialises the class. */
        static void link() {
        }

        static int epoll_ctl(int epfd, int op, int fd, long event) {
            try {
                return (int) EPOLL_CTL.invokeExact(epfd, op, fd, event);
            } catch (Throwable e) {
                throw ForeignCalls.thrown(e);
            }
        }

        static int epoll_wait(int epfd, long events, int maxevents, int timeoutMillis) {
            try {
                return (int) EPOLL_WAIT.invokeExact(epfd, events, maxevents, timeoutMillis);
            } catch (Throwable e) {
                throw ForeignCalls.thrown(e);
            }
        }
    }

    static native int eventfd(int initval, int flags);

    static native int dup3(int oldfd, int newfd, int flags);

    static native long write(int fd, long buf, long count);

    static native int close(int fd);

    static native int poll(long fds, long nfds, int timeoutMillis);

    /** glibc 2.35, Linux 5.11: in a class of its own, because binding it fails elsewhere. */
    static final class Pwait2 {

        static {
            Native.register(Pwait2.class, Platform.C_LIBRARY_NAME);
        }

        private Pwait2() {
        }

        static native int epoll_pwait2(int epfd, long events, int maxevents, long timespec, long sigmask);

        static int await(int epfd, long events, int maxevents, long timespec) {
            if (!FOREIGN.isLinked()) {
                return epoll_pwait2(epfd, events, maxevents, timespec, 0);
            }
            try {
                int n = (int) Timed.EPOLL_PWAIT2.invokeExact(epfd, events, maxevents, timespec, 0L);
                return n >= 0 ? n : afterFailedWait(epfd, events, maxevents);
            } catch (Throwable e) {
                throw ForeignCalls.thrown(e);
            }
        }
    }

    /** Apart from the class above, so that it is linked when it is first needed. */
    private static final class Timed {

        static final MethodHandle EPOLL_PWAIT2 = ForeignCalls.ofLibcWithoutErrno("epoll_pwait2",
                MethodType.methodType(int.class, int.class, long.class, int.class, long.class, long.class));

        private Timed() {
        }
    }
}
