package org.kqueue.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.kqueue.ChangeList;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.KeventFlags;
import org.kqueue.Kqueue;
import org.kqueue.KqueueConfig.Detail;
import org.kqueue.Wakeup;

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
    void softEventsLeaveRoomForTheRest() throws IOException {
        pair();
        pair("x", "y", Posix.SOCK_STREAM);
        write("b", 1);
        write("y", 1);
        assertEquals("", kevent(kq, 0, 0, "1 TIMER ADD|ONESHOT d=0", "2 TIMER ADD|ONESHOT d=0",
                "3 TIMER ADD|ONESHOT d=0",
                "4 TIMER ADD|ONESHOT d=0", "5 TIMER ADD|ONESHOT d=0"));
        assertEquals(0, Posix.poll(new byte[8], 0, 5));
        assertEquals("", kevent(kq, 0, 0, "a READ ADD", "a WRITE ADD", "x READ ADD", "x WRITE ADD"));
        Set<String> seen = new HashSet<>();
        for (int room = 1; room <= 6; room++) {
            for (int i = 0; i < 4; i++) {
                seen.addAll(Set.of(kevent(kq, room, 0).split("; ")));
            }
        }
        assertEquals(9, seen.size(), seen::toString);
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
        int number = fd("b");
        assertEquals("", kevent("b READ ADD"));
        close("b");
        ok(Posix.dup2(fd("y"), number));
        name("z", number);
        write("x", 1);
        assertEquals("z READ 0 u=9", kevent("z READ ADD u=9"), "the number's new file");
    }

    @Test
    void waitingAllocatesNothing() throws IOException {
        pair();
        write("b", 1);
        Wakeup wakeup = kq.newWakeup(5);
        EventList events = kq.newEventList(16);
        ChangeList changes = kq.newChangeList(2);
        assertEquals(1, kq.kevent(changes.add(fd("a"), Filter.EVFILT_READ, KeventFlags.EV_ADD, 1), events, 0));
        changes.clear().add(fd("a"), Filter.EVFILT_WRITE, KeventFlags.EV_ADD, 1)
                .add(fd("a"), Filter.EVFILT_WRITE, KeventFlags.EV_DISABLE, 1);
        long perCall = Long.MAX_VALUE;
        // Code that is not compiled yet allocates, and how soon it is compiled depends on the machine's load.
        long deadline = System.nanoTime() + 20_000_000_000L;
        while (perCall > 0 && System.nanoTime() < deadline) {
            long before = THREADS.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < 10_000; i++) {
                kq.kevent(changes, events, 0);
                wakeup.signal();
                kq.kevent(null, events, 1_000_000L);
            }
            perCall = Math.min(perCall, (THREADS.getCurrentThreadAllocatedBytes() - before) / 10_000);
        }
        assertEquals(0, perCall, "bytes for each round of changes, wakeup and wait");
    }
}
