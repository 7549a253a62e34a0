package org.kqueue.linux;

import java.util.BitSet;

/**
 * The descriptors a kqueue has open. Closes those that are left when the kqueue is closed, or collected without.
 * Thread-safe.
 */
final class OpenFiles implements Runnable {

    private final BitSet open = new BitSet();

    /** Takes a descriptor over; passes errors (-1) through. */
    synchronized int own(int fd) {
        if (fd >= 0) {
            open.set(fd);
        }
        return fd;
    }

    synchronized void close(int fd) {
        open.clear(fd);
        // Linux frees the number even where close reports an error, and none of these files has data to lose.
        EpollLibrary.close(fd);
    }

    /** Closes all. A second run does nothing. */
    @Override
    public synchronized void run() {
        for (int fd = open.nextSetBit(0); fd >= 0; fd = open.nextSetBit(fd + 1)) {
            close(fd);
        }
    }
}
