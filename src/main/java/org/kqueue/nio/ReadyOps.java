package org.kqueue.nio;

import static java.nio.channels.SelectionKey.OP_ACCEPT;
import static java.nio.channels.SelectionKey.OP_CONNECT;
import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;

import org.kqueue.KeventFlags;

/**
 * Between the operations of java.nio and the two filters of a descriptor. Pure functions.
 *
 * <p>Four operations share two filters, so the state of the channel decides what an event means, by the same rules as
 * the JDK's channels translate what {@code poll} returns.
 */
final class ReadyOps {

    /** The bit that stands for {@code EVFILT_READ} in a set of filters. */
    static final int READ = 1;
    /** The bit that stands for {@code EVFILT_WRITE} in a set of filters. */
    static final int WRITE = 2;

    /** What is known of a channel when an event comes. */
    enum State {
        /** Connected, listening, or a channel that is usable from the start. */
        OPEN,
        /** A connection is pending. */
        CONNECTING,
        /** Not connected, or not bound. */
        IDLE,
        /** A channel whose state no public API tells, such as SCTP's. */
        UNKNOWN
    }

    private ReadyOps() {
    }

    /** The filters that watch for a set of operations. */
    static int filters(int ops) {
        return ((ops & (OP_READ | OP_ACCEPT)) != 0 ? READ : 0) | ((ops & (OP_WRITE | OP_CONNECT)) != 0 ? WRITE : 0);
    }

    /**
     * The operations that an event makes ready.
     *
     * @param state of the channel
     * @param filter {@link #READ} or {@link #WRITE}
     * @param flags of the event
     * @param fflags of the event; beside {@code EV_EOF} the socket's error
     * @param interest the key's interest set
     * @return a subset of interest; 0 where the event says nothing that was asked for
     */
    static int ready(State state, int filter, int flags, int fflags, int interest) {
        boolean eof = (flags & KeventFlags.EV_EOF) != 0;
        if (eof && (fflags != 0 || state == State.CONNECTING)) {
            // What poll calls POLLERR or POLLHUP: whatever is tried next reports it. Without it a refused connection
            // whose key asks for OP_READ alone would be ready for nothing, and its filter fire for ever. Not so the end
            // of a socket that was never connected, which libraries over epoll tell of and no kernel does.
            return interest;
        }
        return (filter == READ ? readOps(state) : writeOps(state)) & interest;
    }

    private static int readOps(State state) {
        return state == State.OPEN || state == State.UNKNOWN ? OP_READ | OP_ACCEPT : 0;
    }

    private static int writeOps(State state) {
        return switch (state) {
            case OPEN -> OP_WRITE;
            case CONNECTING -> OP_CONNECT;
            case IDLE -> 0;
            case UNKNOWN -> OP_WRITE | OP_CONNECT;
        };
    }
}
