package org.kqueue.robust.stress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.spi.SelectorProvider;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.kqueue.nio.Providers;
import org.kqueue.robust.OpenDescriptors;
import org.kqueue.robust.Pair;
import org.kqueue.robust.Racers;

/**
 * Many threads open, register, make ready and close, so that descriptor numbers are used again all the time. Every key
 * that is ready must be that of the connection that was made ready. {@code -Dorg.kqueue.storm.seconds=60} for the long
 * form.
 */
@Timeout(value = 24, unit = TimeUnit.HOURS)
class DescriptorReuseStormTest {

    private static final long SECONDS = Long.getLong("org.kqueue.storm.seconds", 4);
    private static final int THREADS = 6;
    private static final long DEADLINE_NANOS = TimeUnit.SECONDS.toNanos(20);

    private final SelectorProvider provider = Providers.kqueue();

    /** One connection: told ready by its own thread, seen ready by the selecting one. */
    private static final class Connection {
        private final Pair pair;
        private final AtomicBoolean written = new AtomicBoolean();
        private final AtomicBoolean closed = new AtomicBoolean();
        private volatile boolean seen;

        Connection(Pair pair) {
            this.pair = pair;
        }
    }

    @Test
    void everyEventBelongsToALiveRegistration() throws Exception {
        provider.openSelector().close();
        Pair.open(provider).close();
        int before = OpenDescriptors.count();
        AtomicLong rounds = new AtomicLong();
        AtomicLong unseen = new AtomicLong();
        try (Selector selector = provider.openSelector(); Racers racers = new Racers(SECONDS * 1_000)) {
            AtomicInteger opening = new AtomicInteger(THREADS);
            racers.run(() -> {
                while (opening.get() > 0) {
                    select(selector);
                }
                return null;
            });
            for (int i = 0; i < THREADS; i++) {
                racers.repeatThen(opening::decrementAndGet, () -> {
                    round(selector, unseen);
                    rounds.incrementAndGet();
                });
            }
            racers.join(30_000);
            selector.selectNow();
            assertEquals(Set.of(), selector.keys());
        }
        OpenDescriptors.assertComesDownTo(before);
        System.out.printf("descriptor storm: %d connections in %d s, %d closed before they were seen%n", rounds.get(),
                SECONDS,
                unseen.get());
        assertTrue(rounds.get() > 100, "only " + rounds + " rounds");
    }

    private static void select(Selector selector) throws IOException {
        selector.select(10);
        for (SelectionKey key : selector.selectedKeys()) {
            Connection connection = (Connection) key.attachment();
            if (!key.isValid()) {
                continue;
            }
            int n = connection.pair.near().isOpen() ? peek(connection) : -1;
            // Ready with nothing to read and nobody having closed it: an event of somebody else's.
            assertTrue(n != 0 || connection.seen || connection.closed.get(), "ready without cause: " + key);
            assertTrue(connection.written.get() || connection.closed.get(), "ready before it was made so: " + key);
            connection.seen = true;
        }
        selector.selectedKeys().clear();
    }

    private static int peek(Connection connection) {
        try {
            return connection.pair.near().read(ByteBuffer.allocate(8));
        } catch (IOException e) {
            return -1;
        }
    }

    private void round(Selector selector, AtomicLong unseen) throws IOException {
        Connection connection = new Connection(Pair.open(provider));
        try {
            connection.pair.near().register(selector, SelectionKey.OP_READ, connection);
            selector.wakeup();
            if (ThreadLocalRandom.current().nextInt(4) == 0) {
                unseen.incrementAndGet();
                return;
            }
            connection.written.set(true);
            connection.pair.far().write(ByteBuffer.wrap(new byte[] {1}));
            long start = System.nanoTime();
            while (!connection.seen) {
                assertTrue(System.nanoTime() - start < DEADLINE_NANOS, "an event is lost: " + connection.pair);
                Thread.onSpinWait();
            }
        } finally {
            connection.closed.set(true);
            connection.pair.close();
        }
    }
}
