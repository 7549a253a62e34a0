package org.kqueue.nio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.kqueue.nio.channels.UserEventChannel;

/** What a key tells of its channel without reading from it. */
@Timeout(value = 1, unit = TimeUnit.MINUTES)
class KeyConditionTest {

    private final SelectorProvider provider = new KqueueSelectorProvider();
    private KqueueSelector selector;
    private ServerSocketChannel listener;
    private SocketChannel client;
    private SocketChannel server;

    @BeforeEach
    void connect() throws IOException {
        selector = (KqueueSelector) provider.openSelector();
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

    private KqueueSelectionKey register(SelectableChannel channel, int ops) throws IOException {
        channel.configureBlocking(false);
        return (KqueueSelectionKey) channel.register(selector, ops);
    }

    private void awaitReady(SelectionKey key) throws IOException {
        while (!selector.selectedKeys().remove(key)) {
            selector.select();
        }
    }

    @Test
    void tellsBytesToRead() throws Exception {
        KqueueSelectionKey key = register(server, SelectionKey.OP_READ);
        assertEquals(0, key.readableBytes());
        client.write(ByteBuffer.allocate(1234));
        awaitReady(key);
        assertEquals(1234, key.readableBytes());
        server.read(ByteBuffer.allocate(1000));
        assertEquals(234, key.readableBytes());
        assertFalse(key.isEndOfStream());
        server.read(ByteBuffer.allocate(1000));
        assertEquals(0, key.readableBytes());
    }

    @Test
    void tellsEndOfStreamBesideTheBytesBeforeIt() throws Exception {
        KqueueSelectionKey key = register(server, SelectionKey.OP_READ);
        client.write(ByteBuffer.allocate(5));
        client.shutdownOutput();
        awaitReady(key);
        while (!key.isEndOfStream()) {
            Thread.onSpinWait();
        }
        assertEquals(5, key.readableBytes());
        assertNull(key.pendingError());
        server.read(ByteBuffer.allocate(5));
        assertTrue(key.isEndOfStream());
        assertEquals(0, key.readableBytes());
    }

    @Test
    void tellsPendingErrorWithoutTakingIt() throws Exception {
        KqueueSelectionKey key = register(server, SelectionKey.OP_READ);
        client.setOption(StandardSocketOptions.SO_LINGER, 0);
        client.close();
        awaitReady(key);
        assertEquals("ECONNRESET", key.pendingError());
        assertEquals("ECONNRESET", key.pendingError());
        assertThrows(IOException.class, () -> server.read(ByteBuffer.allocate(1)));
    }

    @Test
    void tellsFreeSpaceToWrite() throws Exception {
        KqueueSelectionKey key = register(server, SelectionKey.OP_WRITE);
        long space = key.writableBytes();
        assertTrue(space > 0);
        ByteBuffer megabyte = ByteBuffer.allocate(1 << 20);
        while (server.write(megabyte.clear()) > 0) {
            Thread.onSpinWait();
        }
        assertTrue(key.writableBytes() < space);
    }

    @Test
    void tellsConnectionsThatWait() throws Exception {
        KqueueSelectionKey key = register(listener, SelectionKey.OP_ACCEPT);
        assertEquals(0, key.waitingConnections());
        try (SocketChannel one = connectClient(); SocketChannel two = connectClient()) {
            awaitReady(key);
            assertEquals(2, key.waitingConnections());
            listener.accept().close();
            assertEquals(1, key.waitingConnections());
            assertTrue(one.isConnected() && two.isConnected());
        }
        assertThrows(IllegalStateException.class, key::readableBytes);
        assertThrows(IllegalStateException.class, () -> register(server, SelectionKey.OP_READ).waitingConnections());
    }

    @Test
    void tellsEventsOfAnEventChannel() throws Exception {
        try (UserEventChannel<String> channel = UserEventChannel.open()) {
            KqueueSelectionKey key = register(channel, SelectionKey.OP_READ);
            assertEquals(0, key.readableBytes());
            channel.publish("event");
            assertEquals(1, key.readableBytes());
        }
    }

    @Test
    void leavesTheSelectorAlone() throws Exception {
        KqueueSelectionKey key = register(server, SelectionKey.OP_READ);
        client.write(ByteBuffer.allocate(1));
        awaitReady(key);
        key.interestOps(0);
        key.readableBytes();
        assertEquals(0, selector.selectNow());
        key.interestOps(SelectionKey.OP_READ);
        key.readableBytes();
        assertEquals(1, selector.selectNow());
    }

    @Test
    void needsValidKeyAndLeavesNothingOpen() throws Exception {
        int before = new File("/proc/self/fd").list().length;
        try (KqueueSelector other = (KqueueSelector) provider.openSelector()) {
            server.configureBlocking(false);
            KqueueSelectionKey key = (KqueueSelectionKey) server.register(other, SelectionKey.OP_READ);
            key.readableBytes();
            key.cancel();
            assertThrows(CancelledKeyException.class, key::readableBytes);
            assertThrows(CancelledKeyException.class, key::isEndOfStream);
        }
        assertEquals(before, new File("/proc/self/fd").list().length);
    }
}
