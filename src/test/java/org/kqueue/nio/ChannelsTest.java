package org.kqueue.nio;

import static java.nio.channels.SelectionKey.OP_ACCEPT;
import static java.nio.channels.SelectionKey.OP_CONNECT;
import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.ConnectException;
import java.net.PortUnreachableException;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import org.kqueue.robust.Pair;
import org.kqueue.robust.Task;

/** When each kind of channel is ready for what. */
@ParameterizedClass(name = "{0}")
@MethodSource("org.kqueue.nio.Providers#all")
class ChannelsTest extends SelectorFixture {

    @Test
    void channelsAndSelectorsNameTheirProvider() throws IOException {
        assertSame(provider, selector.provider());
        Pipe pipe = pipe();
        assertSame(provider, pipe.source().provider());
        assertSame(provider, pipe.sink().provider());
        assertSame(provider, socket().provider());
        assertSame(provider, listener().provider());
        assertSame(provider, datagram().provider());
        assertSame(provider, pair().far().provider());
        assertSame(provider, closed(provider.openSocketChannel(StandardProtocolFamily.INET)).provider());
        assertSame(provider, closed(provider.openServerSocketChannel(StandardProtocolFamily.UNIX)).provider());
        assertSame(provider, closed(provider.openDatagramChannel(StandardProtocolFamily.INET)).provider());
    }

    @Test
    void familiesAreCheckedAsTheJdkChecksThem() {
        assertThrows(NullPointerException.class, () -> provider.openSocketChannel(null));
        assertThrows(NullPointerException.class, () -> provider.openServerSocketChannel(null));
        assertThrows(NullPointerException.class, () -> provider.openDatagramChannel(null));
        assertThrows(UnsupportedOperationException.class, () -> provider.openSocketChannel(() -> "X25"));
        assertThrows(UnsupportedOperationException.class, () -> provider.openServerSocketChannel(() -> "X25"));
        assertThrows(UnsupportedOperationException.class, () -> provider.openDatagramChannel(() -> "X25"));
        assertThrows(UnsupportedOperationException.class,
                () -> provider.openDatagramChannel(StandardProtocolFamily.UNIX));
    }

    @Test
    void listenerIsReadyWhileAConnectionWaits() throws IOException {
        ServerSocketChannel listener = listener();
        SelectionKey key = register(listener, OP_ACCEPT);
        assertSilent(selector);
        assertNull(listener.accept());
        SocketChannel client = socket();
        client.connect(listener.getLocalAddress());
        assertEquals(OP_ACCEPT, readyAfterSelect(key));
        assertEquals(OP_ACCEPT, readyAfterSelect(key));
        assertNotNull(closed(listener.accept()));
        assertSilent(selector);
    }

    @Test
    void listenerRegisteredBeforeBindIsReadyAfterIt() throws IOException {
        ServerSocketChannel listener = closed(provider.openServerSocketChannel());
        listener.configureBlocking(false);
        SelectionKey key = register(listener, OP_ACCEPT);
        if (isOurs()) {
            assertSilent(selector);
        }
        listener.bind(ANY_PORT);
        assertSilent(selector);
        socket().connect(listener.getLocalAddress());
        assertEquals(OP_ACCEPT, readyAfterSelect(key));
    }

    @Test
    void listenerBoundDuringASelectEndsItWhenAConnectionComes() throws Exception {
        ServerSocketChannel listener = closed(provider.openServerSocketChannel());
        listener.configureBlocking(false);
        SelectionKey key = register(listener, 0);
        selector.selectNow();
        if (isOurs()) {
            key.interestOps(OP_ACCEPT);
        }
        Task<Integer> select = task(() -> selector.select(DEADLINE_MILLIS)).awaitSelecting();
        listener.bind(ANY_PORT);
        socket().connect(listener.getLocalAddress());
        if (!isOurs()) {
            // The JDK's selector never waits while an unbound listener is registered: epoll reports a hang-up.
            key.interestOps(OP_ACCEPT);
            selector.wakeup();
            select.get();
            assertEquals(OP_ACCEPT, readyAfterSelect(key));
            return;
        }
        assertEquals(1, select.get());
        assertEquals(OP_ACCEPT, key.readyOps());
    }

    @Test
    void connectIsReadyOnceThenWriteIs() throws IOException {
        ServerSocketChannel listener = listener();
        SocketChannel client = socket();
        boolean atOnce = client.connect(listener.getLocalAddress());
        SelectionKey key = register(client, OP_CONNECT);
        if (!atOnce) {
            assertEquals(OP_CONNECT, readyAfterSelect(key));
            assertTrue(client.finishConnect());
        }
        key.interestOps(OP_WRITE | OP_READ);
        assertEquals(OP_WRITE, readyAfterSelect(key));
    }

    @Test
    void refusedConnectIsReportedByFinishConnect() throws IOException {
        SocketAddress nobody;
        try (ServerSocketChannel listener = provider.openServerSocketChannel()) {
            nobody = listener.bind(ANY_PORT).getLocalAddress();
        }
        SocketChannel client = socket();
        SelectionKey key = register(client, 0);
        try {
            client.connect(nobody);
        } catch (ConnectException atOnce) {
            return;
        }
        key.interestOps(OP_CONNECT);
        assertEquals(OP_CONNECT, readyAfterSelect(key));
        ConnectException refused = assertThrows(ConnectException.class, client::finishConnect);
        assertTrue(refused.getMessage().contains("refused"), refused.getMessage());
    }

    @Test
    void refusedConnectMakesReadAndWriteReadyToo() throws IOException {
        SocketAddress nobody;
        try (ServerSocketChannel listener = provider.openServerSocketChannel()) {
            nobody = listener.bind(ANY_PORT).getLocalAddress();
        }
        for (int ops : new int[] {OP_READ, OP_CONNECT | OP_READ, OP_CONNECT | OP_READ | OP_WRITE}) {
            SocketChannel client = socket();
            try {
                client.connect(nobody);
            } catch (ConnectException atOnce) {
                return;
            }
            SelectionKey key = register(client, ops);
            assertEquals(ops, readyAfterSelect(key));
            key.cancel();
            client.close();
        }
    }

    @Test
    void closeByThePeerBeforeFinishConnectIsNoRefusal() throws IOException {
        Pair pair = pendingPair();
        pair.far().close();
        SelectionKey key = register(pair.near(), OP_READ);
        selector.select(10);
        assertEquals(Set.of(), selector.selectedKeys());
        key.interestOps(OP_READ | OP_WRITE | OP_CONNECT);
        assertEquals(OP_CONNECT, selectUntil(key, OP_CONNECT));
        assertTrue(pair.near().finishConnect());
        key.interestOps(OP_READ | OP_WRITE);
        selectUntil(key, OP_READ | OP_WRITE);
        assertEquals(-1, read(pair.near(), 1));
    }

    @Test
    void registeredBeforeConnectWorks() throws IOException {
        ServerSocketChannel listener = listener();
        SocketChannel client = socket();
        SelectionKey key = register(client, OP_CONNECT);
        if (isOurs()) {
            assertSilent(selector);
        }
        boolean atOnce = client.connect(listener.getLocalAddress());
        if (!atOnce) {
            assertEquals(OP_CONNECT, readyAfterSelect(key));
            assertTrue(client.finishConnect());
        }
        key.interestOps(OP_READ);
        assertSilent(selector);
        SocketChannel accepted = closed(listener.accept());
        write(accepted, 5);
        assertEquals(OP_READ, readyAfterSelect(key));
    }

    @Test
    void readIsLevelTriggered() throws IOException {
        Pair pair = pair();
        SelectionKey key = register(pair.near(), OP_READ);
        assertSilent(selector);
        write(pair.far(), 10);
        assertEquals(OP_READ, readyAfterSelect(key));
        assertEquals(4, read(pair.near(), 4));
        assertEquals(OP_READ, readyAfterSelect(key));
        assertEquals(6, read(pair.near(), 10));
        assertSilent(selector);
    }

    @Test
    void writeIsSilentWhileTheBufferIsFull() throws IOException {
        Pair pair = pair();
        SelectionKey key = register(pair.near(), OP_WRITE);
        assertEquals(OP_WRITE, readyAfterSelect(key));
        fill(pair.near());
        assertSilent(selector);
        drain(pair.far());
        assertEquals(OP_WRITE, readyAfterSelect(key));
    }

    @Test
    void keepsWriteReadyWhenReadArrives() throws IOException {
        Pair pair = pair();
        SelectionKey key = register(pair.near(), OP_READ | OP_WRITE);
        assertEquals(OP_WRITE, readyAfterSelect(key));
        write(pair.far(), 1);
        assertEquals(OP_READ | OP_WRITE, selectUntil(key, OP_READ));
    }

    @Test
    void endOfStreamIsReadyForReadingForEver() throws IOException {
        Pair pair = pair();
        SelectionKey key = register(pair.near(), OP_READ);
        write(pair.far(), 3);
        pair.far().close();
        assertEquals(OP_READ, readyAfterSelect(key));
        assertEquals(3, read(pair.near(), 10));
        for (int i = 0; i < 3; i++) {
            assertEquals(OP_READ, readyAfterSelect(key));
            assertEquals(-1, read(pair.near(), 10));
        }
    }

    @Test
    void halfCloseOfThePeerLeavesWritingAsItWas() throws IOException {
        Pair pair = pair();
        SelectionKey key = register(pair.near(), OP_READ);
        pair.far().shutdownOutput();
        assertEquals(OP_READ, readyAfterSelect(key));
        assertEquals(-1, read(pair.near(), 1));
        key.interestOps(OP_WRITE);
        assertEquals(OP_WRITE, readyAfterSelect(key));
        write(pair.near(), 7);
        SelectionKey far = register(pair.far(), OP_READ);
        assertEquals(OP_READ, selectUntil(far, OP_READ));
        assertEquals(7, read(pair.far(), 10));
    }

    @Test
    void ownShutdownsMakeTheirSideReady() throws IOException {
        Pair pair = pair();
        SelectionKey key = register(pair.near(), OP_READ);
        assertSilent(selector);
        pair.near().shutdownInput();
        assertEquals(OP_READ, readyAfterSelect(key));
        assertEquals(-1, read(pair.near(), 1));
        pair.near().shutdownOutput();
        key.interestOps(OP_WRITE);
        assertEquals(OP_WRITE, readyAfterSelect(key));
    }

    @Test
    void resetIsReadyAndReadReportsIt() throws IOException {
        Pair pair = pair();
        SelectionKey key = register(pair.near(), OP_READ);
        assertSilent(selector);
        pair.far().setOption(StandardSocketOptions.SO_LINGER, 0);
        pair.far().close();
        assertEquals(OP_READ, readyAfterSelect(key));
        assertThrows(IOException.class, () -> read(pair.near(), 1));
    }

    @Test
    void datagramsAreReadyOneByOne() throws IOException {
        DatagramChannel near = datagram();
        DatagramChannel far = datagram();
        SelectionKey key = register(near, OP_READ);
        assertSilent(selector);
        far.send(ByteBuffer.allocate(5), near.getLocalAddress());
        far.send(ByteBuffer.allocate(0), near.getLocalAddress());
        assertEquals(OP_READ, readyAfterSelect(key));
        assertNotNull(near.receive(ByteBuffer.allocate(10)));
        assertEquals(OP_READ, readyAfterSelect(key), "the empty datagram");
        assertNotNull(near.receive(ByteBuffer.allocate(10)));
        assertSilent(selector);
        key.interestOps(OP_WRITE);
        assertEquals(OP_WRITE, readyAfterSelect(key));
    }

    @Test
    void refusedDatagramIsReadyAndReadReportsIt() throws IOException {
        SocketAddress nobody;
        try (DatagramChannel closing = provider.openDatagramChannel()) {
            nobody = closing.bind(ANY_PORT).getLocalAddress();
        }
        DatagramChannel near = datagram();
        near.connect(nobody);
        SelectionKey key = register(near, OP_READ);
        write(near, 1);
        assertEquals(OP_READ, readyAfterSelect(key));
        assertThrows(PortUnreachableException.class, () -> read(near, 1));
        assertSilent(selector);
    }

    @Test
    void disconnectedDatagramChannelStaysRegistered() throws IOException {
        DatagramChannel near = datagram();
        DatagramChannel far = datagram();
        near.connect(far.getLocalAddress());
        SelectionKey key = register(near, OP_READ);
        selector.selectNow();
        near.disconnect();
        far.send(ByteBuffer.allocate(1), near.getLocalAddress());
        assertEquals(OP_READ, readyAfterSelect(key));
    }

    @Test
    void pipeEndsAreReadyForTheirDirection() throws IOException {
        Pipe pipe = pipe();
        SelectionKey source = register(pipe.source(), OP_READ);
        assertSilent(selector);
        SelectionKey sink = register(pipe.sink(), OP_WRITE);
        assertEquals(OP_WRITE, readyAfterSelect(sink));
        fill(pipe.sink());
        assertEquals(OP_READ, readyAfterSelect(source));
        assertFalse(selector.selectedKeys().contains(sink));
        drain(pipe.source());
        assertEquals(OP_WRITE, readyAfterSelect(sink));
        assertFalse(selector.selectedKeys().contains(source));
    }

    @Test
    void endOfAPipeIsReady() throws IOException {
        Pipe pipe = pipe();
        SelectionKey source = register(pipe.source(), OP_READ);
        write(pipe.sink(), 2);
        pipe.sink().close();
        assertEquals(OP_READ, readyAfterSelect(source));
        assertEquals(2, read(pipe.source(), 9));
        for (int i = 0; i < 3; i++) {
            assertEquals(OP_READ, readyAfterSelect(source));
            assertEquals(-1, read(pipe.source(), 9));
        }
    }

    @Test
    void pipeWithoutAReaderIsReadyForWriting() throws IOException {
        Pipe pipe = pipe();
        SelectionKey sink = register(pipe.sink(), OP_WRITE);
        assertEquals(OP_WRITE, readyAfterSelect(sink));
        fill(pipe.sink());
        assertSilent(selector);
        pipe.source().close();
        for (int i = 0; i < 3; i++) {
            assertEquals(OP_WRITE, readyAfterSelect(sink));
            assertThrows(IOException.class, () -> write(pipe.sink(), 1));
        }
    }

    @Test
    void pipeRegisteredAfterItsReaderIsGoneIsReadyForWriting() throws IOException {
        Pipe pipe = pipe();
        pipe.source().close();
        SelectionKey sink = register(pipe.sink(), OP_WRITE);
        for (int i = 0; i < 3; i++) {
            assertEquals(OP_WRITE, readyAfterSelect(sink));
        }
    }

    @Test
    void unixDomainSocketsWork(@TempDir Path folder) throws IOException {
        ServerSocketChannel listener = closed(provider.openServerSocketChannel(StandardProtocolFamily.UNIX));
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(folder.resolve("socket"));
        listener.bind(address);
        listener.configureBlocking(false);
        SelectionKey accepts = register(listener, OP_ACCEPT);
        assertSilent(selector);
        SocketChannel client = closed(provider.openSocketChannel(StandardProtocolFamily.UNIX));
        assertTrue(client.connect(address));
        client.configureBlocking(false);
        assertEquals(OP_ACCEPT, readyAfterSelect(accepts));
        SocketChannel accepted = closed(listener.accept());
        accepted.configureBlocking(false);
        SelectionKey key = register(accepted, OP_READ);
        assertSilent(selector);
        write(client, 3);
        assertEquals(OP_READ, readyAfterSelect(key));
        assertEquals(3, read(accepted, 9));
        key.interestOps(OP_WRITE);
        assertEquals(OP_WRITE, readyAfterSelect(key));
        fill(accepted);
        assertSilent(selector);
        drain(client);
        assertEquals(OP_WRITE, readyAfterSelect(key));
        key.interestOps(OP_READ);
        client.close();
        assertEquals(OP_READ, readyAfterSelect(key));
        drainToEnd(accepted);
    }

    private static void drainToEnd(SocketChannel channel) {
        try {
            assertEquals(-1, read(channel, 1));
        } catch (IOException reset) {
            assertNotNull(reset.getMessage());
        }
    }
}
