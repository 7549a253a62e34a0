package org.kqueue.robust.limits;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.UnixOperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.spi.SelectorProvider;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kqueue.nio.Providers;
import org.kqueue.robust.Await;
import org.kqueue.robust.OpenDescriptors;
import org.kqueue.robust.Racers;

/** Many channels, many events, many wakeups, long timeouts. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LimitsTest {

    private static final int WANTED_CHANNELS = 100_000;
    private static final int SPARE_DESCRIPTORS = 500;
    private static final int WAKEUPS = 1_000_000;

    private final SelectorProvider provider = Providers.kqueue();
    private final List<AutoCloseable> open = new ArrayList<>();

    @AfterEach
    void closeAll() throws Exception {
        for (AutoCloseable one : open) {
            one.close();
        }
    }

    private <C extends AutoCloseable> C keep(C one) {
        open.add(one);
        return one;
    }

    /** As many as the hard limit on descriptors allows, to which the JVM has raised its soft one. */
    private static int channels() {
        long most = ((UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
                .getMaxFileDescriptorCount();
        int channels = (int) Math.min(WANTED_CHANNELS, most - OpenDescriptors.count() - SPARE_DESCRIPTORS);
        System.out.printf("limits: %d channels registered at once%s%n", channels, channels == WANTED_CHANNELS ? ""
                : ", not " + WANTED_CHANNELS + ": the limit on descriptors is " + most);
        return channels;
    }

    @Test
    void findsTheFewReadyOnesAmongAsManyChannelsAsThereCanBe() throws IOException {
        int n = channels();
        try (Selector selector = keep(provider.openSelector())) {
            List<DatagramChannel> channels = new ArrayList<>(n);
            for (int i = 0; i < n; i++) {
                DatagramChannel channel = keep(provider.openDatagramChannel());
                channels.add(channel);
                channel.configureBlocking(false);
                channel.register(selector, SelectionKey.OP_READ, i);
            }
            assertEquals(0, selector.selectNow());
            assertEquals(n, selector.keys().size());
            Set<Integer> expected = new HashSet<>();
            for (int i = 0; i < n; i += Math.max(1, n / 20)) {
                DatagramChannel channel = channels.get(i);
                channel.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
                channel.send(ByteBuffer.allocate(1), channel.getLocalAddress());
                expected.add(i);
            }
            assertEquals(expected, collect(selector, expected.size()));
            // All at once: everybody is writable, far more than any event list holds.
            for (SelectionKey key : selector.keys()) {
                key.interestOps(SelectionKey.OP_WRITE);
            }
            assertEquals(n, collect(selector, n).size());
            for (DatagramChannel channel : channels) {
                channel.close();
            }
            selector.selectNow();
            assertEquals(0, selector.keys().size());
        }
    }

    /** Selects and clears until so many different keys have been ready. */
    private static Set<Integer> collect(Selector selector, int wanted) throws IOException {
        Set<Integer> seen = new HashSet<>();
        for (int selects = 0; seen.size() < wanted; selects++) {
            assertTrue(selects < 2_000, "after " + selects + " selects only " + seen.size() + " of " + wanted
                    + " keys");
            selector.select(1_000);
            for (SelectionKey key : selector.selectedKeys()) {
                seen.add((Integer) key.attachment());
            }
            selector.selectedKeys().clear();
        }
        return seen;
    }

    @Test
    void isFairToAllWhenMoreAreReadyThanTheEventListHolds() throws IOException {
        int n = 3_000;
        int rounds = 60;
        int[] times = new int[n];
        try (Selector selector = keep(provider.openSelector())) {
            for (int i = 0; i < n; i++) {
                DatagramChannel channel = keep(provider.openDatagramChannel());
                channel.configureBlocking(false);
                channel.register(selector, SelectionKey.OP_WRITE, i);
            }
            for (int i = 0; i < rounds; i++) {
                assertTrue(selector.select(1_000) > 0);
                for (SelectionKey key : selector.selectedKeys()) {
                    times[(Integer) key.attachment()]++;
                }
                selector.selectedKeys().clear();
            }
        }
        int least = Integer.MAX_VALUE;
        int most = 0;
        for (int t : times) {
            least = Math.min(least, t);
            most = Math.max(most, t);
        }
        assertTrue(least > 0 && most - least <= 3, "selected between " + least + " and " + most + " times");
    }

    @Test
    void goesOnWhenAcceptRunsOutOfDescriptors() throws Exception {
        // In a JVM of its own, with a low limit: see the class.
        ProcessBuilder builder = new ProcessBuilder("sh", "-c",
                "ulimit -n 120 && exec \"$0\" -XX:-MaxFDLimit -cp \"$1\" "
                + AcceptWithoutDescriptors.class.getName(), System.getProperty("java.home") + "/bin/java",
                System.getProperty("java.class.path"));
        Process process = builder.redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        assertTrue(output.contains("OK"), output);
    }

    @Test
    void aMillionWakeupsAreOne() throws IOException {
        try (Selector selector = keep(provider.openSelector())) {
            for (int i = 0; i < WAKEUPS; i++) {
                selector.wakeup();
            }
            assertEquals(0, selector.select());
            long start = System.nanoTime();
            assertEquals(0, selector.select(50));
            assertTrue(System.nanoTime() - start >= TimeUnit.MILLISECONDS.toNanos(49), "a wakeup was left over");
        }
    }

    @Test
    void aMillionWakeupsOfASelectingThreadHarmNothing() throws Exception {
        Selector selector = keep(provider.openSelector());
        long[] selects = {0};
        try (Racers racers = new Racers(30_000)) {
            boolean[] over = {false};
            racers.run(() -> {
                while (!over[0]) {
                    assertEquals(0, selector.select());
                    selects[0]++;
                }
                return null;
            });
            racers.run(() -> {
                for (int i = 0; i < WAKEUPS; i++) {
                    selector.wakeup();
                }
                over[0] = true;
                selector.wakeup();
                return null;
            });
            racers.join(10_000);
        }
        assertTrue(selects[0] > 0);
        long start = System.nanoTime();
        selector.selectNow();
        assertEquals(0, selector.select(50));
        assertTrue(System.nanoTime() - start >= TimeUnit.MILLISECONDS.toNanos(49), "a wakeup was left over");
    }

    @ParameterizedTest
    @ValueSource(longs = {86_399_000L, 86_400_001L, 100_000_000_001L, Integer.MAX_VALUE, Integer.MAX_VALUE * 1_000L + 1,
        Long.MAX_VALUE / 1_000_000, Long.MAX_VALUE / 1_000, Long.MAX_VALUE})
    void waitsWithTimeoutsBeyondEveryClamp(long timeoutMillis) throws Exception {
        Selector selector = keep(provider.openSelector());
        try (Racers racers = new Racers(60)) {
            AtomicBoolean back = new AtomicBoolean();
            racers.run(() -> {
                assertEquals(0, selector.select(timeoutMillis));
                back.set(true);
                return null;
            });
            assertFalse(Await.within(60, back::get), "select(" + timeoutMillis + ") came back");
            selector.wakeup();
            racers.join(5_000);
        }
    }

    @Test
    void idleCostsNothing() throws Exception {
        Selector selector = keep(provider.openSelector());
        Pipe pipe = provider.openPipe();
        keep(pipe.source());
        keep(pipe.sink());
        pipe.source().configureBlocking(false);
        pipe.source().register(selector, SelectionKey.OP_READ);
        var threads = ManagementFactory.getThreadMXBean();
        long millis = Long.getLong("org.kqueue.idle.millis", 2_000);
        selector.select(10);
        long cpu = threads.getCurrentThreadCpuTime();
        assertEquals(0, selector.select(millis));
        long used = TimeUnit.NANOSECONDS.toMillis(threads.getCurrentThreadCpuTime() - cpu);
        assertTrue(used <= 20, used + " ms of CPU in " + millis + " ms of idling");
        pipe.sink().write(ByteBuffer.wrap(new byte[1]));
        assertEquals(1, selector.select());
    }
}
