package org.kqueue.linux;

import com.sun.jna.Native;

/** The kqueue's own descriptors in its epoll instance. Guarded by the kqueue's lock. */
final class Sources {

    /** Set in the tokens of sources, and in no other. */
    private static final long MARK = 1L << 63;

    private final int kqfd;
    private final OpenFiles files;
    private final Slots<Source> slots = new Slots<>();

    Sources(int kqfd, OpenFiles files) {
        this.kqfd = kqfd;
        this.files = files;
    }

    static boolean isSource(long token) {
        return token < 0;
    }

    void ready(Memory memory, long token) {
        Source source = slots.get(token & ~MARK);
        if (source != null) {
            source.ready(memory);
        }
    }

    /** Takes over a descriptor and watches it. Returns its token, or the negative errno after closing it. */
    long open(Memory memory, int fd, Source source) {
        if (fd < 0) {
            return -Native.getLastError();
        }
        files.own(fd);
        long slot = slots.add(source);
        if (EpollLibrary.epoll_ctl(kqfd, EpollLibrary.EPOLL_CTL_ADD, fd,
                memory.event(EpollLibrary.EPOLLIN | EpollLibrary.EPOLLET, slot | MARK)) != 0) {
            int errno = Native.getLastError();
            slots.remove(slot);
            files.close(fd);
            return -errno;
        }
        return slot;
    }

    /** Opens a timerfd and watches it. Returns it, or the negative errno. */
    int openTimer(Memory memory, int clock, Source source) {
        int fd = LinuxLibrary.timerfd_create(clock, LinuxLibrary.TFD_CLOEXEC | LinuxLibrary.TFD_NONBLOCK);
        if (fd < 0) {
            return -Native.getLastError();
        }
        long token = open(memory, fd, source);
        return token < 0 ? (int) token : fd;
    }

    void close(int fd, long token) {
        slots.remove(token);
        files.close(fd);
    }
}
