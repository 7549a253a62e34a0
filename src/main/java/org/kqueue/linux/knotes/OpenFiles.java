package org.kqueue.linux.knotes;

import java.util.BitSet;
import org.kqueue.KeventException;

/** Descriptors that are closed together in the end, or one by one before. Thread-safe. */
final class OpenFiles {

    private final LinuxCalls calls;
    private final BitSet open = new BitSet();

    OpenFiles(LinuxCalls calls) {
        this.calls = calls;
    }

    synchronized int own(int fd) {
        open.set(fd);
        return fd;
    }

    synchronized void close(int fd) {
        open.clear(fd);
        try {
            calls.close(fd);
        } catch (KeventException e) {
            // Linux has freed the number all the same, and none of these files has data to lose.
            return;
        }
    }

    /** A second call does nothing. */
    synchronized void closeAll() {
        for (int fd = open.nextSetBit(0); fd >= 0; fd = open.nextSetBit(fd + 1)) {
            close(fd);
        }
    }
}
