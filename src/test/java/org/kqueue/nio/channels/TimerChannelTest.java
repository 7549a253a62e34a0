package org.kqueue.nio.channels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.kqueue.robust.OpenDescriptors;

@Timeout(value = 1, unit = TimeUnit.MINUTES)
class TimerChannelTest {

    private static final String KERNELS = "org.kqueue.nio.channels.SelectLoop#kernels";
    private static final Duration LONG = Duration.ofHours(1);

    @ParameterizedTest
    @MethodSource(KERNELS)
    void countsExpirationsUntilTheyAreRead(String kernel) throws Exception {
        try (SelectLoop loop = new SelectLoop(kernel); TimerChannel timer = TimerChannel.open()) {
            SelectionKey key = loop.register(timer);
            loop.assertSilent();
            long start = System.nanoTime();
            timer.every(Duration.ofMillis(5));
            long expirations = 0;
            while (expirations < 10) {
                loop.awaitReadable(key);
                expirations += timer.read();
            }
            long millis = (System.nanoTime() - start) / 1_000_000;
            assertTrue(millis >= 50, "10 expirations of 5 ms came within " + millis + " ms");
            assertTrue(expirations <= millis / 5 + 1, expirations + " expirations of 5 ms in " + millis + " ms");
        }
    }

    @ParameterizedTest
    @MethodSource(KERNELS)
    void staysReadyUntilItIsRead(String kernel) throws Exception {
        try (SelectLoop loop = new SelectLoop(kernel); TimerChannel timer = TimerChannel.open()) {
            SelectionKey key = loop.register(timer);
            timer.after(Duration.ofMillis(1));
            loop.awaitReadable(key);
            loop.awaitReadable(key);
            assertEquals(1, timer.read());
            assertEquals(0, timer.read());
            loop.assertSilent();
        }
    }

    @ParameterizedTest
    @MethodSource(KERNELS)
    void expiresOnceAfterItsDelay(String kernel) throws Exception {
        try (SelectLoop loop = new SelectLoop(kernel); TimerChannel timer = TimerChannel.open()) {
            SelectionKey key = loop.register(timer);
            long start = System.nanoTime();
            timer.after(Duration.ofMillis(30));
            loop.awaitReadable(key);
            assertTrue(System.nanoTime() - start >= 30_000_000 - loop.tickNanos);
            assertEquals(1, timer.read());
            assertEquals(0, loop.selector.select(50));
            timer.after(Duration.ZERO);
            loop.awaitReadable(key);
            assertEquals(1, timer.read());
            timer.after(Duration.ofMillis(-5));
            loop.awaitReadable(key);
            assertEquals(1, timer.read());
        }
    }

    @ParameterizedTest
    @MethodSource(KERNELS)
    void expiresAtPointInTime(String kernel) throws Exception {
        try (SelectLoop loop = new SelectLoop(kernel); TimerChannel timer = TimerChannel.open()) {
            SelectionKey key = loop.register(timer);
            Instant at = Instant.now().plusMillis(40);
            timer.at(at);
            loop.awaitReadable(key);
            // A millisecond: clocks are read one after the other.
            assertTrue(!Instant.now().plusMillis(1).plusNanos(loop.tickNanos).isBefore(at));
            assertEquals(1, timer.read());
            assertEquals(0, loop.selector.select(20));
            timer.at(Instant.now().minusSeconds(5));
            loop.awaitReadable(key);
            assertEquals(1, timer.read());
        }
    }

    @ParameterizedTest
    @MethodSource(KERNELS)
    void setAgainReplacesWhatItWasSetTo(String kernel) throws Exception {
        try (SelectLoop loop = new SelectLoop(kernel); TimerChannel timer = TimerChannel.open()) {
            SelectionKey key = loop.register(timer);
            timer.every(Duration.ofMillis(1));
            loop.awaitReadable(key);
            timer.after(LONG);
            loop.assertNothingWithin(20, timer::read, 0L);
            timer.every(Duration.ofMillis(3));
            for (int i = 0; i < 3; i++) {
                loop.awaitReadable(key);
                assertTrue(timer.read() > 0);
            }
            timer.stop();
            loop.assertNothingWithin(20, timer::read, 0L);
            timer.stop();
        }
    }

    @Test
    void oneSelectorServesManyTimers() throws Exception {
        int n = 200;
        try (SelectLoop loop = new SelectLoop("freebsd")) {
            TimerChannel[] timers = new TimerChannel[n];
            try {
                for (int i = 0; i < n; i++) {
                    timers[i] = TimerChannel.open().after(Duration.ofMillis(i % 40));
                    loop.register(timers[i]).attach(i);
                }
                boolean[] expired = new boolean[n];
                for (int count = 0; count < n; ) {
                    loop.selector.select();
                    for (SelectionKey key : loop.selector.selectedKeys()) {
                        int i = (int) key.attachment();
                        long read = timers[i].read();
                        assertTrue(read == 0 || !expired[i], "timer " + i + " has expired twice");
                        expired[i] |= read > 0;
                        count += read > 0 ? 1 : 0;
                    }
                    loop.selector.selectedKeys().clear();
                }
                loop.assertSilent();
            } finally {
                for (TimerChannel timer : timers) {
                    if (timer != null) {
                        timer.close();
                    }
                }
            }
        }
    }

    @Test
    void blockingReadWaitsForTheExpiration() throws Exception {
        try (TimerChannel timer = TimerChannel.open()) {
            long start = System.nanoTime();
            assertEquals(1, timer.after(Duration.ofMillis(20)).read());
            assertTrue(System.nanoTime() - start >= 20_000_000 - SelectLoop.SYSTEM_TICK_NANOS);
        }
    }

    @Test
    void closeFromAnotherThreadEndsRead() throws Exception {
        TimerChannel timer = TimerChannel.open().every(LONG);
        CompletableFuture<Long> reading = CompletableFuture.supplyAsync(() -> {
            try {
                return timer.read();
            } catch (java.io.IOException e) {
                throw new java.util.concurrent.CompletionException(e);
            }
        });
        timer.close();
        Throwable failure = assertThrows(ExecutionException.class, () -> reading.get(20, TimeUnit.SECONDS)).getCause();
        // Or, if it began to read after the close, the other.
        assertTrue(failure instanceof AsynchronousCloseException || failure instanceof ClosedChannelException,
                failure::toString);
    }

    @Test
    void refusesPeriodsThatArePast() throws Exception {
        try (TimerChannel timer = TimerChannel.open()) {
            assertThrows(IllegalArgumentException.class, () -> timer.every(Duration.ZERO));
            assertThrows(IllegalArgumentException.class, () -> timer.every(Duration.ofMillis(-1)));
            assertThrows(NullPointerException.class, () -> timer.at(null));
        }
        TimerChannel closed = TimerChannel.open();
        closed.close();
        assertThrows(ClosedChannelException.class, () -> closed.every(LONG));
        assertThrows(ClosedChannelException.class, () -> closed.after(LONG));
        assertThrows(ClosedChannelException.class, closed::stop);
        assertThrows(ClosedChannelException.class, closed::read);
    }

    @Test
    void givesBackAllDescriptors() throws Exception {
        TimerChannel.open().every(LONG).close();
        int before = OpenDescriptors.count();
        for (int i = 0; i < 50; i++) {
            TimerChannel.open().every(LONG).close();
            TimerChannel.open().close();
        }
        OpenDescriptors.assertComesDownTo(before);
    }
}
