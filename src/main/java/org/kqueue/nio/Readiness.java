package org.kqueue.nio;

import static org.kqueue.KeventFlags.EV_EOF;

import sun.nio.ch.Net;

/**
 * Translates between the bits of {@code poll(2)}, in which the JDK's channels speak, and kqueue's filters and flags.
 * Pure functions.
 */
final class Readiness {

    /** The bit that stands for {@code EVFILT_READ} in a set of filters. */
    static final int READ = 1;
    /** The bit that stands for {@code EVFILT_WRITE} in a set of filters. */
    static final int WRITE = 2;

    private Readiness() {
    }

    /**
     * The filters that report these poll bits.
     *
     * @param pollBits what a channel waits for, or what was reported
     * @return a set of {@link #READ} and {@link #WRITE}
     */
    static int filters(int pollBits) {
        return ((pollBits & Net.POLLIN) != 0 ? READ : 0) | ((pollBits & Net.POLLOUT) != 0 ? WRITE : 0);
    }

    /**
     * The poll bits that an event stands for. POLLERR, for which a channel makes all its interest ready, stands for a
     * connection that was refused. {@code EV_EOF} of READ is not enough for that: the peer may have accepted and closed
     * it.
     *
     * @param filter {@link #READ} or {@link #WRITE}
     * @param flags of the event
     * @param fflags of the event; the socket's error where {@code EV_EOF} is set
     * @param isConnectionPending whether the channel has a connection pending, which can be refused
     * @return a set of POLLIN, POLLOUT and POLLERR
     */
    static int pollBits(int filter, int flags, int fflags, boolean isConnectionPending) {
        int bits = filter == READ ? Net.POLLIN : Net.POLLOUT;
        boolean refused = isConnectionPending && (flags & EV_EOF) != 0 && (fflags != 0 || filter == WRITE);
        return refused ? bits | Net.POLLERR : bits;
    }
}
