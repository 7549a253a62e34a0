package org.kqueue.robust.registration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.spi.SelectorProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * {@code DatagramChannel.disconnect()} on macOS and the BSDs replaces the socket of a channel that is bound to an
 * address, under the same descriptor. The key must stay, and be ready for what the new socket receives. The JDK does
 * this in {@code repairSocket}, which is called by reflection, so that it is tested on Linux too.
 */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@ParameterizedClass(name = "{0}")
@MethodSource("org.kqueue.nio.Providers#ours")
class DisconnectTest {

    private static final long DEADLINE_MILLIS = 5_000;

    @Parameter
    SelectorProvider provider;

    private Selector selector;
    private DatagramChannel channel;
    private DatagramChannel peer;

    @BeforeEach
    void open() throws IOException {
        selector = provider.openSelector();
        channel = provider.openDatagramChannel(StandardProtocolFamily.INET);
        channel.bind(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0));
        channel.configureBlocking(false);
        peer = provider.openDatagramChannel(StandardProtocolFamily.INET);
        peer.bind(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0));
    }

    @AfterEach
    void close() throws IOException {
        channel.close();
        peer.close();
        selector.close();
    }

    @Test
    void keyIsReadyForWhatTheNewSocketReceives() throws Exception {
        SelectionKey key = channel.register(selector, SelectionKey.OP_READ);
        assertEquals(0, selector.selectNow());
        replaceSocket();
        assertSame(key, channel.keyFor(selector));
        assertTrue(key.isValid());
        peer.send(ByteBuffer.allocate(3), channel.getLocalAddress());
        assertEquals(1, selector.select(DEADLINE_MILLIS));
        assertEquals(SelectionKey.OP_READ, key.readyOps());
    }

    @Test
    void keyIsReadyAfterEachOfManyReplacements() throws Exception {
        SelectionKey key = channel.register(selector, SelectionKey.OP_READ);
        for (int i = 0; i < 5; i++) {
            replaceSocket();
            peer.send(ByteBuffer.allocate(3), channel.getLocalAddress());
            assertEquals(1, selector.select(DEADLINE_MILLIS), "replacement " + i);
            assertTrue(key.isReadable());
            channel.receive(ByteBuffer.allocate(3));
            selector.selectedKeys().clear();
            // A worker serves it.
            key.interestOps(0);
            selector.selectNow();
            key.interestOps(SelectionKey.OP_READ);
            assertEquals(0, selector.selectNow());
        }
    }

    @Test
    void interestThatWasSetMeanwhileCounts() throws Exception {
        SelectionKey key = channel.register(selector, SelectionKey.OP_READ);
        selector.selectNow();
        key.interestOps(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
        replaceSocket();
        assertEquals(1, selector.select(DEADLINE_MILLIS));
        assertTrue(key.isWritable());
    }

    @Test
    void eachOfTwoSelectorsHearsTheNewSocket() throws Exception {
        try (Selector other = provider.openSelector()) {
            channel.register(selector, SelectionKey.OP_READ);
            channel.register(other, SelectionKey.OP_READ);
            selector.selectNow();
            other.selectNow();
            replaceSocket();
            peer.send(ByteBuffer.allocate(3), channel.getLocalAddress());
            assertEquals(1, selector.select(DEADLINE_MILLIS));
            assertEquals(1, other.select(DEADLINE_MILLIS));
        }
    }

    /** What is really called, with whatever this system makes of it. */
    @Test
    void keyIsReadyAfterDisconnect() throws Exception {
        SelectionKey key = channel.register(selector, SelectionKey.OP_READ);
        channel.connect(peer.getLocalAddress());
        selector.selectNow();
        channel.disconnect();
        peer.send(ByteBuffer.allocate(3), channel.getLocalAddress());
        assertEquals(1, selector.select(DEADLINE_MILLIS));
        assertTrue(key.isReadable());
    }

    private void replaceSocket() throws Exception {
        Method repair;
        try {
            repair = channel.getClass().getDeclaredMethod("repairSocket", InetSocketAddress.class);
        } catch (NoSuchMethodException e) {
            assumeTrue(false, "this JDK has no DatagramChannelImpl.repairSocket");
            return;
        }
        // The provider has opened sun.nio.ch to its module, the unnamed one, which is that of the tests.
        repair.setAccessible(true);
        try {
            repair.invoke(channel, channel.getLocalAddress());
        } catch (InvocationTargetException e) {
            throw new AssertionError("the JDK cannot replace the socket of a registered channel", e.getCause());
        }
    }
}
