package org.kqueue.linux;

import com.sun.jna.Native;
import com.sun.jna.Platform;

/**
 * The C library's calls about descriptors, files, timers and processes, by their C names and with the header's numbers.
 * No logic. Memory goes by address; a result of -1 leaves the errno in {@link Native#getLastError()}.
 */
final class LinuxLibrary {

    static final int AT_EMPTY_PATH = 0x1000;
    static final int STATX_BASIC_STATS = 0x7ff;
    static final int S_IFMT = 0xF000;
    static final int S_IFIFO = 0x1000;
    static final int S_IFDIR = 0x4000;
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

    static {
        Native.register(LinuxLibrary.class, Platform.C_LIBRARY_NAME);
    }

    private LinuxLibrary() {
    }

    static native long read(int fd, long buf, long count);

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
}
