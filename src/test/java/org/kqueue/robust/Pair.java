package org.kqueue.robust;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;

/** Two ends of a TCP connection over loopback, ours non-blocking, the peer's blocking. */
public record Pair(SocketChannel ours, SocketChannel peer) implements AutoCloseable {

    /** Opens a pair with channels of a provider. */
    public static Pair open(SelectorProvider provider) throws IOException {
        try (ServerSocketChannel listener = provider.openServerSocketChannel()) {
            listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            SocketChannel ours = provider.openSocketChannel();
            ours.connect(listener.getLocalAddress());
            SocketChannel peer = listener.accept();
            ours.configureBlocking(false);
            return new Pair(ours, peer);
        }
    }

    /** Registers our end, with the pair attached. */
    public SelectionKey register(Selector selector, int ops) throws IOException {
        return ours.register(selector, ops, this);
    }

    @Override
    public void close() throws IOException {
        ours.close();
        peer.close();
    }
}
