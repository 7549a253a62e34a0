package org.kqueue.nio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.Pipe;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.channels.spi.SelectorProvider;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.kqueue.robust.Pair;
import org.kqueue.robust.Task;

/**
 * What the selector tests share: a provider, a selector, channels that are closed afterwards, threads with a deadline.
 */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
abstract class SelectorFixture {

    static final long DEADLINE_MILLIS = 10_000;
    static final InetSocketAddress ANY_PORT = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

    @Parameter
    SelectorProvider provider;

    Selector selector;
    private final Deque<Closeable> open = new ArrayDeque<>();

    @BeforeEach
    void openSelector() throws IOException {
        selector = closed(provider.openSelector());
    }

    @AfterEach
    void closeAll() throws IOException {
        while (!open.isEmpty()) {
            open.pop().close();
        }
    }

    /** Closes it after the test, in reverse order of opening. */
    <T extends Closeable> T closed(T closeable) {
        open.push(closeable);
        return closeable;
    }

    boolean isOurs() {
        return provider instanceof KqueueSelectorProvider;
    }

    ServerSocketChannel listener() throws IOException {
        ServerSocketChannel listener = closed(provider.openServerSocketChannel());
        listener.bind(ANY_PORT);
        listener.configureBlocking(false);
        return listener;
    }

    SocketChannel socket() throws IOException {
        SocketChannel socket = closed(provider.openSocketChannel());
        socket.configureBlocking(false);
        return socket;
    }

    /** Both ends are non-blocking. */
    Pair pair() throws IOException {
        Pair pair = Pair.open(provider);
        closed(pair.near());
        closed(pair.far()).configureBlocking(false);
        return pair;
    }

    /** A connection that the peer, the far end, has accepted, and that is pending at the near end. */
    Pair pendingPair() throws IOException {
        ServerSocketChannel listener = listener();
        SocketChannel near = socket();
        assumeFalse(near.connect(listener.getLocalAddress()), "a connect over loopback is finished at once here");
        listener.configureBlocking(true);
        return new Pair(near, closed(listener.accept()));
    }

    DatagramChannel datagram() throws IOException {
        DatagramChannel channel = closed(provider.openDatagramChannel());
        channel.bind(ANY_PORT);
        channel.configureBlocking(false);
        return channel;
    }

    Pipe pipe() throws IOException {
        Pipe pipe = provider.openPipe();
        closed(pipe.source()).configureBlocking(false);
        closed(pipe.sink()).configureBlocking(false);
        return pipe;
    }

    static void write(WritableByteChannel channel, int bytes) throws IOException {
        assertEquals(bytes, channel.write(ByteBuffer.allocate(bytes)));
    }

    static int read(ReadableByteChannel channel, int bytes) throws IOException {
        return channel.read(ByteBuffer.allocate(bytes));
    }

    static void fill(WritableByteChannel channel) throws IOException {
        ByteBuffer chunk = ByteBuffer.allocate(1 << 16);
        int full = 0;
        // TCP moves bytes to the peer in its own time: full is what stays full.
        while (full < 3) {
            chunk.clear();
            full = channel.write(chunk) == 0 ? full + 1 : 0;
            if (full > 0) {
                Thread.yield();
            }
        }
    }

    static void drain(ReadableByteChannel channel) throws IOException {
        ByteBuffer chunk = ByteBuffer.allocate(1 << 16);
        while (channel.read(chunk.clear()) > 0) {
            Thread.onSpinWait();
        }
    }

    /** Selects until the key is ready for all of {@code ops}, and returns its ready set. */
    int selectUntil(SelectionKey key, int ops) throws IOException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(DEADLINE_MILLIS);
        while (true) {
            selector.select(100);
            if (selector.selectedKeys().contains(key) && (key.readyOps() & ops) == ops) {
                return key.readyOps();
            }
            assertTrue(System.nanoTime() < deadline, () -> "never ready for " + ops + ": " + key);
        }
    }

    /**
     * What one select, for as long as it takes, says of a key that is not in the selected set: 0 when it is not
     * selected.
     */
    int readyAfterSelect(SelectionKey key) throws IOException {
        selector.selectedKeys().clear();
        selector.select(DEADLINE_MILLIS);
        return selector.selectedKeys().contains(key) ? key.readyOps() : 0;
    }

    /** That nothing becomes ready, and that a program that goes on selecting really waits. */
    void assertSilent(Selector waiting) throws IOException {
        long millis = 60;
        waiting.selectedKeys().clear();
        long start = System.nanoTime();
        int selects = 0;
        for (long left = millis; left > 0; left = millis - TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start)) {
            assertEquals(0, waiting.select(left), () -> "selected " + waiting.selectedKeys());
            selects++;
        }
        // One that finds an event of no use, one that mutes its filter, and one every 20 ms.
        assertTrue(selects <= 2 + millis / 20, selects + " selects in " + millis + " ms");
        assertTrue(waiting.selectedKeys().isEmpty());
    }

    SelectionKey register(SelectableChannel channel, int ops) throws IOException {
        return channel.register(selector, ops);
    }

    static <T> Task<T> task(Callable<T> callable) {
        return new Task<>(callable);
    }
}
