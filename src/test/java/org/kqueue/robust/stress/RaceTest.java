package org.kqueue.robust.stress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.spi.SelectorProvider;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.kqueue.nio.Providers;
import org.kqueue.robust.Await;
import org.kqueue.robust.OpenDescriptors;
import org.kqueue.robust.Pair;
import org.kqueue.robust.Racers;

/**
 * What other threads may do to a selector while one selects. Each race lasts {@code org.kqueue.race.millis} (700), so
 * that hours are a matter of a property; the smallest interleavings are those of {@code src/jcstress}.
 */
@Timeout(value = 24, unit = TimeUnit.HOURS)
class RaceTest {

    /**
     * Before Java 25 {@code Thread.interrupt()} looks for a selector that waits and sets the status after that. A
     * select that begins in between has not seen the one and is not told of the other: it goes on waiting, the JDK's
     * own selector too, until the next interrupt.
     */
    private static final boolean STATUS_COMES_LAST = Runtime.version().feature() < 25;
    private static final long INTERRUPT_AGAIN_NANOS = 2_000_000_000L;

    private static final long MILLIS = Long.getLong("org.kqueue.race.millis", 700);
    private static final long GRACE_MILLIS = 10_000;

    private final SelectorProvider provider = Providers.kqueue();
    private int descriptors;

    @BeforeEach
    void countDescriptors() throws IOException {
        // The JDK keeps one socket for good from the first close of a blocking channel on.
        provider.openSelector().close();
        Pair.open(provider).close();
        descriptors = OpenDescriptors.count();
    }

    @AfterEach
    void noDescriptorIsLeft() throws InterruptedException {
        OpenDescriptors.assertComesDownTo(descriptors);
    }

    /** Ping-pong: each wakeup must end one select; one that is lost hangs the pair. */
    @Test
    void noWakeupIsLost() throws Exception {
        AtomicLong answered = new AtomicLong();
        try (Selector selector = provider.openSelector();
                Racers racers = new Racers(MILLIS, () -> answered.get() > 100)) {
            AtomicLong asked = new AtomicLong();
            AtomicBoolean gone = new AtomicBoolean();
            racers.repeatThen(() -> gone.set(true), () -> {
                selector.select();
                answered.set(asked.get());
            });
            racers.run(() -> {
                while (!racers.isOver()) {
                    long number = asked.incrementAndGet();
                    selector.wakeup();
                    while (answered.get() < number && !gone.get()) {
                        Thread.onSpinWait();
                    }
                }
                return null;
            });
            // A lost wakeup shows as a hang, so nothing may end the selects but the race's own wakeups, and one last.
            racers.run(() -> {
                Await.within(Long.MAX_VALUE / 1_000_000, racers::isOver);
                asked.incrementAndGet();
                return selector.wakeup();
            });
            racers.join(GRACE_MILLIS);
            assertTrue(answered.get() > 100, "only " + answered + " wakeups were answered");
        }
    }

    /** The usual way to hand work to an event loop: enqueue, wakeup. */
    @Test
    void noTaskIsLeftBehindWhenManyThreadsWakeUp() throws Exception {
        ConcurrentLinkedQueue<Integer> queue = new ConcurrentLinkedQueue<>();
        AtomicInteger produced = new AtomicInteger();
        AtomicInteger consumed = new AtomicInteger();
        try (Selector selector = provider.openSelector(); Racers racers = new Racers(MILLIS)) {
            AtomicInteger producing = new AtomicInteger(4);
            for (int i = 0; i < 4; i++) {
                racers.repeatThen(producing::decrementAndGet, () -> {
                    queue.add(produced.incrementAndGet());
                    selector.wakeup();
                    if (ThreadLocalRandom.current().nextInt(50) == 0) {
                        // Lets the selecting thread come to wait.
                        Await.within(1, queue::isEmpty);
                    }
                });
            }
            racers.run(() -> {
                while (producing.get() > 0 || consumed.get() < produced.get()) {
                    selector.select(producing.get() > 0 ? 5_000 : 1);
                    while (queue.poll() != null) {
                        consumed.incrementAndGet();
                    }
                }
                return null;
            });
            racers.join(GRACE_MILLIS);
            assertEquals(produced.get(), consumed.get());
        }
    }

    @Test
    void aChannelRegisteredDuringASelectIsSelectedByTheNext() throws Exception {
        try (Selector selector = provider.openSelector(); Racers racers = new Racers(MILLIS)) {
            AtomicInteger registered = new AtomicInteger();
            AtomicInteger seen = new AtomicInteger();
            AtomicInteger registering = new AtomicInteger(2);
            racers.run(() -> {
                while (registering.get() > 0 || seen.get() < registered.get()) {
                    selector.select(1_000);
                    for (SelectionKey key : selector.selectedKeys()) {
                        if (key.isValid() && key.isReadable()) {
                            seen.incrementAndGet();
                            ((Pair) key.attachment()).close();
                        }
                    }
                    selector.selectedKeys().clear();
                }
                return null;
            });
            for (int i = 0; i < 2; i++) {
                racers.repeatThen(registering::decrementAndGet, () -> {
                    Pair pair = Pair.open(provider);
                    pair.far().write(ByteBuffer.wrap(new byte[1]));
                    registered.incrementAndGet();
                    pair.register(selector, SelectionKey.OP_READ);
                    selector.wakeup();
                    while (seen.get() < registered.get() - 20) {
                        Thread.onSpinWait();
                    }
                });
            }
            racers.join(GRACE_MILLIS);
            assertEquals(registered.get(), seen.get());
        }
    }

    @Test
    void interestOpsOfManyThreadsAreAllSeen() throws Exception {
        int sinks = 8;
        List<Pipe> pipes = new ArrayList<>();
        try (Selector selector = provider.openSelector(); Racers racers = new Racers(MILLIS)) {
            List<SelectionKey> keys = new ArrayList<>();
            List<AtomicInteger> turns = new ArrayList<>();
            for (int i = 0; i < sinks; i++) {
                Pipe pipe = provider.openPipe();
                pipes.add(pipe);
                pipe.sink().configureBlocking(false);
                turns.add(new AtomicInteger());
                keys.add(pipe.sink().register(selector, 0, turns.get(i)));
            }
            racers.run(() -> {
                while (!racers.isOver()) {
                    selector.select(1_000);
                    for (SelectionKey key : selector.selectedKeys()) {
                        // As a server that hands the key to a worker does.
                        key.interestOpsAnd(~SelectionKey.OP_WRITE);
                        ((AtomicInteger) key.attachment()).incrementAndGet();
                    }
                    selector.selectedKeys().clear();
                }
                return null;
            });
            for (int i = 0; i < sinks; i++) {
                SelectionKey key = keys.get(i);
                AtomicInteger turn = turns.get(i);
                racers.repeat(() -> {
                    int before = turn.get();
                    key.interestOpsOr(SelectionKey.OP_WRITE);
                    selector.wakeup();
                    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(GRACE_MILLIS / 2);
                    while (turn.get() == before && !racers.isOver()) {
                        assertTrue(System.nanoTime() - end < 0, "interest in writing is lost: " + key);
                        Thread.onSpinWait();
                    }
                });
            }
            racers.join(GRACE_MILLIS);
            for (AtomicInteger turn : turns) {
                assertTrue(turn.get() > 0, "a key was never selected");
            }
        }
        for (Pipe pipe : pipes) {
            pipe.sink().close();
            pipe.source().close();
        }
    }

    @Test
    void cancelAndCloseWhileSelectingLeaveNothing() throws Exception {
        try (Selector selector = provider.openSelector(); Racers racers = new Racers(MILLIS)) {
            racers.repeat(() -> {
                selector.select(key -> {
                    try {
                        assertTrue(key.readyOps() != 0);
                    } catch (CancelledKeyException e) {
                        assertFalse(key.isValid());
                    }
                }, 1);
            });
            for (int i = 0; i < 3; i++) {
                racers.repeat(() -> {
                    try (Pair pair = Pair.open(provider)) {
                        SelectionKey key = pair.register(selector, SelectionKey.OP_READ | SelectionKey.OP_WRITE);
                        if (ThreadLocalRandom.current().nextBoolean()) {
                            key.cancel();
                            assertThrows(CancelledKeyException.class, key::interestOps);
                        } else if (ThreadLocalRandom.current().nextBoolean()) {
                            pair.near().close();
                        } else {
                            key.interestOps(SelectionKey.OP_READ);
                        }
                    } catch (CancelledKeyException e) {
                        // The selecting thread has been faster.
                    }
                });
            }
            racers.join(GRACE_MILLIS);
            selector.selectNow();
            assertEquals(Set.of(), selector.keys());
            assertEquals(Set.of(), selector.selectedKeys());
        }
    }

    @Test
    void closingTheSelectorEndsASelectAndInvalidatesAll() throws Exception {
        try (Racers racers = new Racers(MILLIS)) {
            while (!racers.isOver()) {
                Selector selector = provider.openSelector();
                try (Pair pair = Pair.open(provider); Racers round = new Racers(1)) {
                    SelectionKey key = pair.register(selector, SelectionKey.OP_READ);
                    CyclicBarrier start = new CyclicBarrier(3);
                    round.run(() -> {
                        start.await();
                        try {
                            while (true) {
                                selector.select();
                            }
                        } catch (ClosedSelectorException e) {
                            return null;
                        }
                    });
                    round.run(() -> {
                        // A channel that was never registered would make close throw a NullPointerException: the JDK's
                        // SelectorImpl adds a key to the selector before it adds it to the channel.
                        try (Pair late = Pair.open(provider); Selector other = provider.openSelector()) {
                            late.register(other, SelectionKey.OP_READ);
                            start.await();
                            SelectionKey lateKey = late.register(selector, SelectionKey.OP_WRITE);
                            selector.wakeup();
                            return lateKey;
                        } catch (ClosedSelectorException | CancelledKeyException e) {
                            return null;
                        }
                    });
                    round.run(() -> {
                        start.await();
                        spin(ThreadLocalRandom.current().nextInt(20_000));
                        selector.close();
                        return null;
                    });
                    round.join(GRACE_MILLIS);
                    assertFalse(selector.isOpen());
                    assertFalse(key.isValid());
                    assertThrows(ClosedSelectorException.class, selector::keys);
                }
            }
        }
    }

    @Test
    void interruptEndsTheSelectAndStays() throws Exception {
        AtomicLong ended = new AtomicLong();
        try (Selector selector = provider.openSelector(); Racers racers = new Racers(MILLIS, () -> ended.get() > 10)) {
            AtomicLong sent = new AtomicLong();
            AtomicBoolean gone = new AtomicBoolean();
            CyclicBarrier[] hand = {new CyclicBarrier(2)};
            Thread[] selecting = new Thread[1];
            racers.run(() -> {
                selecting[0] = Thread.currentThread();
                hand[0].await();
                while (!racers.isOver()) {
                    selector.select();
                    assertTrue(Thread.interrupted(), "select came back without an interrupt");
                    long mine = ended.incrementAndGet();
                    // JDK 25 sets the status first and wakes the selector last: until interrupt() has returned, a
                    // wakeup may come. It is sticky and would end the next select, the JDK's own too; a selectNow takes
                    // it.
                    while (sent.get() < mine && !racers.isOver()) {
                        Thread.onSpinWait();
                    }
                    selector.selectNow();
                }
                gone.set(true);
                return null;
            });
            racers.run(() -> {
                hand[0].await();
                while (!racers.isOver()) {
                    long before = ended.get();
                    spin(ThreadLocalRandom.current().nextInt(2_000));
                    selecting[0].interrupt();
                    sent.incrementAndGet();
                    long since = System.nanoTime();
                    // The race may have ended between the look at the clock and the interrupt, which then ends nothing.
                    while (ended.get() == before && !gone.get()) {
                        Thread.onSpinWait();
                        if (STATUS_COMES_LAST && System.nanoTime() - since > INTERRUPT_AGAIN_NANOS) {
                            selecting[0].interrupt();
                            since = System.nanoTime();
                        }
                    }
                }
                selecting[0].interrupt();
                return null;
            });
            racers.join(GRACE_MILLIS);
            assertTrue(ended.get() > 10, "only " + ended + " interrupts");
        }
    }

    private static void spin(int turns) {
        for (int i = 0; i < turns; i++) {
            Thread.onSpinWait();
        }
    }
}
