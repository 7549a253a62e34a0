package org.kqueue.bsd;

/**
 * The C functions that a kqueue needs, by their C names: addresses and {@code size_t} as {@code long} (64-bit systems
 * only). Each returns -1 on failure, with the reason in {@code errno}. Thread-safe, as the functions are.
 */
interface KqueueLibrary {

    int kqueue();

    /**
     * {@code kevent(2)}.
     *
     * @param timeout the address of a {@code struct timespec}, 0 to wait without end
     */
    int kevent(int kq, long changelist, int nchanges, long eventlist, int nevents, long timeout);

    int close(int fd);

    /** @param fds the address of {@code int[2]}: the read end, the write end */
    int pipe(long fds);

    long read(int fd, long buffer, long count);

    long write(int fd, long buffer, long count);
}
