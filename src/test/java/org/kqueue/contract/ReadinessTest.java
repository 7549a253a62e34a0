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
import org.junit.jupiter.api.AfterEach;
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
import org.kqueue.linux.epoll.EpollCalls;
import org.kqueue.linux.epoll.LentCalls;
import org.kqueue.robust.Forked;

/** The embedded kqueue where events say readiness only, as a selector asks for; its calls are JNA's. */
class ReadinessTest extends Contract {

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final EpollCalls lentBefore = LentCalls.get();

    /** What makes its calls; null for JNA. */
    EpollCalls calls() {
        return null;
    }

    @AfterEach
    final void restoreCalls() {
        LentCalls.lend(lentBefore);
    }

    @BeforeEach
    final void openForReadiness() throws IOException {
        assumeTrue(subject.isEmbedded(), "only the embedded kqueue saves calls");
        kq.close();
        LentCalls.lend(calls());
        kq = Kqueue.open(subject.config().withDetail(Detail.READINESS));
    }

    @Test
    void bothFiltersOfADescriptor() {
        pair();
        assertEquals("a WRITE 0", kevent("a READ ADD", "a WRITE ADD"));
        write("b", 3);
        assertEquals("a READ 0; a WRITE 0", poll());
        assertEquals("a READ 0; a WRITE 0", poll());
        assertEquals("a READ 0", kevent("a WRITE DELETE"));
        assertEquals("a WRITE 0", kevent("a READ DISABLE", "a WRITE ADD"));
        assertEquals("a READ 0", kevent("a WRITE DISABLE", "a READ ENABLE"));
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
    void otherFiltersAreRefused() {
        assertEquals(Set.of(Filter.EVFILT_READ, Filter.EVFILT_WRITE),
                Arrays.stream(Filter.values()).filter(kq::supports).collect(Collectors.toSet()));
        assertEquals("1 TIMER ERROR EINVAL", kevent("1 TIMER ADD d=1"));
    }

    /** Pairs p0, q0 and so on, of which the first ends have a byte to read. */
    private void readyPairs(int pairs, String filters) {
        ChangeList changes = kq.newChangeList(2 * pairs);
        for (int i = 0; i < pairs; i++) {
            pair("p" + i, "q" + i, Posix.SOCK_STREAM);
            write("q" + i, 1);
            if (filters.contains("READ")) {
                changes.add(fd("p" + i), Filter.EVFILT_READ, KeventFlags.EV_ADD, 0);
            }
            if (filters.contains("WRITE")) {
                changes.add(fd("p" + i), Filter.EVFILT_WRITE, KeventFlags.EV_ADD, 0);
            }
        }
        assertDoesNotThrow(() -> kq.kevent(changes, null, 0));
    }

    /** The events of one call that does not wait; each must come once. */
    private Set<String> events(int room) {
        return assertDoesNotThrow(() -> {
            EventList events = kq.newEventList(room);
            Set<String> seen = new HashSet<>();
            int n = kq.kevent(null, events, 0);
            for (int i = 0; i < n; i++) {
                assertTrue(seen.add(text(events.event(i))), () -> "twice in " + events);
            }
            return seen;
        });
    }

    @Test
    void whatIsReadyIsReportedAsLongAsItIs() {
        readyPairs(10, "READ");
        for (int i = 0; i < 20; i++) {
            assertEquals(10, events(64).size());
        }
        read("p3", 1);
        assertEquals(9, events(64).size());
        assertFalse(events(64).contains("p3 READ 0"));
        write("q3", 2);
        assertTrue(events(64).contains("p3 READ 0"));
        read("p3", 1);
        assertTrue(events(64).contains("p3 READ 0"), "a byte is left");
        read("p3", 1);
        for (int i = 0; i < 10; i++) {
            read("p" + i, 1);
        }
        assertEquals(Set.of(), events(64));
        write("q5", 1);
        assertEquals("p5 READ 0", await());
        close("q5");
        read("p5", 1);
        assertEquals("p5 READ EOF", await(), "the end of the stream");
    }

    @Test
    void manyChangesInOneListCountAtOnce() {
        readyPairs(6, "READ");
        assertEquals("", kevent(kq, 0, 0, "p1 READ DELETE", "p2 READ DISABLE", "p3 WRITE ADD", "p4 READ ADD"));
        assertEquals(Set.of("p0 READ 0", "p3 READ 0", "p3 WRITE 0", "p4 READ 0", "p5 READ 0"), events(64));
        assertEquals("", kevent(kq, 0, 0, "p2 READ ENABLE", "p3 READ DELETE", "p1 READ ADD"));
        assertEquals(Set.of("p0 READ 0", "p1 READ 0", "p2 READ 0", "p3 WRITE 0", "p4 READ 0", "p5 READ 0"),
                events(64));
    }

    @Test
    void withLittleRoomNobodyStarves() {
        readyPairs(10, "READ WRITE");
        for (int room = 1; room <= 30; room++) {
            Set<String> seen = new HashSet<>();
            for (int i = 0; i < 60; i++) {
                Set<String> some = events(room);
                assertTrue(some.size() > 0 && some.size() <= room);
                seen.addAll(some);
            }
            assertEquals(20, seen.size(), "room for " + room);
        }
    }

    @Test
    void eventsCarryNoUdata() {
        pair();
        write("b", 1);
        assertEquals("a READ 0; a WRITE 0", kevent("a READ ADD u=1", "a WRITE ADD u=2"));
        assertEquals("7 TIMER ERROR EINVAL u=3", kevent("7 TIMER ADD d=1 u=3"), "an error has the change's");
    }

    @Test
    void aWakeupIsAnEventBesideOthersAlsoInAFullList() throws IOException {
        readyPairs(4, "READ WRITE");
        Wakeup wakeup = kq.newWakeup(5);
        for (int room = 1; room <= 9; room++) {
            wakeup.signal();
            wakeup.signal();
            int wakeups = 0;
            for (int i = 0; i < 20; i++) {
                EventList events = kq.newEventList(room);
                int n = kq.kevent(null, events, 0);
                assertTrue(n > 0 && n <= room);
                for (int k = 0; k < n; k++) {
                    wakeups += events.udata(k) == 5 ? 1 : 0;
                }
            }
            assertEquals(1, wakeups, "room for " + room);
        }
        assertThrows(IllegalStateException.class, () -> kq.newWakeup(6));
        wakeup.close();
        kq.newWakeup(6).signal();
        assertTrue(kevent(kq, 64, 0).contains("u=6"));
    }

    @Test
    void aForgottenDescriptorIsSilentWhileADuplicateIsOpen() throws IOException {
        pair();
        name("copy", ok(Posix.dup(fd("a"))));
        write("b", 1);
        assertEquals("a READ 0", kevent("a READ ADD"));
        assertTrue(kq.forget(fd("a")));
        assertEquals("", poll());
        close("a");
        assertWaitsQuietly();
        assertTrue(kq.forget(fd("copy")), "one without knotes");
        assertTrue(kq.forget(-1) && kq.forget(1L << 40));
    }

    @Test
    void aForgottenDescriptorThatWasClosedBeforeIsNoError() throws IOException {
        pair();
        assertEquals("", kevent("a READ ADD"));
        long number = fd("a");
        close("a");
        assertTrue(kq.forget(number));
    }

    @Test
    void aNumberThatIsReusedHasNothingOfTheOldFile() throws IOException {
        readyPairs(3, "READ");
        pair("x", "y", Posix.SOCK_STREAM);
        kq.forget(fd("p1"));
        ok(Posix.dup2(fd("x"), fd("p1")));
        write("y", 1);
        assertEquals(Set.of("p0 READ 0", "p2 READ 0"), events(64));
        assertEquals("p1 READ ERROR ENOENT", kevent("p1 READ DELETE"));
        assertEquals("", kevent(kq, 0, 0, "p1 READ ADD"));
        assertEquals(3, events(64).size());
        read("x", 1);
        assertEquals(2, events(64).size());
    }

    @Test
    void deletedAndAddedInOneListANumberMayBeAnotherFile() {
        pair();
        pair("x", "y", Posix.SOCK_STREAM);
        assertEquals("", kevent("a READ ADD"));
        ok(Posix.dup2(fd("x"), fd("a")));
        write("y", 1);
        assertEquals("a READ 0", kevent("a READ DELETE", "a READ ADD"));
        assertEquals("", kevent(kq, 0, 0, "a READ DELETE", "a WRITE ADD"));
        assertEquals("a WRITE 0", poll());
    }

    /** Nothing but the closed number could take epoll's item out. */
    @Test
    void aDescriptorClosedAgainstTheRulesSpinsNoWait() {
        for (int round = 0; round < 3; round++) {
            pair();
            pair("x", "y", Posix.SOCK_STREAM);
            moveAway("a");
            name("copy", ok(Posix.dup(fd("a"))));
            write("b", 1);
            assertEquals("a READ 0", kevent("a READ ADD", "x READ ADD|DISPATCH"));
            close("a");
            assertEquals("a READ ERROR EBADF", kevent("a READ DELETE"));
            assertWaitsQuietly();
            write("y", 1);
            assertEquals("x READ DISPATCH", await(), "the others are still there");
            close("copy");
            close("b");
        }
    }

    private void assertWaitsQuietly() {
        long before = THREADS.getCurrentThreadCpuTime();
        assertEquals("", kevent(kq, 4, 100_000_000));
        assertTrue(THREADS.getCurrentThreadCpuTime() - before < 50_000_000);
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
        assertWaitsQuietly();
        assertEquals("a READ EOF", kevent("a READ ENABLE"));
    }

    @Test
    void aResetIsAnErrorAndIsNotConsumed() {
        tcp();
        assertEquals("s WRITE DISPATCH", kevent("s READ ADD", "s WRITE ADD|DISPATCH"));
        ok(Posix.setsockopt(fd("c"), Posix.SOL_SOCKET, Posix.SO_LINGER, new int[] {1, 0}, 8));
        close("c");
        assertEquals("s READ EOF EIO", await());
        assertEquals("s READ EOF EIO; s WRITE DISPATCH|EOF EIO", kevent("s WRITE ENABLE"));
        assertEquals(-1, read("s", 1), "the error is still there for read");
        assertEquals("s READ EOF", poll());
    }

    /** As epoll has it. A selector finds that this makes nothing ready, and asks again 20 ms later. */
    @Test
    void aSocketThatIsNotConnectedIsAtItsEnd() {
        socket("listener", Posix.SOCK_STREAM);
        socket("client", Posix.SOCK_STREAM);
        String end = "client READ EOF; client WRITE EOF";
        assertEquals(end, kevent("client READ ADD", "client WRITE ADD"));
        assertEquals(end, poll());
        bind("listener");
        listen("listener");
        connect("client", address("listener"));
        assertEquals("client WRITE 0", await());
        assertEquals("client WRITE 0", poll());
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
        int huge = Integer.MAX_VALUE - 1;
        assertEquals(huge + " READ ERROR EBADF", kevent(huge + " READ ADD"));
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
        assertEquals("z READ 0", kevent("z READ ADD"), "the number's new file");
    }

    /** epoll takes neither /dev/null nor a regular file: EPERM, after the last change of the descriptor. */
    @Test
    void whatEpollRefusesIsAnErrorOfEachChange() {
        name("null", ok(Posix.open("/dev/null", Posix.O_RDONLY, 0)));
        String both = "null READ ERROR EPERM u=1; null WRITE ERROR EPERM u=2";
        assertEquals(both, kevent("null READ ADD u=1", "null WRITE ADD u=2"));
        assertEquals("null READ ERROR ENOENT; null WRITE ERROR ENOENT",
                kevent("null READ DELETE", "null WRITE DELETE"));
        assertEquals(both, kevent("null READ ADD|DISABLE u=1", "null WRITE ADD u=2"), "READ is not registered either");
        assertEquals(both, kevent("null READ ADD|RECEIPT u=1", "null WRITE ADD u=2"));
        assertEquals(both, kevent("null READ ADD u=1", "null WRITE ADD|RECEIPT u=2"));
        pair();
        assertEquals("a READ ERROR u=3; " + both, kevent("a READ ADD|RECEIPT u=3", "a WRITE ADD", "null READ ADD u=1",
                "null WRITE ADD u=2", "a WRITE DELETE"), "those of others are applied");
        assertEquals("", poll());
        write("b", 1);
        assertEquals("a READ 0", poll());
    }

    @Test
    void errorsComeInTheOrderOfTheChanges() {
        name("null", ok(Posix.open("/dev/null", Posix.O_RDONLY, 0)));
        assertEquals("null READ ERROR EPERM u=1; null WRITE ERROR EINVAL u=2; null WRITE ERROR EPERM u=3",
                kevent("null READ ADD u=1", "null WRITE ADD|CLEAR u=2", "null WRITE ADD u=3"));
        assertEquals("null READ ERROR EPERM u=1; null WRITE ERROR ENOENT u=2",
                kevent("null READ ADD u=1", "null WRITE DELETE u=2"));
    }

    @Test
    void withRoomForTooFewErrorsTheCallFails() {
        name("null", ok(Posix.open("/dev/null", Posix.O_RDONLY, 0)));
        pair();
        String[] changes = {"null READ ADD", "null WRITE ADD", "a WRITE ADD"};
        assertEquals("EPERM", kevent(kq, 0, 0, changes));
        assertEquals("EPERM", kevent(kq, 1, 0, changes));
        assertEquals("a WRITE ERROR ENOENT", kevent("a WRITE DELETE"), "not applied after that");
    }

    @Test
    void aSlotWithoutFilterIsSkippedAndHidesNoChangeBeforeIt() {
        assumeTrue(kq.layout().filter(0) == null, "0 is a filter in this ABI");
        pair();
        write("b", 1);
        assertEquals("a READ 0", kevent("a READ ADD", "a 0 0"));
        name("null", ok(Posix.open("/dev/null", Posix.O_RDONLY, 0)));
        assertEquals("null READ ERROR EPERM u=1; null WRITE ERROR EPERM u=3",
                kevent("null READ ADD u=1", "null 0 0 u=2", "null WRITE ADD u=3"));
    }

    /** Waits without end in another thread, which is in the kernel when this returns. */
    private CompletableFuture<String> waiter() {
        CompletableFuture<String> result = new CompletableFuture<>();
        EventList events = kq.newEventList(4);
        Thread waiter = new Thread(() -> {
            try {
                result.complete(kq.kevent(null, events, Kqueue.FOREVER) + " " + events.udata(0));
            } catch (IOException e) {
                result.complete(e.getClass().getSimpleName());
            }
        }, "waiter");
        waiter.start();
        assertTimeoutPreemptively(Duration.ofSeconds(20), () -> {
            while (!isInNativeWait(waiter.getStackTrace())) {
                Thread.onSpinWait();
            }
        });
        assertThrows(IllegalStateException.class, () -> kq.kevent(null, kq.newEventList(4), 1));
        return result;
    }

    private static boolean isInNativeWait(StackTraceElement[] stack) {
        return stack.length > 0 && stack[0].isNativeMethod() && stack[0].getMethodName().endsWith("wait");
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
        Forked.Result result = Forked.java(WaitAllocation.class, "--", kq.layout().name(),
                String.valueOf(calls() != null));
        assertEquals("0 bytes", result.lastLine(), result::output);
        assertEquals(0, result.status(), result::output);
    }
}
