package org.kqueue.linux.knotes;

import static org.kqueue.linux.epoll.EpollCalls.EPOLLET;
import static org.kqueue.linux.epoll.EpollCalls.EPOLLIN;
import static org.kqueue.linux.epoll.EpollCalls.EPOLL_CTL_ADD;

import org.kqueue.linux.epoll.LinuxCalls;
import org.kqueue.linux.epoll.OpenFiles;

/** The kqueue's own descriptors in its epoll instance. Guarded by the kqueue's lock. */
final class Sources {

    /** Set in the tokens of sources, and in no other. */
    private static final long MARK = 1L << 63;

    private final int kqfd;
    private final LinuxCalls calls;
    private final OpenFiles files;
    private final Slots<Source> slots = new Slots<>();

    Sources(int kqfd, LinuxCalls calls, OpenFiles files) {
        this.kqfd = kqfd;
        this.calls = calls;
        this.files = files;
    }

    static boolean isSource(long token) {
        return token < 0;
    }

    void ready(long token) {
        Source source = slots.get(token & ~MARK);
        if (source != null) {
            source.ready();
        }
    }

    /** Takes over a descriptor, or passes a negative errno on. Returns its token, or the negative errno. */
    long open(int fd, Source source) {
        if (fd < 0) {
            return fd;
        }
        files.own(fd);
        long slot = slots.add(source);
        int errno = calls.ctl(kqfd, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLET, slot | MARK);
        if (errno != 0) {
            close(fd, slot);
            return -errno;
        }
        return slot;
    }

    /** Opens a timerfd. Returns it, or the negative errno. */
    int openTimer(int clock, Source source) {
        int fd = calls.timerfd(clock);
        long token = open(fd, source);
        return token < 0 ? (int) token : fd;
    }

    void close(int fd, long token) {
        slots.remove(token);
        files.close(fd);
    }
}
