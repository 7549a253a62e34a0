package org.kqueue.nio;

import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import org.kqueue.robust.Await;
import org.kqueue.robust.Pair;
import org.kqueue.robust.Task;

/** What ends a select: time, wakeup, interrupt, close; and what other threads may do meanwhile. */
@ParameterizedClass(name = "{0}")
@MethodSource("org.kqueue.nio.Providers#all")
class WakeupTest extends SelectorFixture {

    @Test
    void selectZeroWaitsForWakeup() throws Exception {
        Task<Integer> select = task(() -> selector.select(0)).awaitSelecting();
        assertFalse(select.isDone());
        assertSame(selector, selector.wakeup());
        assertEquals(0, select.get());
    }

    @Test
    void selectWithTheLongestTimeoutWaits() throws Exception {
        Task<Integer> select = task(() -> selector.select(Long.MAX_VALUE)).awaitSelecting();
        selector.wakeup();
        assertEquals(0, select.get());
        Task<Integer> month = task(() -> selector.select(TimeUnit.DAYS.toMillis(30))).awaitSelecting();
        selector.wakeup();
        assertEquals(0, month.get());
    }

    @Test
    void negativeTimeoutIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> selector.select(-1));
        assertThrows(IllegalArgumentException.class, () -> selector.select(key -> { }, -1));
    }

    @Test
    void timeoutIsKept() throws IOException {
        for (int millis : new int[] {1, 7, 50}) {
            long start = System.nanoTime();
            assertEquals(0, selector.select(millis));
            long took = System.nanoTime() - start;
            assertTrue(took >= TimeUnit.MILLISECONDS.toNanos(millis), () -> millis + " ms took " + took + " ns");
        }
    }

    @Test
    void wakeupIsKeptForTheNextSelect() throws IOException {
        selector.wakeup();
        assertEquals(0, selector.select());
        assertSilent(selector);
    }

    @Test
    void severalWakeupsAreOne() throws IOException {
        for (int i = 0; i < 100; i++) {
            selector.wakeup();
        }
        assertEquals(0, selector.select());
        assertSilent(selector);
    }

    @Test
    void selectNowClearsWakeup() throws IOException {
        selector.wakeup();
        assertEquals(0, selector.selectNow());
        assertSilent(selector);
        selector.wakeup();
        assertEquals(0, selector.selectNow(key -> { }));
        assertSilent(selector);
    }

    @Test
    void wokenSelectStillReportsWhatIsReady() throws IOException {
        Pipe pipe = pipe();
        write(pipe.sink(), 1);
        register(pipe.source(), OP_READ);
        selector.wakeup();
        assertEquals(1, selector.select());
        assertSilentAfterReading(pipe);
    }

    private void assertSilentAfterReading(Pipe pipe) throws IOException {
        read(pipe.source(), 1);
        assertSilent(selector);
    }

    @Test
    void noWakeupIsLostOrLeftOver() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        AtomicInteger answered = new AtomicInteger();
        int rounds = 5_000;
        Task<Void> waiter = task(() -> {
            while (answered.get() < rounds) {
                selector.select();
                answered.set(asked.get());
            }
            return null;
        });
        for (int i = 1; i <= rounds; i++) {
            asked.set(i);
            selector.wakeup();
            long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(DEADLINE_MILLIS);
            while (answered.get() < i) {
                assertTrue(System.nanoTime() < deadline, "wakeup " + i + " was lost");
                Thread.onSpinWait();
            }
        }
        waiter.get();
        selector.selectNow();
        assertSilent(selector);
    }

    @Test
    void interruptEndsSelectAndStays() throws Exception {
        Task<Boolean> select = task(() -> {
            selector.select();
            return Thread.interrupted();
        }).awaitSelecting();
        select.interrupt();
        assertTrue(select.get());
    }

    @Test
    void interruptBeforeSelectEndsItAtOnce() throws Exception {
        assertTrue(task(() -> {
            Thread.currentThread().interrupt();
            selector.select();
            boolean first = Thread.currentThread().isInterrupted();
            selector.select();
            return first && Thread.interrupted();
        }).get());
    }

    @Test
    void closeEndsSelect() throws Exception {
        SelectionKey key = register(pipe().source(), OP_READ);
        Task<Integer> select = task(() -> selector.select()).awaitSelecting();
        selector.close();
        assertEquals(0, select.get());
        assertFalse(key.isValid());
    }

    @Test
    void closedSelectorRefusesAllButCloseAndWakeup() throws IOException {
        Pipe pipe = pipe();
        SelectionKey key = register(pipe.source(), OP_READ);
        assertTrue(selector.isOpen());
        selector.close();
        selector.close();
        assertFalse(selector.isOpen());
        assertSame(selector, selector.wakeup());
        assertSame(provider.getClass(), selector.provider().getClass());
        assertThrows(ClosedSelectorException.class, selector::keys);
        assertThrows(ClosedSelectorException.class, selector::selectedKeys);
        assertThrows(ClosedSelectorException.class, selector::selectNow);
        assertThrows(ClosedSelectorException.class, selector::select);
        assertThrows(ClosedSelectorException.class, () -> selector.select(1));
        assertThrows(ClosedSelectorException.class, () -> selector.select(k -> { }));
        assertThrows(ClosedSelectorException.class, () -> selector.select(k -> { }, 1));
        assertThrows(ClosedSelectorException.class, () -> selector.selectNow(k -> { }));
        assertThrows(ClosedSelectorException.class, () -> pipe.source().register(selector, OP_READ));
        assertFalse(key.isValid());
        assertThrows(CancelledKeyException.class, key::interestOps);
        assertFalse(pipe.source().isRegistered());
        pipe.source().configureBlocking(true);
    }

    @Test
    void registerDuringSelectDoesNotBlockAndIsForTheNextOne() throws Exception {
        Task<Integer> select = task(() -> selector.select()).awaitSelecting();
        SocketChannel near = pair().near();
        SelectionKey key = task(() -> register(near, OP_WRITE)).get();
        assertTrue(selector.keys().contains(key));
        selector.wakeup();
        select.get();
        selectUntil(key, OP_WRITE);
    }

    @Test
    void interestAddedDuringSelectIsForTheNextOne() throws Exception {
        SelectionKey key = register(pair().near(), OP_READ);
        Task<Integer> select = task(() -> selector.select()).awaitSelecting();
        key.interestOps(OP_WRITE);
        // Not a proof, but a fair chance for a select that is wrong.
        assertFalse(Await.within(20, select::isDone));
        selector.wakeup();
        assertEquals(0, select.get());
        assertEquals(1, selector.select());
        assertEquals(OP_WRITE, key.readyOps());
    }

    @Test
    void interestTakenAwayDuringSelectDoesNotSpin() throws Exception {
        Pipe pipe = pipe();
        SelectionKey key = register(pipe.source(), OP_READ);
        Task<Integer> select = task(() -> selector.select()).awaitSelecting();
        key.interestOps(0);
        write(pipe.sink(), 1);
        selector.wakeup();
        assertTrue(select.get() <= 1);
        // The select may have returned before the wakeup, which is then kept for the next.
        selector.selectNow();
        assertSilent(selector);
    }

    @Test
    void selectHoldsTheMonitorsOfTheSelectorAndTheSelectedKeys() throws Exception {
        Task<Integer> select;
        synchronized (selector.selectedKeys()) {
            select = task(() -> selector.select());
            assertFalse(Await.within(20, select::isDone));
            assertFalse(Thread.holdsLock(selector));
        }
        select.awaitSelecting();
        Task<Boolean> other = task(() -> {
            synchronized (selector) {
                return true;
            }
        });
        assertFalse(Await.within(20, other::isDone));
        selector.wakeup();
        assertEquals(0, select.get());
        assertTrue(other.get());
    }

    @Test
    void cancelAndCloseDuringSelectDoNotBlock() throws Exception {
        Pipe pipe = pipe();
        Pair pair = pair();
        SelectionKey a = register(pipe.source(), OP_READ);
        SelectionKey b = register(pair.near(), OP_READ);
        Task<Integer> select = task(() -> selector.select()).awaitSelecting();
        task(() -> {
            a.cancel();
            pair.near().close();
            return null;
        }).get();
        assertFalse(a.isValid());
        assertFalse(b.isValid());
        selector.wakeup();
        assertEquals(0, select.get());
        assertTrue(selector.keys().isEmpty());
    }
}
