package org.kqueue.robust.stress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.spi.SelectorProvider;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.kqueue.nio.Providers;
import org.kqueue.robust.Await;
import org.kqueue.robust.OpenDescriptors;
import org.kqueue.robust.Racers;
import org.kqueue.robust.ReadyChannel;
import org.kqueue.robust.ReadyChannel.Kind;

/**
 * Cancel, register, change of interest and close by other threads while a select delivers events of the same key. No
 * event may be lost. Each race lasts {@code org.kqueue.race.millis} (700); {@code org.kqueue.race.seed} is printed when
 * one fails. The smallest interleavings are those of {@code src/jcstress}.
 */
@Timeout(value = 24, unit = TimeUnit.HOURS)
class DeliveryRaceTest {

    private static final long MILLIS = Long.getLong("org.kqueue.race.millis", 700);
    private static final long SEED = Long.getLong("org.kqueue.race.seed", ThreadLocalRandom.current().nextInt());
    private static final long GRACE_MILLIS = 10_000;
    private static final int MOST_SPINS = 6_000;
    private static final int WORKERS = 2;

    private final SelectorProvider provider = Providers.kqueue();
    private final List<Turns> all = new ArrayList<>();
    private int descriptors;

    @BeforeEach
    void countDescriptors() throws IOException {
        provider.openSelector().close();
        for (Kind kind : Kind.values()) {
            ReadyChannel.open(provider, kind).close();
        }
        descriptors = OpenDescriptors.count();
    }

    @AfterEach
    void noDescriptorIsLeft() throws IOException {
        for (Turns turns : all) {
            turns.channel.close();
        }
        OpenDescriptors.assertComesDownTo(descriptors);
    }

    /** The event may be delivered to the key, to nobody, or stay with the kernel. */
    @ParameterizedTest
    @EnumSource
    void channelCancelledWhileItsEventIsDeliveredIsHeardWhenItIsRegisteredAgain(Kind kind) throws Exception {
        SplittableRandom random = new SplittableRandom(SEED);
        try (Selector selector = provider.openSelector(); Racers race = new Racers(MILLIS)) {
            for (int round = 0; !race.isOver(); round++) {
                try (ReadyChannel channel = ReadyChannel.open(provider, kind); Racers other = new Racers(0)) {
                    SelectionKey key = channel.register(selector);
                    channel.serve(key);
                    int spins = random.nextInt(MOST_SPINS);
                    other.run(() -> {
                        channel.makeReady();
                        spin(spins);
                        key.cancel();
                        return selector.wakeup();
                    });
                    selector.select(1_000);
                    other.join(GRACE_MILLIS);
                    selector.selectNow();
                    selector.selectedKeys().clear();
                    ReadyChannel.assertBecomesReady(channel.register(selector),
                            "round " + round + " of seed " + SEED + ", " + spins + " spins");
                }
            }
        }
    }

    /** What each channel has been through: made ready by one thread, served by another. */
    private static final class Turns {
        private final ReadyChannel channel;
        private final AtomicLong served = new AtomicLong();

        Turns(ReadyChannel channel) {
            this.channel = channel;
        }

        /** Makes the channel ready and waits until it was served. */
        void next(Racers racers) throws IOException {
            long before = served.get();
            channel.makeReady();
            Await.until(() -> served.get() != before || racers.isOver(), () -> "an event is lost: " + channel.ops()
                    + " after " + before + " turns, seed " + SEED);
        }

        void serve() throws IOException {
            channel.exhaust();
            served.incrementAndGet();
        }
    }

    /** A channel of each kind, and for each a thread that makes it ready again and again. */
    private void start(Selector selector, Racers racers) throws IOException {
        for (Kind kind : Kind.values()) {
            Turns turns = new Turns(ReadyChannel.open(provider, kind));
            all.add(turns);
            turns.channel.register(selector, turns);
            racers.repeat(() -> turns.next(racers));
        }
    }

    private void finish(Selector selector) throws IOException {
        for (Turns turns : all) {
            assertTrue(turns.served.get() > 0, "never served");
            turns.channel.close();
        }
        selector.selectNow();
        assertEquals(Set.of(), selector.keys());
    }

    /** Interest off when it is selected, on again by a worker, with and without a wakeup. */
    @Test
    void workersThatSwitchInterestLoseNoEvent() throws Exception {
        ExecutorService workers = Executors.newFixedThreadPool(WORKERS);
        try (Selector selector = provider.openSelector(); Racers racers = new Racers(MILLIS)) {
            start(selector, racers);
            racers.repeat(() -> {
                selector.select(5);
                for (SelectionKey key : selector.selectedKeys()) {
                    key.interestOps(0);
                    workers.submit(() -> {
                        Turns turns = (Turns) key.attachment();
                        turns.serve();
                        key.interestOps(turns.channel.ops());
                        if (ThreadLocalRandom.current().nextBoolean()) {
                            selector.wakeup();
                        }
                        return null;
                    });
                }
                selector.selectedKeys().clear();
            });
            racers.join(GRACE_MILLIS);
            workers.shutdown();
            assertTrue(workers.awaitTermination(GRACE_MILLIS, TimeUnit.MILLISECONDS));
            finish(selector);
        } finally {
            workers.shutdownNow();
        }
    }

    /** The key that is selected may be the one before. */
    @Test
    void keysThatAreCancelledAndRegisteredAgainLoseNoEvent() throws Exception {
        AtomicInteger changes = new AtomicInteger();
        try (Selector selector = provider.openSelector(); Racers racers = new Racers(MILLIS)) {
            start(selector, racers);
            racers.repeat(() -> serve(selector));
            racers.repeat(() -> {
                Turns turns = all.get(ThreadLocalRandom.current().nextInt(all.size()));
                spin(ThreadLocalRandom.current().nextInt(MOST_SPINS));
                turns.channel.key(selector).cancel();
                selector.wakeup();
                registerAgain(turns, selector, racers);
                changes.incrementAndGet();
            });
            racers.join(GRACE_MILLIS);
            assertTrue(changes.get() > 0);
            finish(selector);
        }
    }

    private static void registerAgain(Turns turns, Selector selector, Racers racers) throws IOException {
        boolean registered = false;
        // The next select flushes the cancelled key; when the race is over there may be none.
        while (!registered && !racers.isOver()) {
            try {
                turns.channel.register(selector, turns);
                registered = true;
            } catch (CancelledKeyException e) {
                Thread.onSpinWait();
            }
        }
    }

    /** Taken away and given back at once, while the event comes. */
    @Test
    void interestThatIsTakenAwayForAMomentLosesNoEvent() throws Exception {
        try (Selector selector = provider.openSelector(); Racers racers = new Racers(MILLIS)) {
            start(selector, racers);
            racers.repeat(() -> serve(selector));
            racers.repeat(() -> {
                for (Turns turns : all) {
                    SelectionKey key = turns.channel.key(selector);
                    key.interestOps(0);
                    spin(ThreadLocalRandom.current().nextInt(MOST_SPINS));
                    key.interestOps(turns.channel.ops());
                }
                selector.wakeup();
            });
            racers.join(GRACE_MILLIS);
            finish(selector);
        }
    }

    /** The numbers of the closed descriptors are used again at once. */
    @Test
    void channelsThatAreClosedWhileTheirEventIsDeliveredLeaveNothing() throws Exception {
        try (Selector selector = provider.openSelector(); Racers racers = new Racers(MILLIS)) {
            racers.repeat(() -> {
                selector.select(1);
                for (SelectionKey key : selector.selectedKeys()) {
                    try {
                        key.interestOpsAnd(~key.readyOps());
                    } catch (CancelledKeyException e) {
                        // Closed since the select.
                        assertFalse(key.isValid());
                    }
                }
                selector.selectedKeys().clear();
            });
            for (Kind kind : Kind.values()) {
                racers.repeat(() -> {
                    try (ReadyChannel channel = ReadyChannel.open(provider, kind)) {
                        channel.register(selector);
                        selector.wakeup();
                        spin(ThreadLocalRandom.current().nextInt(MOST_SPINS));
                        channel.makeReady();
                        spin(ThreadLocalRandom.current().nextInt(MOST_SPINS));
                        channel.closeNear();
                    }
                });
            }
            racers.join(GRACE_MILLIS);
            selector.selectNow();
            assertEquals(Set.of(), selector.keys());
            assertEquals(Set.of(), selector.selectedKeys());
        }
    }

    private static void serve(Selector selector) throws IOException {
        selector.select(5);
        for (SelectionKey key : selector.selectedKeys()) {
            ((Turns) key.attachment()).serve();
        }
        selector.selectedKeys().clear();
    }

    private static void spin(int turns) {
        for (int i = 0; i < turns; i++) {
            Thread.onSpinWait();
        }
    }
}
