package org.kqueue.linux.knotes;

import static org.kqueue.linux.epoll.EpollCalls.EPOLLET;
import static org.kqueue.linux.epoll.EpollCalls.EPOLLIN;
import static org.kqueue.linux.epoll.EpollCalls.EPOLL_CTL_ADD;

import java.util.HashMap;
import java.util.Map;
import org.kqueue.linux.epoll.EpollWait;
import org.kqueue.linux.epoll.EventArray;

/**
 * The items of the kqueue's epoll instance, all but the eventfd. Each is edge triggered, so one thread gets its event,
 * once. epoll's user data are tokens that are never used again: an item can outlive its registration, as
 * epoll keeps it while the open file lives. Guarded by the kqueue's lock.
 */
final class Sources {

    /** What an item stands for. */
    interface Source {

        /** Puts knotes into the queue, after an event. Called with the kqueue's lock held. */
        void ready();
    }

    /** How many events are taken from epoll at once. */
    static final int FETCH = 64;

    private final int kqfd;
    private final LinuxCalls calls;
    private final OpenFiles files;
    private final Map<Long, Source> byToken = new HashMap<>();
    private final EventArray array;
    /** No token is a descriptor's number, which is what the eventfd's event carries. */
    private long lastToken = 1L << Integer.SIZE;
    private boolean taking;

    Sources(int kqfd, LinuxCalls calls, OpenFiles files) {
        this.kqfd = kqfd;
        this.calls = calls;
        this.files = files;
        array = new EventArray(calls).reserve(FETCH);
    }

    long add(Source source) {
        byToken.put(++lastToken, source);
        return lastToken;
    }

    void remove(long token) {
        byToken.remove(token);
    }

    /** Whether events of epoll are being turned into queued knotes. */
    boolean isTaking() {
        return taking;
    }

    /** Takes all that epoll has, so that it is in the queue. Returns the negative errno for an error. */
    int takeAll() {
        int n;
        do {
            n = EpollWait.await(kqfd, array, FETCH, 0);
            take(array, n);
        } while (n == FETCH);
        return n;
    }

    /** Takes what a wait has returned. */
    void take(EventArray events, int n) {
        CallFailed failure = null;
        taking = true;
        try {
            for (int i = 0; i < n; i++) {
                failure = ready(events.token(i), failure);
            }
        } finally {
            taking = false;
        }
        if (failure != null) {
            throw failure;
        }
    }

    /** epoll reports an event once, so a source that fails must not keep the others from theirs. */
    private CallFailed ready(long token, CallFailed before) {
        Source source = byToken.get(token);
        try {
            if (source != null) {
                source.ready();
            }
            return before;
        } catch (CallFailed e) {
            return e;
        }
    }

    /** Takes over a descriptor, or passes a negative errno on. Returns its token, or the negative errno. */
    long open(int fd, Source source) {
        if (fd < 0) {
            return fd;
        }
        files.own(fd);
        long token = add(source);
        int errno = calls.ctl(kqfd, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLET, token);
        if (errno != 0) {
            close(fd, token);
            return -errno;
        }
        return token;
    }

    /** Opens a timerfd. Returns it, or the negative errno. */
    int openTimer(int clock, Source source) {
        int fd = calls.timerfd(clock);
        long token = open(fd, source);
        return token < 0 ? (int) token : fd;
    }

    void close(int fd, long token) {
        remove(token);
        files.close(fd);
    }
}
