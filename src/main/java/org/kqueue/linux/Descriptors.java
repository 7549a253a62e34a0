package org.kqueue.linux;

import com.sun.jna.Native;
import org.kqueue.EventList;

/** The knotes on descriptors and their items in the kqueue's epoll instance. Guarded by the kqueue's lock. */
abstract class Descriptors {

    /** A result of {@link #event}: the knote was delivered by this scan before, so the scan has seen all there is. */
    static final int SEEN = -1;

    /** A result of {@link #change}: the descriptor is of a file, which epoll does not take. */
    static final int IS_FILE = -1;

    final int kqfd;
    /** How many knotes were queued, ever, as far as a kqueue that watches this one has to know. */
    long enqueued;

    Descriptors(int kqfd) {
        this.kqfd = kqfd;
    }

    /** Applies a change. Returns 0, the errno, or {@link #IS_FILE}. */
    abstract int change(Memory memory, Change change);

    /**
     * Tells epoll what the last changes have left to tell it.
     *
     * @param next what comes next is a change of this descriptor; -1 if none is
     * @return 0, or the errno of the last change
     */
    abstract int flush(Memory memory, long next);

    /** How many events to ask epoll for, where there is room for {@code room} kevents. */
    abstract int ask(int room);

    /** The room that so many of epoll's events need. */
    abstract int room(int epollEvents);

    /**
     * Turns epoll's event into kevents.
     *
     * @param room the kevents there is room for
     * @return the number appended, or {@link #SEEN}
     */
    abstract int event(Memory memory, long token, int ready, EventList events, int room, long scan);

    /** A descriptor is about to be closed, and its knotes with it. */
    void forget(long ident) {
        // Whoever sees each close needs no telling.
    }

    /** How many knotes a scan has delivered and left in the queue. */
    int kept(long scan) {
        return 0;
    }

    /** An event of epoll's that was fetched and is not wanted now: it goes to the tail of epoll's list. */
    void putBack(Memory memory, long token) {
    }

    /** Whether epoll goes on reporting items that nothing can remove. Asked once: the next answer counts anew. */
    boolean isHaunted() {
        return false;
    }

    /** Registers all that {@link #kqfd} has to report with another epoll instance. Returns whether all are in. */
    boolean copyTo(Memory memory, int epfd) {
        return false;
    }

    /** How many knotes are queued, as far as can be told, for a kqueue that watches this one. */
    abstract int ready(Memory memory);

    /** A scan has ended; {@code all}: it has seen all that was ready. */
    void scanned(Memory memory, long scan, boolean all) {
    }

    /** {@code epoll_ctl} on the kqueue. Returns 0 or the errno. */
    final int control(Memory memory, int operation, int fd, int mask, long token) {
        return EpollLibrary.epoll_ctl(kqfd, operation, fd, memory.event(mask, token)) == 0 ? 0 : Native.getLastError();
    }
}
