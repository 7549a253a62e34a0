package org.kqueue.robust.differential;

import java.io.IOException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/** A channel of a program and whether it is of the UNIX domain. */
record Slot(SelectableChannel channel, boolean unix) {

    private static final int ALL = ~0;

    /**
     * Operations of which Linux's poll, and so the oracle, says what no kqueue does. It calls a stream hung up that has
     * no peer and asked for none, or a listener that does not listen, so that a key of it is ready for all that it asks
     * for; and with an error or a hang-up it makes a connected stream ready for OP_CONNECT.
     */
    int notOnKqueue() {
        if (!channel.isOpen()) {
            return 0;
        }
        if (channel instanceof SocketChannel stream) {
            return stream.isConnected() ? SelectionKey.OP_CONNECT : stream.isConnectionPending() ? 0 : ALL;
        }
        return channel instanceof ServerSocketChannel listener && !isBound(listener) ? ALL : 0;
    }

    private static boolean isBound(ServerSocketChannel listener) {
        try {
            return listener.getLocalAddress() != null;
        } catch (IOException closedMeanwhile) {
            return true;
        }
    }

    /** Whether the oracle returns again and again with nothing: the event of a filter makes no operation ready. */
    boolean makesOracleSpin(int interest) {
        return channel instanceof SocketChannel stream && stream.isConnectionPending() && interest != 0
                && (interest & SelectionKey.OP_CONNECT) == 0;
    }
}
