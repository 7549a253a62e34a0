package org.kqueue.nio.channels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(value = 1, unit = TimeUnit.MINUTES)
class EdgeChannelTest {

    private static void write(SocketChannel channel, int bytes) throws IOException {
        channel.write(ByteBuffer.allocate(bytes));
    }

    @ParameterizedTest
    @MethodSource("org.kqueue.nio.channels.SelectLoop#kernels")
    void tellsWhatHasHappenedAndNotWhatIsLeft(String kernel) throws Exception {
        try (SelectLoop loop = new SelectLoop(kernel); EdgeChannel edges = EdgeChannel.open();
                ServerSocketChannel listener = ServerSocketChannel.open()) {
            listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            SelectionKey key = loop.register(edges);
            listener.configureBlocking(false);
            edges.watch(listener, SelectionKey.OP_ACCEPT);
            try (SocketChannel client = SocketChannel.open(listener.getLocalAddress())) {
                loop.awaitReadable(key);
                assertEquals(new EdgeEvent(listener, SelectionKey.OP_ACCEPT, 1, false), edges.read());
                try (SocketChannel server = listener.accept()) {
                    server.configureBlocking(false);
                    edges.watch(server, SelectionKey.OP_READ);
                    write(client, 5);
                    loop.awaitReadable(key);
                    assertEquals(new EdgeEvent(server, SelectionKey.OP_READ, 5, false), edges.read());
                    loop.assertNothingWithin(20, edges::read, null);
                    server.read(ByteBuffer.allocate(2));
                    loop.assertNothingWithin(20, edges::read, null);
                    write(client, 1);
                    loop.awaitReadable(key);
                    assertEquals(4, edges.read().available());
                    client.shutdownOutput();
                    loop.awaitReadable(key);
                    assertTrue(edges.read().endOfStream());
                }
                loop.assertNothingWithin(20, edges::read, null);
            }
        }
    }

    @Test
    void tellsOfSpaceThatHasComeFree() throws Exception {
        try (SelectLoop loop = new SelectLoop("freebsd"); EdgeChannel edges = EdgeChannel.open()) {
            SelectionKey key = loop.register(edges);
            Pipe pipe = Pipe.open();
            try (Pipe.SourceChannel source = pipe.source(); Pipe.SinkChannel sink = pipe.sink()) {
                sink.configureBlocking(false);
                edges.watch(sink, SelectionKey.OP_WRITE);
                loop.awaitReadable(key);
                assertEquals(SelectionKey.OP_WRITE, edges.read().ops());
                ByteBuffer block = ByteBuffer.allocate(4096);
                while (sink.write(block.clear()) > 0) {
                    // Until it is full.
                    continue;
                }
                while (edges.read() != null) {
                    // A pipe's writes may be events as well.
                    continue;
                }
                source.read(ByteBuffer.allocate(1 << 20));
                loop.awaitReadable(key);
                assertNotNull(edges.read());
            }
        }
    }

    @Test
    void watchesOnlyWhatItIsTold() throws Exception {
        try (SelectLoop loop = new SelectLoop("freebsd"); EdgeChannel edges = EdgeChannel.open()) {
            loop.register(edges);
            Pipe pipe = Pipe.open();
            try (Pipe.SourceChannel source = pipe.source(); Pipe.SinkChannel sink = pipe.sink()) {
                assertThrows(IllegalBlockingModeException.class, () -> edges.watch(source, SelectionKey.OP_READ));
                source.configureBlocking(false);
                assertThrows(IllegalArgumentException.class, () -> edges.watch(source, SelectionKey.OP_WRITE));
                assertThrows(IllegalArgumentException.class, () -> edges.watch(source, 0));
                assertFalse(edges.unwatch(source));
                edges.watch(source, SelectionKey.OP_READ);
                assertTrue(edges.unwatch(source));
                sink.write(ByteBuffer.allocate(1));
                assertNull(edges.read());
                edges.watch(source, SelectionKey.OP_READ);
                assertEquals(1, edges.read().available());
            }
        }
    }

    @Test
    void forgetsChannelsThatWereClosed() throws Exception {
        try (SelectLoop loop = new SelectLoop("freebsd"); EdgeChannel edges = EdgeChannel.open()) {
            loop.register(edges);
            for (int i = 0; i < 500; i++) {
                Pipe pipe = Pipe.open();
                try (Pipe.SourceChannel source = pipe.source(); Pipe.SinkChannel sink = pipe.sink()) {
                    source.configureBlocking(false);
                    edges.watch(source, SelectionKey.OP_READ);
                    sink.write(ByteBuffer.allocate(1));
                    assertEquals(source, edges.read().channel());
                }
            }
            assertNull(edges.read());
            assertTrue(edges.toString().matches(".*\\[(\\d|\\d\\d) channels.*"), edges::toString);
        }
    }
}
