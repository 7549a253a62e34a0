package org.kqueue.linux.epoll;

import static org.kqueue.linux.epoll.EpollCalls.EPOLL_CTL_ADD;

import java.io.IOException;
import org.kqueue.ClosedKqueueException;
import org.kqueue.Errno;
import org.kqueue.KeventException;

/**
 * An epoll instance with an eventfd in it, by which any thread can end a wait. Thread-safe; the array of {@link #await}
 * is not.
 */
public final class EpollInstance {

    private final EpollCalls calls;
    private final int epfd;
    private final int eventfd;
    private final int eventfdEvents;
    // guarded by this: a closed number may be another file's
    private boolean closed;

    private EpollInstance(EpollCalls calls, int epfd, int eventfd, int eventfdEvents) {
        this.calls = calls;
        this.epfd = epfd;
        this.eventfd = eventfd;
        this.eventfdEvents = eventfdEvents;
    }

    /**
     * Opens both descriptors, or none.
     *
     * @param calls makes the system calls
     * @param eventfdEvents how the eventfd is registered: {@code EPOLLIN}, maybe with {@code EPOLLET}
     * @return a new instance, to be closed
     * @throws IOException if the system refuses
     */
    public static EpollInstance open(EpollCalls calls, int eventfdEvents) throws IOException {
        int epfd = calls.create();
        int eventfd = -1;
        boolean done = false;
        try {
            eventfd = calls.eventfd();
            int errno = calls.ctl(epfd, EPOLL_CTL_ADD, eventfd, eventfdEvents);
            if (errno != 0) {
                throw new KeventException("epoll_ctl", epfd, errno, Errno.name(errno, Errno.Numbering.LINUX), null);
            }
            done = true;
            return new EpollInstance(calls, epfd, eventfd, eventfdEvents);
        } finally {
            if (!done) {
                close(calls, epfd, eventfd);
            }
        }
    }

    /** Closes both, even if the first close fails. Returns the first error or null. */
    private static IOException close(EpollCalls calls, int epfd, int eventfd) {
        IOException failure = null;
        for (int fd : new int[] {eventfd, epfd}) {
            try {
                if (fd >= 0) {
                    calls.close(fd);
                }
            } catch (IOException e) {
                failure = failure == null ? e : failure;
            }
        }
        return failure;
    }

    /** {@return the epoll instance's descriptor} */
    public int epfd() {
        return epfd;
    }

    /** {@return the eventfd, which events of {@link #wake} carry} */
    public int eventfd() {
        return eventfd;
    }

    /**
     * {@code epoll_ctl} on the instance, with the descriptor as user data.
     *
     * @param op one of {@code EPOLL_CTL_}
     * @param fd the descriptor
     * @param events {@code EPOLL} bits
     * @return 0 or the errno
     */
    public int ctl(int op, int fd, int events) {
        return calls.ctl(epfd, op, fd, events);
    }

    /**
     * Waits with a timeout that is rounded up to milliseconds.
     *
     * @param events room for {@code maxevents} or more
     * @param maxevents 1 or more
     * @param timeoutNanos 0 polls, {@link org.kqueue.Kqueue#FOREVER} waits without end
     * @return the number of events, or the negative errno. May return 0 early where the timeout is more than 24 days
     */
    public int await(EventArray events, int maxevents, long timeoutNanos) {
        return calls.await(epfd, events.address(), maxevents, EpollWait.millis(timeoutNanos));
    }

    /**
     * {@code poll} of any descriptor, without waiting.
     *
     * @param fd the descriptor
     * @param events {@code EPOLL} bits
     * @return the bits that hold, 0 where the call fails
     */
    public int poll(int fd, int events) {
        return calls.poll(fd, events);
    }

    /**
     * Signals the eventfd, which ends a wait.
     *
     * @throws ClosedKqueueException if the instance is closed
     * @throws IOException if the call fails
     */
    public synchronized void wake() throws IOException {
        if (closed) {
            throw new ClosedKqueueException();
        }
        calls.signal(eventfd);
    }

    /**
     * Replaces the epoll instance by a new one with the same items under the same number. This removes an item
     * whose descriptor was closed while its file lives on: only the closed number could take it out. If it fails,
     * nothing changes. No other thread may be waiting.
     *
     * @param events by descriptor, the {@code EPOLL} bits of its item; 0 for one without
     */
    public synchronized void renew(int[] events) {
        if (closed) {
            return;
        }
        try {
            int fresh = calls.create();
            try {
                if (addAll(fresh, events)) {
                    // One that fails changes nothing.
                    EpollLibrary.dup3(fresh, epfd, EpollLibrary.EPOLL_CLOEXEC);
                }
            } finally {
                calls.close(fresh);
            }
        } catch (IOException | LinkageError e) {
            // Without a free descriptor, or without JNA, the item stays. Its events are ignored.
            return;
        }
    }

    private boolean addAll(int fresh, int[] events) {
        int errno = calls.ctl(fresh, EPOLL_CTL_ADD, eventfd, eventfdEvents);
        for (int fd = 0; fd < events.length && (errno == 0 || errno == Errno.EBADF); fd++) {
            errno = events[fd] == 0 ? 0 : calls.ctl(fresh, EPOLL_CTL_ADD, fd, events[fd]);
        }
        return errno == 0 || errno == Errno.EBADF;
    }

    /**
     * Closes both descriptors. A second call does nothing.
     *
     * @throws IOException if a call fails; the descriptors are gone all the same
     */
    public synchronized void close() throws IOException {
        if (!closed) {
            closed = true;
            IOException failure = close(calls, epfd, eventfd);
            if (failure != null) {
                throw failure;
            }
        }
    }
}
