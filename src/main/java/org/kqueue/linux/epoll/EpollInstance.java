package org.kqueue.linux.epoll;

import static org.kqueue.linux.epoll.EpollCalls.EPOLLET;
import static org.kqueue.linux.epoll.EpollCalls.EPOLLIN;
import static org.kqueue.linux.epoll.EpollCalls.EPOLL_CTL_ADD;
import static org.kqueue.linux.epoll.EpollCalls.EPOLL_CTL_MOD;

import java.io.IOException;
import org.kqueue.ClosedKqueueException;
import org.kqueue.Errno;
import org.kqueue.KeventException;

/**
 * An epoll instance with an eventfd in it, by which any thread ends a wait. The eventfd is edge triggered and never
 * read: each write to it is an event. Thread-safe, but for {@link #await}, which is as safe as its array.
 */
public final class EpollInstance {

    private final EpollCalls calls;
    private final int epfd;
    private final int eventfd;
    // guarded by this: a closed number may be another file's
    private boolean closed;

    private EpollInstance(EpollCalls calls, int epfd, int eventfd) {
        this.calls = calls;
        this.epfd = epfd;
        this.eventfd = eventfd;
    }

    /**
     * Opens both descriptors, or none.
     *
     * @param calls by which
     * @return a new instance, to be closed
     * @throws IOException if the system refuses
     */
    public static EpollInstance open(EpollCalls calls) throws IOException {
        int epfd = calls.create();
        int eventfd = -1;
        boolean done = false;
        try {
            eventfd = calls.eventfd();
            requireSuccess(calls.ctl(epfd, EPOLL_CTL_ADD, eventfd, EPOLLIN | EPOLLET), epfd);
            done = true;
            return new EpollInstance(calls, epfd, eventfd);
        } finally {
            if (!done) {
                close(calls, epfd, eventfd);
            }
        }
    }

    private static void requireSuccess(int errno, int epfd) throws KeventException {
        if (errno != 0) {
            throw new KeventException("epoll_ctl", epfd, errno, Errno.name(errno, Errno.Numbering.LINUX), null);
        }
    }

    /** Closes both, whatever happens to the first. Returns the first error or null. */
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

    /**
     * The epoll instance's descriptor.
     *
     * @return its number
     */
    public int epfd() {
        return epfd;
    }

    /**
     * The descriptor that events of {@link #wake} carry.
     *
     * @return the eventfd's number
     */
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
     * @return the number of events, or the negative errno. May return 0 before a long time is over
     */
    public int await(EventArray events, int maxevents, long timeoutNanos) {
        return calls.await(epfd, events.address(), maxevents, EpollWait.millis(timeoutNanos));
    }

    /**
     * {@code poll} of any descriptor, without waiting.
     *
     * @param fd the descriptor
     * @param events {@code EPOLL} bits
     * @return those that are so, 0 where the call fails
     */
    public int poll(int fd, int events) {
        return calls.poll(fd, events);
    }

    /**
     * Makes an event of the eventfd.
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
     * Ends every wait, those under way and those to come: the eventfd becomes level triggered and has a count for ever.
     *
     * @throws IOException if a call fails, or the instance is closed
     */
    public synchronized void interrupt() throws IOException {
        wake();
        requireSuccess(calls.ctl(epfd, EPOLL_CTL_MOD, eventfd, EPOLLIN), epfd);
    }

    /** What an epoll instance holds, for another one that takes its place. */
    public interface Items {

        /**
         * Adds all items.
         *
         * @param calls by which
         * @param epfd the other epoll instance
         * @return whether all are in
         */
        boolean addTo(EpollCalls calls, int epfd);
    }

    /**
     * Replaces the epoll instance by a new one with the same items under the same number. This gets rid of an item
     * whose descriptor was closed while its file lives on: only the closed number could take it out. If it fails, all
     * stays as it is. No other thread may be waiting.
     *
     * @param items what the new instance gets, beside the eventfd
     */
    public synchronized void renew(Items items) {
        if (closed) {
            return;
        }
        try {
            int fresh = calls.create();
            try {
                if (calls.ctl(fresh, EPOLL_CTL_ADD, eventfd, EPOLLIN | EPOLLET) == 0 && items.addTo(calls, fresh)) {
                    EpollLibrary.dup3(fresh, epfd, EpollLibrary.EPOLL_CLOEXEC);
                }
            } finally {
                calls.close(fresh);
            }
        } catch (IOException | LinkageError e) {
            // Without descriptors, or without JNA, the events of the lost item go on; they are only passed over.
            return;
        }
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
