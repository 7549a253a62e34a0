package org.kqueue.linux.epoll;

import java.util.BitSet;

/** Descriptors that are closed together in the end, or one by one before. Thread-safe. */
public final class OpenFiles {

    private final BitSet open = new BitSet();

    /** Nothing is open yet. */
    public OpenFiles() {
    }

    /**
     * Takes a descriptor over.
     *
     * @param fd its number, or an error (-1), which is passed through
     * @return the number
     */
    public synchronized int own(int fd) {
        if (fd >= 0) {
            open.set(fd);
        }
        return fd;
    }

    /**
     * Closes one.
     *
     * @param fd its number
     */
    public synchronized void close(int fd) {
        open.clear(fd);
        // Linux frees the number even where close reports an error, and none of these files has data to lose.
        EpollLibrary.close(fd);
    }

    /** Closes all. A second call does nothing. */
    public synchronized void closeAll() {
        for (int fd = open.nextSetBit(0); fd >= 0; fd = open.nextSetBit(fd + 1)) {
            close(fd);
        }
    }
}
