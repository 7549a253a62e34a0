package org.kqueue.nio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.kqueue.nio.channels.UserEventChannel;
import org.kqueue.nio.jdk.JdkProvider;
import org.kqueue.robust.OpenDescriptors;

/** What a key tells of its channel without reading from it. */
@Timeout(value = 1, unit = TimeUnit.MINUTES)
class KeyConditionTest {

    private final SelectorProvider provider = new KqueueSelectorProvider();
    private Selector selector;
    private ServerSocketChannel listener;
    private SocketChannel client;
    private SocketChannel server;

    @BeforeEach
    void connect() throws IOException {
        selector = provider.openSelector();
        listener = provider.openServerSocketChannel();
        listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        client = connectClient();
        server = listener.accept();
    }

    @AfterEach
    void close() throws IOException {
        client.close();
        server.close();
        listener.close();
        selector.close();
    }

    private SocketChannel connectClient() throws IOException {
        SocketChannel channel = provider.openSocketChannel();
        channel.connect(listener.getLocalAddress());
        return channel;
    }

    private SelectionKey register(SelectableChannel channel, int ops) throws IOException {
        channel.configureBlocking(false);
        return channel.register(selector, ops);
    }

    private void awaitReady(SelectionKey key) throws IOException {
        while (!selector.selectedKeys().remove(key)) {
            selector.select();
        }
    }

    @Test
    void tellsBytesToRead() throws Exception {
        SelectionKey key = register(server, SelectionKey.OP_READ);
        assertEquals(0, KqueueSelectors.condition(key).readableBytes());
        client.write(ByteBuffer.allocate(1234));
        awaitReady(key);
        assertEquals(1234, KqueueSelectors.condition(key).readableBytes());
        server.read(ByteBuffer.allocate(1000));
        assertEquals(234, KqueueSelectors.condition(key).readableBytes());
        assertFalse(KqueueSelectors.condition(key).isEndOfStream());
        server.read(ByteBuffer.allocate(1000));
        assertEquals(0, KqueueSelectors.condition(key).readableBytes());
    }

    @Test
    void tellsEndOfStreamBesideTheBytesBeforeIt() throws Exception {
        SelectionKey key = register(server, SelectionKey.OP_READ);
        client.write(ByteBuffer.allocate(5));
        client.shutdownOutput();
        awaitReady(key);
        while (!KqueueSelectors.condition(key).isEndOfStream()) {
            Thread.onSpinWait();
        }
        assertEquals(5, KqueueSelectors.condition(key).readableBytes());
        assertNull(KqueueSelectors.condition(key).pendingError());
        server.read(ByteBuffer.allocate(5));
        assertTrue(KqueueSelectors.condition(key).isEndOfStream());
        assertEquals(0, KqueueSelectors.condition(key).readableBytes());
    }

    @Test
    void tellsPendingErrorWithoutTakingIt() throws Exception {
        SelectionKey key = register(server, SelectionKey.OP_READ);
        client.setOption(StandardSocketOptions.SO_LINGER, 0);
        client.close();
        awaitReady(key);
        assertEquals("ECONNRESET", KqueueSelectors.condition(key).pendingError());
        assertEquals("ECONNRESET", KqueueSelectors.condition(key).pendingError());
        assertThrows(IOException.class, () -> server.read(ByteBuffer.allocate(1)));
    }

    @Test
    void tellsFreeSpaceToWrite() throws Exception {
        SelectionKey key = register(server, SelectionKey.OP_WRITE);
        long space = KqueueSelectors.condition(key).writableBytes();
        assertTrue(space > 0);
        ByteBuffer megabyte = ByteBuffer.allocate(1 << 20);
        while (server.write(megabyte.clear()) > 0) {
            Thread.onSpinWait();
        }
        assertTrue(KqueueSelectors.condition(key).writableBytes() < space);
    }

    @Test
    void tellsConnectionsThatWait() throws Exception {
        SelectionKey key = register(listener, SelectionKey.OP_ACCEPT);
        assertEquals(0, KqueueSelectors.condition(key).waitingConnections());
        try (SocketChannel one = connectClient(); SocketChannel two = connectClient()) {
            awaitReady(key);
            // A connect may return before the listener has the connection.
            while (KqueueSelectors.condition(key).waitingConnections() < 2) {
                Thread.onSpinWait();
            }
            assertEquals(2, KqueueSelectors.condition(key).waitingConnections());
            listener.accept().close();
            assertEquals(1, KqueueSelectors.condition(key).waitingConnections());
            assertTrue(one.isConnected() && two.isConnected());
        }
        assertEquals(0, KqueueSelectors.condition(key).readableBytes());
        assertEquals(0, KqueueSelectors.condition(register(server, SelectionKey.OP_READ)).waitingConnections());
    }

    @Test
    void tellsEventsOfAnEventChannel() throws Exception {
        try (UserEventChannel<String> channel = UserEventChannel.open()) {
            SelectionKey key = register(channel, SelectionKey.OP_READ);
            assertEquals(0, KqueueSelectors.condition(key).readableBytes());
            channel.publish("event");
            assertEquals(1, KqueueSelectors.condition(key).readableBytes());
        }
    }

    @Test
    void refusesKeysOfOtherSelectors() throws Exception {
        server.configureBlocking(false);
        try (Selector jdk = JdkProvider.get().openSelector()) {
            SelectionKey key = server.register(jdk, SelectionKey.OP_READ);
            assertThrows(IllegalArgumentException.class, () -> KqueueSelectors.condition(key));
        }
    }

    @Test
    void leavesTheSelectorAlone() throws Exception {
        SelectionKey key = register(server, SelectionKey.OP_READ);
        client.write(ByteBuffer.allocate(1));
        awaitReady(key);
        key.interestOps(0);
        KqueueSelectors.condition(key).readableBytes();
        assertEquals(0, selector.selectNow());
        key.interestOps(SelectionKey.OP_READ);
        KqueueSelectors.condition(key).readableBytes();
        assertEquals(1, selector.selectNow());
    }

    @Test
    void needsValidKeyAndLeavesNothingOpen() throws Exception {
        int before = OpenDescriptors.count();
        try (Selector other = provider.openSelector()) {
            server.configureBlocking(false);
            SelectionKey key = server.register(other, SelectionKey.OP_READ);
            KqueueSelectors.condition(key).readableBytes();
            key.cancel();
            assertThrows(CancelledKeyException.class, () -> KqueueSelectors.condition(key));
        }
        OpenDescriptors.assertComesDownTo(before);
    }
}
