package org.kqueue.nio;

import static java.nio.channels.SelectionKey.OP_CONNECT;
import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.jna.Native;
import com.sun.jna.Platform;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import org.kqueue.robust.Pair;
import org.kqueue.robust.Task;

/**
 * Filters with events that make nothing ready: they are silent, and heard again when they mean something. That no state
 * of a channel makes a selector spin is tested by {@code org.kqueue.robust.stress.NoSpinTest}.
 */
@ParameterizedClass(name = "{0}")
@MethodSource("org.kqueue.nio.Providers#ours")
class MutedFilterTest extends SelectorFixture {

    private static final long SELECT_MILLIS = 120;
    /** Two at the start: one finds the event, the next deletes the knote. Then one every 20 ms. */
    private static final int MAX_ROUNDS = 2 + (int) SELECT_MILLIS / 20;

    private void assertWaitsQuietly() throws IOException {
        selector.selectedKeys().clear();
        long cpu = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        long start = System.nanoTime();
        long left = SELECT_MILLIS;
        int rounds = 0;
        while (left > 0) {
            assertEquals(0, selector.select(left), () -> "selected " + selector.selectedKeys());
            rounds++;
            left = SELECT_MILLIS - TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
        }
        long used = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - cpu;
        assertTrue(rounds <= MAX_ROUNDS, rounds + " selects in " + SELECT_MILLIS + " ms");
        assertTrue(used < TimeUnit.MILLISECONDS.toNanos(SELECT_MILLIS / 4), () -> "used " + used + " ns of CPU time");
    }

    /** epoll, unlike kqueue, goes on reporting a file that is closed under its number and open under another. */
    @Test
    void channelClosedWhileADuplicateIsOpenIsSilent() throws IOException {
        assumeTrue(System.getProperty("os.name").equals("Linux"), "duplicates are made by Linux's numbers");
        Pair pair = pair();
        Pair other = pair();
        register(pair.near(), OP_READ);
        SelectionKey key = register(other.near(), OP_READ);
        pair.far().write(ByteBuffer.wrap(new byte[1]));
        assertEquals(1, selector.select());
        int duplicate = Libc.dup(Descriptors.of(pair.near()));
        try {
            pair.near().close();
            assertWaitsQuietly();
            other.far().write(ByteBuffer.wrap(new byte[1]));
            assertEquals(1, selector.select());
            assertTrue(key.isReadable());
        } finally {
            Libc.close(duplicate);
        }
    }

    private static final class Libc {
        static {
            Native.register(Libc.class, Platform.C_LIBRARY_NAME);
        }

        private Libc() {
        }

        static native int dup(int fd);

        static native int close(int fd);
    }

    @Test
    void connectInterestOfAConnectedSocketIsSilent() throws IOException {
        Pair pair = pair();
        SelectionKey key = register(pair.near(), OP_CONNECT);
        assertWaitsQuietly();
        key.interestOps(OP_CONNECT | OP_READ);
        assertWaitsQuietly();
        write(pair.far(), 1);
        assertEquals(OP_READ, selectUntil(key, OP_READ));
        key.interestOps(OP_CONNECT | OP_WRITE);
        assertEquals(OP_WRITE, readyAfterSelect(key));
    }

    @Test
    void dataBeforeFinishConnectIsSilentAndThenReady() throws Exception {
        Pair pair = pendingPair();
        write(pair.far(), 1);
        SelectionKey key = register(pair.near(), OP_READ);
        assertWaitsQuietly();
        assertTrue(pair.near().finishConnect());
        assertEquals(OP_READ, selectUntil(key, OP_READ));
    }

    @Test
    void hungUpSocketIsReadyOnlyForWhatIsAskedFor() throws IOException {
        Pair pair = pair();
        SelectionKey key = register(pair.near(), OP_CONNECT);
        pair.far().close();
        pair.near().shutdownOutput();
        assertWaitsQuietly();
        key.interestOps(OP_READ);
        assertEquals(OP_READ, readyAfterSelect(key));
    }

    @Test
    void channelClosedDuringASelectIsSilentAfterwards() throws Exception {
        Pair pair = pair();
        register(pair.near(), OP_READ);
        Task<Integer> select = task(() -> selector.select(SELECT_MILLIS)).awaitSelecting();
        pair.near().close();
        pair.far().close();
        assertEquals(0, select.get());
        assertWaitsQuietly();
        assertTrue(selector.keys().isEmpty());
    }
}
