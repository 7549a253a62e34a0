package org.kqueue.nio;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Sockets that are shut in both directions, which Linux's epoll reports as those that were never connected. */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ShutSocketTest {

    @ParameterizedTest(name = "{0}")
    @MethodSource("org.kqueue.nio.Providers#all")
    void writeIsReadyOnASocketShutInBothDirections(SelectorProvider provider) throws Exception {
        try (Selector selector = provider.openSelector();
                ServerSocketChannel server = provider.openServerSocketChannel()) {
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            try (SocketChannel client = provider.openSocketChannel()) {
                client.connect(server.getLocalAddress());
                try (SocketChannel peer = server.accept()) {
                    peer.shutdownOutput();
                    client.shutdownOutput();
                    assertEquals(-1, client.read(ByteBuffer.allocate(1)));
                    assertEquals(-1, peer.read(ByteBuffer.allocate(1)));
                    client.configureBlocking(false);
                    SelectionKey key = client.register(selector, SelectionKey.OP_WRITE);
                    assertEquals(1, selector.select(10_000));
                    assertEquals(SelectionKey.OP_WRITE, key.readyOps());
                }
            }
        }
    }
}
