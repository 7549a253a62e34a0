package org.kqueue.linux.knotes;

import org.kqueue.linux.epoll.CLibrary;

/**
 * The C library's calls about descriptors, files, timers and processes, by their C names and with the header's numbers.
 * No logic. Memory goes by address; a result of -1 leaves the errno in {@link com.sun.jna.Native#getLastError()}.
 */
final class LinuxLibrary {

    static final int AT_EMPTY_PATH = 0x1000;
    static final int STATX_BASIC_STATS = 0x7ff;
    static final long PIPEFS_MAGIC = 0x50495045;
    /** The same on each {@link Architecture}. */
    static final long SYS_PIDFD_OPEN = 434;
    /** {@code _IOWR(0xFF, 11, struct pidfd_info)}, the same on each {@link Architecture}. */
    static final long PIDFD_GET_INFO = 0xC040FF0BL;
    static final int F_GETFL = 3;
    static final int O_ACCMODE = 3;
    static final int F_GETPIPE_SZ = 1032;
    static final int SOL_SOCKET = 1;
    static final int IPPROTO_TCP = 6;
    static final int TCP_INFO = 11;
    static final int MSG_DONTWAIT = 0x40;
    static final int MSG_NOSIGNAL = 0x4000;
    static final int SEEK_CUR = 1;
    static final int TFD_CLOEXEC = 0x80000;
    static final int TFD_NONBLOCK = 0x800;
    static final int P_PIDFD = 3;
    static final int WNOHANG = 1;
    static final int WEXITED = 4;
    static final int WNOWAIT = 0x01000000;
    static final int IN_CLOEXEC = 0x80000;
    static final int IN_NONBLOCK = 0x800;

    static {
        CLibrary.bind(LinuxLibrary.class);
    }

    private LinuxLibrary() {
    }

    static native long read(int fd, long buf, long count);

    static native int ioctl(int fd, long request, long argp);

    static native int fcntl(int fd, int cmd, long arg);

    static native int fstatfs(int fd, long buf);

    static native int getsockopt(int sockfd, int level, int optname, long optval, long optlen);

    static native long send(int sockfd, long buf, long len, int flags);

    static native long lseek(int fd, long offset, int whence);

    static native int timerfd_create(int clockid, int flags);

    static native int timerfd_settime(int fd, int flags, long newValue, long oldValue);

    static native long syscall(long number, long first, long second, long third, long fourth, long fifth);

    static native int waitid(int idtype, int id, long infop, int options);

    static native int inotify_init1(int flags);

    static native int inotify_add_watch(int fd, long pathname, int mask);

    static native int inotify_rm_watch(int fd, int wd);
}
