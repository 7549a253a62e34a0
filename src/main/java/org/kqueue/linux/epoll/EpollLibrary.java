package org.kqueue.linux.epoll;

/**
 * The C library's calls about epoll, by their C names. No logic. Memory goes by address; a result of -1 leaves the
 * errno in {@link com.sun.jna.Native#getLastError()}. {@code LinuxLibrary} of {@code
 * org.kqueue.linux.knotes} has the others: binding a call takes time when the first selector is opened.
 */
final class EpollLibrary {

    static final int EPOLL_CLOEXEC = 0x80000;
    static final int EFD_CLOEXEC = 0x80000;
    static final int EFD_NONBLOCK = 0x800;

    static {
        CLibrary.bind(EpollLibrary.class);
    }

    private EpollLibrary() {
    }

    static native int epoll_create1(int flags);

    static native int epoll_ctl(int epfd, int op, int fd, long event);

    static native int epoll_wait(int epfd, long events, int maxevents, int timeoutMillis);

    static native int eventfd(int initval, int flags);

    static native int dup3(int oldfd, int newfd, int flags);

    static native long write(int fd, long buf, long count);

    static native int close(int fd);

    static native int poll(long fds, long nfds, int timeoutMillis);

    /** glibc 2.35, Linux 5.11: in a class of its own, because binding it fails elsewhere. */
    static final class Pwait2 {

        static {
            CLibrary.bind(Pwait2.class);
        }

        private Pwait2() {
        }

        static native int epoll_pwait2(int epfd, long events, int maxevents, long timespec, long sigmask);
    }
}
