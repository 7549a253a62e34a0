package org.kqueue.linux.epoll;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * The calls that a kqueue for selectors needs, with the header's numbers. All are thread-safe.
 *
 * <p>epoll's user data of a descriptor is its number, an {@code int} at the beginning of {@code epoll_data_t}.
 */
public interface EpollCalls {

    /** {@code EPOLL_CTL_ADD}. */
    int EPOLL_CTL_ADD = 1;
    /** {@code EPOLL_CTL_DEL}. */
    int EPOLL_CTL_DEL = 2;
    /** {@code EPOLL_CTL_MOD}. */
    int EPOLL_CTL_MOD = 3;
    /** {@code EPOLLIN}. */
    int EPOLLIN = 0x1;
    /** {@code EPOLLOUT}. */
    int EPOLLOUT = 0x4;
    /** {@code EPOLLERR}; reported unasked. */
    int EPOLLERR = 0x8;
    /** {@code EPOLLHUP}; reported unasked. */
    int EPOLLHUP = 0x10;
    /** {@code EPOLLRDHUP}. */
    int EPOLLRDHUP = 0x2000;
    /** {@code EPOLLONESHOT}. */
    int EPOLLONESHOT = 1 << 30;
    /** {@code EPOLLET}. */
    int EPOLLET = 1 << 31;

    /**
     * {@code epoll_create1}. The descriptor is close-on-exec.
     *
     * @return an epoll instance
     * @throws IOException if the system refuses
     */
    int create() throws IOException;

    /**
     * {@code epoll_ctl}.
     *
     * @param epfd the epoll instance
     * @param op one of {@code EPOLL_CTL_}
     * @param fd the descriptor, and the user data of its events
     * @param events {@code EPOLL} bits
     * @return 0 or the errno
     */
    int ctl(int epfd, int op, int fd, int events);

    /**
     * {@code epoll_wait}.
     *
     * @param epfd the epoll instance
     * @param events the address of {@code struct epoll_event[maxevents]}
     * @param maxevents 1 or more
     * @param timeoutMillis 0 polls, -1 waits without end
     * @return the number of events, or the negative errno
     */
    int await(int epfd, long events, int maxevents, int timeoutMillis);

    /**
     * {@code poll} of one descriptor, without waiting.
     *
     * @param fd the descriptor
     * @param events {@code EPOLL} bits; those of {@code POLL} are the same
     * @return {@code revents}, 0 where the call fails
     */
    int poll(int fd, int events);

    /**
     * {@code eventfd}. It may be blocking or not: a kqueue for selectors never reads it.
     *
     * @return an eventfd with a count of 0
     * @throws IOException if the system refuses
     */
    int eventfd() throws IOException;

    /**
     * {@code write} of 1 to an eventfd.
     *
     * @param eventfd the eventfd
     * @throws IOException if the call fails
     */
    void signal(int eventfd) throws IOException;

    /**
     * {@code close}. Linux frees the number even where it reports an error.
     *
     * @param fd the descriptor
     * @throws IOException if the call fails
     */
    void close(int fd) throws IOException;

    /**
     * The address of a buffer.
     *
     * @param direct a direct buffer, which must stay reachable while the address is in use
     * @return the address of its first byte
     */
    long address(ByteBuffer direct);
}
