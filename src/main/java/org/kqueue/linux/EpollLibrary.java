package org.kqueue.linux;

import com.sun.jna.Native;
import com.sun.jna.Platform;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import org.kqueue.foreign.ForeignCalls;
import org.kqueue.foreign.LateLink;

/**
 * The C library's calls, by their C names and with the header's numbers. No logic. Memory goes by address; a result of
 * -1 leaves the errno in {@link Native#getLastError()}.
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

    static final int AT_EMPTY_PATH = 0x1000;
    static final int STATX_BASIC_STATS = 0x7ff;
    static final int S_IFMT = 0xF000;
    static final int S_IFIFO = 0x1000;
    static final int S_IFCHR = 0x2000;
    static final int S_IFDIR = 0x4000;
    static final int S_IFBLK = 0x6000;
    static final int S_IFREG = 0x8000;
    static final int S_IFSOCK = 0xC000;

    static final long PIPEFS_MAGIC = 0x50495045;
    static final int F_GETFL = 3;
    static final int O_ACCMODE = 3;
    static final int F_GETPIPE_SZ = 1032;
    static final long FIONREAD = 0x541B;
    static final long SIOCOUTQ = 0x5411;

    static final int SOL_SOCKET = 1;
    static final int SO_TYPE = 3;
    static final int SO_SNDBUF = 7;
    static final int SO_ACCEPTCONN = 30;
    static final int SO_DOMAIN = 39;
    static final int IPPROTO_TCP = 6;
    static final int TCP_INFO = 11;
    static final int AF_UNIX = 1;
    static final int AF_INET = 2;
    static final int AF_INET6 = 10;
    static final int SOCK_STREAM = 1;
    static final int SOCK_DGRAM = 2;
    static final int MSG_DONTWAIT = 0x40;
    static final int MSG_NOSIGNAL = 0x4000;

    static final int CLOCK_REALTIME = 0;
    static final int CLOCK_MONOTONIC = 1;
    static final int TFD_CLOEXEC = 0x80000;
    static final int TFD_NONBLOCK = 0x800;
    static final int TFD_TIMER_ABSTIME = 1;

    /** The same on every architecture. */
    static final long SYS_PIDFD_OPEN = 434;
    static final int P_PIDFD = 3;
    static final int WNOHANG = 1;
    static final int WEXITED = 4;
    static final int WNOWAIT = 0x01000000;
    static final long PIDFD_GET_INFO = 0xC040FF0BL;
    static final long PIDFD_INFO_PID = 1;
    static final long PIDFD_INFO_EXIT = 8;

    static final int IN_CLOEXEC = 0x80000;
    static final int IN_NONBLOCK = 0x800;
    static final int IN_ACCESS = 0x1;
    static final int IN_MODIFY = 0x2;
    static final int IN_ATTRIB = 0x4;
    static final int IN_CLOSE_WRITE = 0x8;
    static final int IN_CLOSE_NOWRITE = 0x10;
    static final int IN_OPEN = 0x20;
    static final int IN_MOVED_FROM = 0x40;
    static final int IN_MOVED_TO = 0x80;
    static final int IN_CREATE = 0x100;
    static final int IN_DELETE = 0x200;
    static final int IN_DELETE_SELF = 0x400;
    static final int IN_MOVE_SELF = 0x800;
    static final int IN_UNMOUNT = 0x2000;
    static final int IN_Q_OVERFLOW = 0x4000;
    static final int IN_IGNORED = 0x8000;
    static final int IN_MASK_ADD = 0x20000000;
    static final int IN_ISDIR = 0x40000000;

    static final int SEEK_CUR = 1;

    private static final LateLink FOREIGN = new LateLink(Foreign::link);

    static {
        Native.register(EpollLibrary.class, Platform.C_LIBRARY_NAME);
    }

    private EpollLibrary() {
    }

    static native int epoll_create1(int flags);

    static int epoll_ctl(int epfd, int op, int fd, long event) {
        if (!FOREIGN.isLinked()) {
            return Select.epoll_ctl(epfd, op, fd, event);
        }
        try {
            return (int) Foreign.EPOLL_CTL.invokeExact(epfd, op, fd, event);
        } catch (Throwable e) {
            throw ForeignCalls.thrown(e);
        }
    }

    static int epoll_wait(int epfd, long events, int maxevents, int timeoutMillis) {
        if (!FOREIGN.isLinked()) {
            return Select.epoll_wait(epfd, events, maxevents, timeoutMillis);
        }
        try {
            return (int) Foreign.EPOLL_WAIT.invokeExact(epfd, events, maxevents, timeoutMillis);
        } catch (Throwable e) {
            throw ForeignCalls.thrown(e);
        }
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

        static final MethodHandle EPOLL_CTL;
        static final MethodHandle EPOLL_WAIT;

        static {
            MethodHandles.Lookup jna = MethodHandles.lookup().in(Select.class);
            EPOLL_CTL = ForeignCalls.ofLibc(jna, "epoll_ctl",
                    MethodType.methodType(int.class, int.class, int.class, int.class, long.class));
            EPOLL_WAIT = ForeignCalls.ofLibc(jna, "epoll_wait",
                    MethodType.methodType(int.class, int.class, long.class, int.class, int.class));
        }

        private Foreign() {
        }

        /** Initialises the class. */
        static void link() {
        }
    }

    static native int eventfd(int initval, int flags);

    static native int dup3(int oldfd, int newfd, int flags);

    static native long write(int fd, long buf, long count);

    static native long read(int fd, long buf, long count);

    static native int close(int fd);

    static native int poll(long fds, long nfds, int timeoutMillis);

    static native int ioctl(int fd, long request, long argp);

    static native int fcntl(int fd, int cmd, long arg);

    static native int statx(int dirfd, long pathname, int flags, int mask, long statxbuf);

    static native int fstatfs(int fd, long buf);

    static native int getsockopt(int sockfd, int level, int optname, long optval, long optlen);

    static native long send(int sockfd, long buf, long len, int flags);

    static native long lseek(int fd, long offset, int whence);

    static native int timerfd_create(int clockid, int flags);

    static native int timerfd_settime(int fd, int flags, long newValue, long oldValue);

    static native long syscall(long number, long first, long second);

    static native int waitid(int idtype, int id, long infop, int options);

    static native int inotify_init1(int flags);

    static native int inotify_add_watch(int fd, long pathname, int mask);

    static native int inotify_rm_watch(int fd, int wd);

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
                return (int) Timed.EPOLL_PWAIT2.invokeExact(epfd, events, maxevents, timespec, 0L);
            } catch (Throwable e) {
                throw ForeignCalls.thrown(e);
            }
        }
    }

    /** Apart from the class above, so that it is linked when it is first needed. */
    private static final class Timed {

        static final MethodHandle EPOLL_PWAIT2 = ForeignCalls.ofLibc(MethodHandles.lookup().in(Pwait2.class),
                "epoll_pwait2",
                MethodType.methodType(int.class, int.class, long.class, int.class, long.class, long.class));

        private Timed() {
        }
    }
}
