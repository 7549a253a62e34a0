package org.kqueue.contract;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.kqueue.ChangeList;
import org.kqueue.ClosedKqueueException;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.KeventFlags;
import org.kqueue.Kqueue;
import org.kqueue.KqueueConfig.Detail;
import org.kqueue.Wakeup;
import org.kqueue.robust.Forked;

/** The embedded kqueue where events say readiness only, as a selector asks for. */
class ReadinessTest extends Contract {

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @BeforeEach
    void openForReadiness() throws IOException {
        assumeTrue(subject.isEmbedded(), "only the embedded kqueue saves calls");
        kq.close();
        kq = Kqueue.open(subject.config().withDetail(Detail.READINESS));
    }

    @Test
    void bothFiltersOfADescriptor() {
        pair();
        assertEquals("a WRITE 0 u=2", kevent("a READ ADD u=1", "a WRITE ADD u=2"));
        write("b", 3);
        assertEquals("a READ 0 u=1; a WRITE 0 u=2", poll());
        assertEquals("a READ 0 u=1; a WRITE 0 u=2", poll());
        assertEquals("a READ 0 u=1", kevent("a WRITE DELETE"));
        assertEquals("a WRITE 0 u=4", kevent("a READ DISABLE", "a WRITE ADD u=4"));
        assertEquals("a READ 0 u=5", kevent("a WRITE DISABLE", "a READ ENABLE u=5"));
        assertEquals("", kevent("a READ DELETE", "a WRITE DELETE"));
        assertEquals("a READ ERROR ENOENT; a WRITE ERROR ENOENT", kevent("a READ DELETE", "a WRITE ENABLE"));
    }

    @Test
    void withRoomForOneTheFiltersTakeTurns() {
        pair();
        pair("x", "y", Posix.SOCK_STREAM);
        write("b", 1);
        assertEquals("", kevent(kq, 0, 0, "a READ ADD", "a WRITE ADD", "x WRITE ADD"));
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < 6; i++) {
            seen.add(kevent(kq, 1, 0));
        }
        assertEquals(Set.of("a READ 0", "a WRITE 0", "x WRITE 0"), seen);
    }

    @Test
    void aShortListStarvesNobody() throws IOException {
        int pairs = 20;
        ChangeList changes = kq.newChangeList(2 * pairs);
        for (int i = 0; i < pairs; i++) {
            pair("p" + i, "q" + i, Posix.SOCK_STREAM);
            write("q" + i, 1);
            changes.add(fd("p" + i), Filter.EVFILT_READ, KeventFlags.EV_ADD, i)
                    .add(fd("p" + i), Filter.EVFILT_WRITE, KeventFlags.EV_ADD, 100 + i);
        }
        assertEquals(0, kq.kevent(changes, null, 0));
        for (int room = 1; room <= 7; room++) {
            EventList events = kq.newEventList(room);
            Set<Long> seen = new HashSet<>();
            for (int i = 0; i < 4 * pairs; i++) {
                int n = kq.kevent(null, events, 0);
                assertTrue(n > 0 && n <= room);
                for (int k = 0; k < n; k++) {
                    seen.add(events.udata(k));
                }
            }
            assertEquals(2 * pairs, seen.size(), "room for " + room);
        }
    }

    @Test
    void otherFiltersAreRefused() {
        assertEquals(Set.of(Filter.EVFILT_READ, Filter.EVFILT_WRITE),
                Arrays.stream(Filter.values()).filter(kq::supports).collect(Collectors.toSet()));
        assertEquals("1 TIMER ERROR EINVAL", kevent("1 TIMER ADD d=1"));
    }

    /** Pairs of which the first ends have been ready in so many calls that they are asked by poll. */
    private void longReady(int pairs, String filters) {
        ChangeList changes = kq.newChangeList(2 * pairs);
        for (int i = 0; i < pairs; i++) {
            pair("p" + i, "q" + i, Posix.SOCK_STREAM);
            write("q" + i, 1);
            if (filters.contains("READ")) {
                changes.add(fd("p" + i), Filter.EVFILT_READ, KeventFlags.EV_ADD, i);
            }
            if (filters.contains("WRITE")) {
                changes.add(fd("p" + i), Filter.EVFILT_WRITE, KeventFlags.EV_ADD, 100 + i);
            }
        }
        assertDoesNotThrow(() -> kq.kevent(changes, null, 0));
        int ready = (filters.contains("READ") ? pairs : 0) + (filters.contains("WRITE") ? pairs : 0);
        for (int i = 0; i < 20; i++) {
            assertEquals(ready, udatas(64).size(), "call " + i);
        }
    }

    /** The udata of all events of one call that does not wait; each must come once. */
    private Set<Long> udatas(int room) {
        return assertDoesNotThrow(() -> {
            EventList events = kq.newEventList(room);
            Set<Long> seen = new HashSet<>();
            int n = kq.kevent(null, events, 0);
            for (int i = 0; i < n; i++) {
                assertTrue(seen.add(events.udata(i)), () -> "twice in " + events);
            }
            return seen;
        });
    }

    @Test
    void whatIsReadyForLongIsReportedAsLongAsItIs() {
        longReady(10, "READ");
        read("p3", 1);
        assertEquals(9, udatas(64).size());
        assertFalse(udatas(64).contains(3L));
        write("q3", 2);
        assertTrue(udatas(64).contains(3L));
        read("p3", 1);
        assertTrue(udatas(64).contains(3L), "a byte is left");
        read("p3", 1);
        assertFalse(udatas(64).contains(3L));
        pair("x", "y", Posix.SOCK_STREAM);
        write("y", 1);
        assertDoesNotThrow(() -> kq.kevent(kq.newChangeList(1).add(fd("x"), Filter.EVFILT_READ, KeventFlags.EV_ADD, 77),
                null, 0));
        assertTrue(udatas(64).contains(77L), "what is new is seen beside them");
        assertEquals(10, udatas(64).size());
    }

    @Test
    void whatWasReadyForLongWakesAWaiter() {
        longReady(10, "READ");
        for (int round = 1; round < 4; round++) {
            for (int i = 0; i < 10; i++) {
                read("p" + i, 1);
            }
            assertEquals(Set.of(), udatas(64));
            write("q" + round, 1);
            assertEquals("p" + round + " READ 0 u=" + round, await());
            for (int i = 0; i < 10; i++) {
                if (i != round) {
                    write("q" + i, 1);
                }
            }
            for (int i = 0; i < 20; i++) {
                assertEquals(10, udatas(64).size());
            }
        }
    }

    @Test
    void aChangeOfWhatIsReadyForLongCountsAtOnce() {
        longReady(10, "READ");
        assertEquals("", kevent(kq, 0, 0, "p1 READ DELETE", "p2 READ DISABLE", "p3 WRITE ADD u=203",
                "p4 READ ADD u=204"));
        Set<Long> seen = udatas(64);
        assertEquals(Set.of(0L, 3L, 203L, 204L, 5L, 6L, 7L, 8L, 9L), seen);
        assertEquals("", kevent(kq, 0, 0, "p2 READ ENABLE u=2", "p3 READ DELETE", "p1 READ ADD u=1"));
        assertEquals(Set.of(0L, 1L, 2L, 203L, 204L, 5L, 6L, 7L, 8L, 9L), udatas(64));
        close("q5");
        assertEquals(10, udatas(64).size());
        read("p5", 1);
        assertTrue(udatas(64).contains(5L), "the end of the stream");
    }

    @Test
    void bothFiltersOfWhatIsReadyForLong() {
        longReady(10, "READ WRITE");
        read("p0", 1);
        Set<Long> seen = udatas(64);
        assertEquals(19, seen.size());
        assertTrue(seen.contains(100L) && !seen.contains(0L));
        fill("p1");
        assertEquals(18, udatas(64).size());
        drain("q1");
        assertTrue(udatas(64).contains(101L));
    }

    @Test
    void aNumberThatIsReusedHasNothingOfWhatWasReadyForLong() throws IOException {
        longReady(10, "READ");
        pair("x", "y", Posix.SOCK_STREAM);
        kq.forget(fd("p4"));
        ok(Posix.dup2(fd("x"), fd("p4")));
        write("y", 1);
        assertEquals(9, udatas(64).size());
        assertEquals("", kevent(kq, 0, 0, "p4 READ ADD u=55"));
        Set<Long> seen = udatas(64);
        assertEquals(10, seen.size());
        assertTrue(seen.contains(55L) && !seen.contains(4L));
        read("x", 1);
        assertEquals(9, udatas(64).size());
    }

    @Test
    void withLittleRoomNothingThatIsReadyForLongStarves() {
        longReady(10, "READ WRITE");
        for (int room = 1; room <= 30; room++) {
            Set<Long> seen = new HashSet<>();
            for (int i = 0; i < 60; i++) {
                Set<Long> some = udatas(room);
                assertTrue(some.size() > 0 && some.size() <= room);
                seen.addAll(some);
            }
            assertEquals(20, seen.size(), "room for " + room);
        }
    }

    @Test
    void oneThatIsReadyForLongIsAskedWhereItIsAllThereIs() {
        longReady(1, "READ");
        read("p0", 1);
        assertEquals(Set.of(), udatas(8));
        write("q0", 1);
        assertEquals("p0 READ 0", await());
        Wakeup wakeup = assertDoesNotThrow(() -> kq.newWakeup(5));
        for (int i = 0; i < 20; i++) {
            assertEquals(Set.of(0L), udatas(8));
        }
        assertDoesNotThrow(wakeup::signal);
        read("p0", 1);
        assertEquals(Set.of(5L), udatas(8));
    }

    @Test
    void dispatchOfOneFilterLeavesTheOther() {
        pair();
        write("b", 1);
        assertEquals("a READ DISPATCH; a WRITE 0", kevent("a READ ADD|DISPATCH", "a WRITE ADD"));
        assertEquals("a WRITE 0", poll());
        assertEquals("a READ DISPATCH; a WRITE 0", kevent("a READ ENABLE"));
        assertEquals("", kevent("a WRITE DELETE"));
        assertEquals("a READ DISPATCH", kevent("a READ ENABLE"));
        assertEquals("", poll());
    }

    @Test
    void dispatchOfBoth() {
        pair();
        assertEquals("a WRITE DISPATCH", kevent("a READ ADD|DISPATCH", "a WRITE ADD|DISPATCH"));
        assertEquals("", poll());
        write("b", 1);
        assertEquals("a READ DISPATCH", poll());
        assertEquals("", poll());
        close("b");
        assertEquals("", poll());
        assertEquals("a READ DISPATCH|EOF; a WRITE DISPATCH|EOF", kevent("a READ ENABLE", "a WRITE ENABLE"));
        assertEquals("", poll());
    }

    @Test
    void aDisabledDescriptorIsSilentWhenItsPeerIsGone() {
        pair();
        assertEquals("", kevent("a READ ADD"));
        assertEquals("", kevent("a READ DISABLE"));
        close("b");
        long before = THREADS.getCurrentThreadCpuTime();
        assertEquals("", kevent(kq, 4, 100_000_000));
        assertTrue(THREADS.getCurrentThreadCpuTime() - before < 50_000_000);
        assertEquals("a READ EOF", kevent("a READ ENABLE"));
    }

    @Test
    void aFreshSocketIsSilentUntilItIsConnected() {
        for (String kind : new String[] {"0", "DISPATCH"}) {
            String client = "c" + kind;
            String listener = "l" + kind;
            socket(listener, Posix.SOCK_STREAM);
            socket(client, Posix.SOCK_STREAM);
            assertEquals("", kevent(client + " READ ADD|" + kind, client + " WRITE ADD|" + kind, listener + " READ ADD|"
                    + kind));
            long before = THREADS.getCurrentThreadCpuTime();
            assertEquals("", kevent(kq, 4, 100_000_000));
            assertTrue(THREADS.getCurrentThreadCpuTime() - before < 50_000_000);
            bind(listener);
            listen(listener);
            connect(client, address(listener));
            String events = await();
            for (String more = poll(); !more.isEmpty() && !events.contains(more); more = poll()) {
                events += "; " + more;
            }
            assertTrue(events.contains(client + " WRITE " + kind) && events.contains(listener + " READ " + kind),
                    events);
            assertEquals(kind.equals("0"), !poll().isEmpty());
            assertEquals("", kevent(kq, 0, 0, client + " READ DELETE", client + " WRITE DELETE", listener
                    + " READ DELETE"));
        }
    }

    @Test
    void edgesAreRefused() {
        pair();
        assertEquals("a READ ERROR EINVAL", kevent("a READ ADD|CLEAR"));
        assertEquals("a READ ERROR EINVAL", kevent("a READ ADD|ONESHOT"));
        assertEquals("a READ ERROR ENOENT", kevent("a READ DELETE"));
    }

    @Test
    void aBadDescriptorLeavesNothingBehind() {
        int bad = badFd();
        assertEquals(bad + " READ ERROR EBADF u=1", kevent(bad + " READ ADD u=1"));
        assertEquals(bad + " READ ERROR ENOENT", kevent(bad + " READ DELETE"));
        pair();
        pair("x", "y", Posix.SOCK_STREAM);
        moveAway("b");
        int number = fd("b");
        assertEquals("", kevent("b READ ADD"));
        close("b");
        ok(Posix.dup2(fd("y"), number));
        name("z", number);
        write("x", 1);
        assertEquals("z READ 0 u=9", kevent("z READ ADD u=9"), "the number's new file");
    }

    /** Waits without end in another thread. Complete when a call of this one has found that thread in the kernel. */
    private CompletableFuture<String> waiter() {
        CompletableFuture<String> waiter = CompletableFuture.supplyAsync(() -> {
            while (true) {
                try {
                    EventList events = kq.newEventList(4);
                    return kq.kevent(null, events, Kqueue.FOREVER) + " " + events.udata(0);
                } catch (IllegalStateException e) {
                    Thread.onSpinWait();
                } catch (IOException e) {
                    return e.getClass().getSimpleName();
                }
            }
        }, waiting -> new Thread(waiting, "waiter").start());
        EventList events = kq.newEventList(4);
        assertTimeoutPreemptively(Duration.ofSeconds(20), () -> {
            while (true) {
                try {
                    assertEquals(0, kq.kevent(null, events, 0));
                } catch (IllegalStateException e) {
                    return;
                }
            }
        });
        assertThrows(IllegalStateException.class, () -> kq.kevent(null, events, 1));
        return waiter;
    }

    @Test
    void aSecondCallIsRefusedAndDisturbsNothing() throws Exception {
        Wakeup wakeup = kq.newWakeup(7);
        CompletableFuture<String> waiter = waiter();
        wakeup.signal();
        assertEquals("1 7", waiter.get(20, TimeUnit.SECONDS));
        pair();
        write("b", 1);
        assertEquals("a READ 0", kevent("a READ ADD"));
    }

    @Test
    void aCloseEndsAWait() throws Exception {
        CompletableFuture<String> waiter = waiter();
        kq.close();
        assertEquals("ClosedKqueueException", waiter.get(20, TimeUnit.SECONDS));
        assertThrows(ClosedKqueueException.class, () -> kq.kevent(null, kq.newEventList(1), 0));
    }

    @Test
    void aWakeupCannotBeSignalledAfterTheClose() throws Exception {
        Wakeup wakeup = kq.newWakeup(7);
        kq.close();
        assertThrows(ClosedKqueueException.class, wakeup::signal);
    }

    @Test
    void waitingAllocatesNothing() throws Exception {
        Forked.Result result = Forked.java(WaitAllocation.class, "--", kq.layout().name());
        assertEquals("0 bytes", result.lastLine(), result::output);
        assertEquals(0, result.status(), result::output);
    }
}
