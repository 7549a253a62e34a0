package org.kqueue.robust;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;

/** Two ends of a TCP connection over loopback, the near one non-blocking, the far one blocking. */
public record Pair(SocketChannel near, SocketChannel far) implements AutoCloseable {

    /** Opens a pair with channels of a provider. */
    public static Pair open(SelectorProvider provider) throws IOException {
        try (ServerSocketChannel listener = provider.openServerSocketChannel()) {
            listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            SocketChannel near = provider.openSocketChannel();
            near.connect(listener.getLocalAddress());
            SocketChannel far = listener.accept();
            near.configureBlocking(false);
            return new Pair(near, far);
        }
    }

    /** Registers the near end, with the pair attached. */
    public SelectionKey register(Selector selector, int ops) throws IOException {
        return near.register(selector, ops, this);
    }

    @Override
    public void close() throws IOException {
        near.close();
        far.close();
    }
}
