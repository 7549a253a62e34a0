package org.kqueue.bsd;

/**
 * The C functions that a kqueue needs beside {@code kevent}, by their C names and the same on every system: addresses
 * and {@code size_t} as {@code long} (64-bit systems only). Each returns -1 on failure, with the reason in {@code
 * errno}. Thread-safe, as the functions are.
 */
interface KqueueLibrary {

    int kqueue();

    int close(int fd);

    /** @param fds the address of {@code int[2]}: the read end, the write end */
    int pipe(long fds);

    long read(int fd, long buffer, long count);

    long write(int fd, long buffer, long count);
}
