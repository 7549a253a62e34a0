package org.kqueue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What {@link Kqueue#kevent} does around the backend's call. */
@Timeout(30)
class KqueueTest {

    private final ScriptedKqueue kq = new ScriptedKqueue();
    private final ChangeList changes = kq.newChangeList(1).add(7, Filter.EVFILT_READ, KeventFlags.EV_ADD, 3);

    private static int oneEvent(EventList events) {
        events.append(7, -1, 0, 0, 5, 3);
        return 1;
    }

    @Test
    void submitsChangesAndWaitsInOneCall() throws Exception {
        EventList events = kq.newEventList(4);
        kq.answer(KqueueTest::oneEvent);
        assertEquals(1, kq.kevent(changes, events, Kqueue.FOREVER));
        assertEquals(1, kq.seen.size());
        assertEquals("[EVFILT_READ ident=7 EV_ADD udata=0x3]", kq.seen.get(0).changes());
        assertEquals("EVFILT_READ ident=7 0 data=5 udata=0x3", events.event(0).toString());
    }

    @Test
    void waitsOnWithoutChangesAfterAnInterruption() throws Exception {
        kq.answer(-Errno.EINTR).answer(KqueueTest::oneEvent);
        assertEquals(1, kq.kevent(changes, kq.newEventList(4), Duration.ofSeconds(5)));
        assertEquals("[]", kq.seen.get(1).changes());
        long left = kq.seen.get(1).timeoutNanos();
        assertTrue(left > 0 && left < TimeUnit.SECONDS.toNanos(5), () -> "left " + left);
    }

    @Test
    void anInterruptedPollReturnsNothing() throws Exception {
        kq.answer(-Errno.EINTR);
        assertEquals(0, kq.kevent(changes, kq.newEventList(4), 0));
        assertEquals(1, kq.seen.size());
    }

    @Test
    void waitsUntilTheDeadlineWhenTheBackendReturnsEarly() throws Exception {
        long start = System.nanoTime();
        assertEquals(0, kq.kevent(null, kq.newEventList(4), Duration.ofMillis(20)));
        assertTrue(System.nanoTime() - start >= TimeUnit.MILLISECONDS.toNanos(20));
    }

    @Test
    void returnsZeroAtOnceWhereAReceiptFoundNoRoom() throws Exception {
        ChangeList receipt = kq.newChangeList(1)
                .add(7, Filter.EVFILT_READ, KeventFlags.EV_ADD | KeventFlags.EV_RECEIPT, 0);
        assertEquals(0, kq.kevent(receipt, kq.newEventList(1), Kqueue.FOREVER));
        assertEquals(1, kq.seen.size());
    }

    @Test
    void returnsAtOnceWithoutRoomForEvents() throws Exception {
        assertEquals(0, kq.kevent(changes, null, Kqueue.FOREVER));
        assertEquals(0, kq.kevent(null, kq.newEventList(0), Kqueue.FOREVER));
        assertEquals(2, kq.seen.size());
    }

    @Test
    void namesCallErrnoDescriptorAndKeventOfAFailure() {
        kq.answer(-Errno.ENOENT);
        KeventException e = assertThrows(KeventException.class, () -> kq.kevent(changes, null, 0));
        assertEquals("kevent(kqfd=42): ENOENT (2): EVFILT_READ ident=7 EV_ADD udata=0x3", e.getMessage());
        assertEquals(Errno.ENOENT, e.errno());
        assertEquals("ENOENT", e.errnoName());
        assertEquals("kevent", e.call());
    }

    @Test
    void refusesANegativeTimeoutAsTheKernelDoes() {
        assertEquals(Errno.EINVAL,
                assertThrows(KeventException.class, () -> kq.kevent(null, null, Duration.ofNanos(-5))).errno());
        assertEquals(Errno.EINVAL, assertThrows(KeventException.class,
                () -> kq.kevent(null, null, Duration.ofSeconds(Long.MIN_VALUE))).errno());
        assertTrue(kq.seen.isEmpty());
    }

    @Test
    void takesTheLongestDurationAsForever() throws Exception {
        kq.answer(KqueueTest::oneEvent);
        kq.kevent(null, kq.newEventList(1), Duration.ofSeconds(Long.MAX_VALUE));
        assertEquals(Kqueue.FOREVER, kq.seen.get(0).timeoutNanos());
    }

    @Test
    void refusesAListOfAnotherLayout() {
        ChangeList ofAnotherAbi = new ChangeList(new KeventLayoutBuilder("other").build(), 1);
        assertThrows(IllegalArgumentException.class, () -> kq.kevent(ofAnotherAbi, null, 0));
    }

    @Test
    void refusesAnEventListThatIsInUse() throws Exception {
        EventList events = kq.newEventList(1);
        kq.answer(list -> {
            assertThrows(IllegalStateException.class, () -> kq.kevent(null, list, 0));
            return 0;
        });
        kq.kevent(null, events, 0);
        kq.kevent(null, events, 0);
        kq.close();
        assertEquals(1, kq.released.get());
    }

    @Test
    void closeEndsAWaitAndReleasesAfterIt() throws Exception {
        kq.waitForClose();
        CompletableFuture<Integer> waiter = CompletableFuture.supplyAsync(() -> {
            try {
                return kq.kevent(null, kq.newEventList(1), Kqueue.FOREVER);
            } catch (ClosedKqueueException e) {
                return -1;
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        });
        kq.waiting.await();
        kq.close();
        assertEquals(1, kq.released.get());
        assertEquals(-1, waiter.get(10, TimeUnit.SECONDS));
        kq.close();
        assertEquals(1, kq.released.get());
        assertFalse(kq.isOpen());
        assertThrows(ClosedKqueueException.class, () -> kq.kevent(null, null, 0));
    }

    @Test
    void aBackendThatThrowsLeavesTheKqueueUsable() throws Exception {
        kq.answer(events -> {
            throw new IllegalStateException("broken");
        });
        EventList events = kq.newEventList(1);
        assertThrows(IllegalStateException.class, () -> kq.kevent(null, events, 0));
        assertEquals(0, kq.kevent(null, events, 0));
        kq.close();
        assertEquals(1, kq.released.get());
    }

    @Test
    void keepsTheInterruptStatusOfTheClosingThread() throws Exception {
        Thread.currentThread().interrupt();
        kq.close();
        assertTrue(Thread.interrupted());
    }

    @Test
    void namesTheBackendsThatExist() {
        KqueueConfig config = new KqueueConfig("nonsense", null, null, KqueueConfig.Detail.FULL);
        String message = assertThrows(IllegalArgumentException.class, () -> Kqueue.open(config)).getMessage();
        assertTrue(message.startsWith("org.kqueue.backend=nonsense is unknown; allowed: auto, "), message);
        assertTrue(message.contains("system, embedded"), message);
    }

    @Test
    void waitsForAVirtualThreadOnAPlatformThread() throws ExecutionException, InterruptedException {
        int result = VirtualThreads.await(() -> Thread.currentThread().isDaemon() ? 5 : 6);
        assertEquals(5, result);
        assertThrows(IllegalStateException.class, () -> VirtualThreads.await(() -> {
            throw new IllegalStateException("from the other thread");
        }));
    }
}
