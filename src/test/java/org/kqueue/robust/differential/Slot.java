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
     * Operations that Linux's poll reports, and so the JDK's selector, and kqueue does not. A stream that was never
     * connected and a listener that is not bound are hung up for poll, so their keys are ready for all they ask for.
     * After an error or a hang-up a connected stream is ready for OP_CONNECT.
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

    /** Whether the JDK's select returns 0 at once every time, because poll reports something that is no operation. */
    boolean makesOracleSpin(int interest) {
        return channel instanceof SocketChannel stream && stream.isConnectionPending() && interest != 0
                && (interest & SelectionKey.OP_CONNECT) == 0;
    }
}
