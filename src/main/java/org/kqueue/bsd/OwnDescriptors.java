package org.kqueue.bsd;

import java.util.ArrayList;
import java.util.List;

/**
 * What a kqueue has open. Apart from the kqueue, which it must not keep reachable, so that one never closed gives it
 * back.
 */
final class OwnDescriptors {

    private final SystemLibrary library;
    // guarded by this
    private final List<Integer> open = new ArrayList<>();

    OwnDescriptors(SystemLibrary library, int kqfd) {
        this.library = library;
        open.add(kqfd);
    }

    synchronized void add(int... fds) {
        for (int fd : fds) {
            open.add(fd);
        }
    }

    /** Closes one, once. Returns 0 or the errno. */
    synchronized int close(int fd) {
        return open.remove((Integer) fd) ? library.close(fd) : 0;
    }

    /** Closes all that is open. Returns 0 or the last errno. */
    synchronized int closeAll() {
        int errno = 0;
        for (int fd : open) {
            int result = library.close(fd);
            errno = result != 0 ? result : errno;
        }
        open.clear();
        return errno;
    }
}
