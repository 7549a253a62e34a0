package org.kqueue.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;
import org.kqueue.ChangeList;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.KeventFlags;

/** EVFILT_WRITE on sockets and pipes. */
class WriteFilterTest extends Contract {

    @Test
    void repeatsWhileThereIsRoom() {
        pair();
        assertEquals("a WRITE 0 u=3", kevent("a WRITE ADD u=3"));
        assertEquals("a WRITE 0 u=3", poll());
        assertEquals("", kevent("a WRITE DELETE"));
        assertEquals("a WRITE ERROR ENOENT", kevent("a WRITE DELETE"));
    }

    @Test
    void isSilentWhileFull() {
        pair();
        fill("a");
        assertEquals("", kevent("a WRITE ADD"));
        drain("b");
        assertEquals("a WRITE 0", poll());
    }

    @Test
    void clearFiresAgainWhenDrained() {
        pair();
        assertEquals("a WRITE CLEAR", kevent("a WRITE ADD|CLEAR"));
        assertEquals("", poll());
        fill("a");
        assertEquals("", poll());
        drain("b");
        assertEquals("a WRITE CLEAR", poll());
        assertEquals("", poll());
    }

    @Test
    void oneshotDispatchAndDisable() {
        pair();
        assertEquals("a WRITE ONESHOT", kevent("a WRITE ADD|ONESHOT"));
        assertEquals("", poll());
        assertEquals("a WRITE DISPATCH", kevent("a WRITE ADD|DISPATCH"));
        assertEquals("", poll());
        assertEquals("a WRITE DISPATCH", kevent("a WRITE ENABLE"));
        assertEquals("", kevent("a WRITE DISABLE"));
        assertEquals("", poll());
        assertEquals("a WRITE DISPATCH", kevent("a WRITE ENABLE"));
    }

    @Test
    void dispatchOfOneFilterLeavesTheOther() {
        pair();
        write("b", 1);
        assertEquals("a READ DISPATCH d=1; a WRITE 0", kevent("a READ ADD|DISPATCH", "a WRITE ADD"));
        assertEquals("a WRITE 0", poll());
        assertEquals("a WRITE 0; a READ DISPATCH d=1", kevent("a READ ENABLE"));
    }

    @Test
    void aPipeWithoutReader() {
        pipe();
        assertEquals("w WRITE 0", kevent("w WRITE ADD"));
        close("r");
        freebsdRule();
        assertEquals("w WRITE ONESHOT|EOF", poll());
        assertEquals("", poll());
        assertEquals("w WRITE ERROR ENOENT", kevent("w WRITE DELETE"));
        assertEquals("w WRITE ERROR EPIPE", kevent("w WRITE ADD"));
    }

    @Test
    void thePeersCloseIsEndOfFile() {
        pair();
        assertEquals("a WRITE 0", kevent("a WRITE ADD"));
        close("b");
        assertEquals("a WRITE EOF", poll());
        assertEquals("a WRITE EOF", poll());
    }

    @Test
    void thePeersCloseFiresAClearKnoteOnce() {
        pair();
        assertEquals("a WRITE CLEAR", kevent("a WRITE ADD|CLEAR"));
        assertEquals("", poll());
        close("b");
        String told = poll();
        // FreeBSD 15 does not tell a knote that is there.
        assertTrue(told.equals("a WRITE CLEAR|EOF") || told.isEmpty() && !subject.isEmbedded(), told);
        assertEquals("", poll());
        assertEquals("a WRITE CLEAR|EOF", kevent("a WRITE DELETE", "a WRITE ADD|CLEAR"));
        assertEquals("", poll());
    }

    @Test
    void aListenerIsNeverWritable() {
        socket("l", Posix.SOCK_STREAM);
        bind("l");
        listen("l");
        assertEquals("", kevent("l WRITE ADD"));
        socket("c", Posix.SOCK_STREAM);
        connect("c", address("l"));
        assertEquals("", poll());
    }

    @Test
    void aFreshSocketIsSilentAndCostsNothing() {
        socket("s", Posix.SOCK_STREAM);
        assertEquals("", kevent("s WRITE ADD", "s READ ADD"));
        long before = cpuNanos();
        assertEquals("", kevent(kq, 8, 300_000_000L));
        long used = cpuNanos() - before;
        assertTrue(used < 100_000_000L, () -> used + " ns of CPU in a wait of 300 ms");
    }

    private static long cpuNanos() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    @Test
    void registeredBeforeConnect() {
        socket("l", Posix.SOCK_STREAM);
        bind("l");
        listen("l");
        for (String kind : new String[] {"0", "CLEAR", "ONESHOT", "DISPATCH"}) {
            String client = "c" + kind;
            socket(client, Posix.SOCK_STREAM);
            assertEquals("", kevent(client + " WRITE ADD|" + kind, client + " READ ADD|" + kind));
            connect(client, address("l"));
            assertEquals(client + " WRITE " + kind, await());
            assertEquals("0".equals(kind) ? client + " WRITE 0" : "", poll());
            close(client);
        }
    }

    @Test
    void aRefusedConnectIsEndOfFileAndKeepsItsError() {
        socket("l", Posix.SOCK_STREAM);
        bind("l");
        byte[] address = address("l");
        close("l");
        socket("c", Posix.SOCK_STREAM);
        connect("c", address);
        String event = await("c WRITE ADD");
        assertTrue(event.startsWith("c WRITE EOF"), event);
        if (subject.isEmbedded()) {
            assertEquals("c WRITE EOF ECONNREFUSED", event);
        }
        int[] error = new int[1];
        ok(Posix.getsockopt(fd("c"), Posix.SOL_SOCKET, Posix.SO_ERROR, error, new int[] {4}));
        assertEquals(Posix.ECONNREFUSED, error[0], "ECONNREFUSED is still there for the program");
        freebsdRule();
        assertEquals("c WRITE EOF", poll());
    }

    @Test
    void aRefusedConnectOfARegisteredSocket() {
        socket("l", Posix.SOCK_STREAM);
        bind("l");
        byte[] address = address("l");
        close("l");
        socket("c", Posix.SOCK_STREAM);
        assertEquals("", kevent("c READ ADD", "c WRITE ADD"));
        connect("c", address);
        String events = await();
        assertTrue(events.contains("c WRITE EOF") && events.contains("c READ EOF"), events);
    }

    @Test
    void datagramSocketsAreWritableAtOnce() {
        socket("u", Posix.SOCK_DGRAM);
        assertEquals("u WRITE 0", kevent("u WRITE ADD"));
    }

    @Test
    void lowWaterMark() {
        freebsdRule();
        pair();
        assertEquals("a WRITE 0", kevent("a WRITE ADD f=LOWAT d=100"));
        assertEquals("", kevent("a WRITE ADD f=LOWAT d=100000000"));
        assertEquals("a WRITE 0", kevent("a WRITE ADD"));
    }

    @Test
    void unixStreamClearFollowsThePeersReads() {
        freebsdRule();
        pair();
        assertEquals("a WRITE CLEAR", kevent("a WRITE ADD|CLEAR"));
        write("a", 10);
        assertEquals("", poll(), "own writes do not fire it");
        read("b", 5);
        read("b", 5);
        assertEquals("a WRITE CLEAR", poll());
        assertEquals("", poll());
    }

    @Test
    void disabledOneshotAndReceiptOfAFullSocket() {
        pair();
        assertEquals("a WRITE ERROR u=1", kevent("a WRITE ADD|RECEIPT u=1"));
        freebsdRule();
        assertEquals("a WRITE RECEIPT u=1", poll());
        assertEquals("", kevent("a WRITE DISABLE"));
        fill("a");
        assertEquals("", kevent("a WRITE ENABLE"));
        drain("b");
        assertEquals("a WRITE RECEIPT", poll());
    }

    @Test
    void theSpaceOfAPipe() throws IOException {
        pipe();
        EventList events = kq.newEventList(1);
        ChangeList add = kq.newChangeList(1).add(fd("w"), Filter.EVFILT_WRITE, KeventFlags.EV_ADD, 0);
        assertEquals(1, kq.kevent(add, events, 0));
        freebsdRule();
        long empty = events.data(0);
        assertTrue(empty >= 512, events::toString);
        write("w", 1000);
        assertEquals(1, kq.kevent(null, events, 0));
        assertEquals(empty - 1000, events.data(0));
        while (Posix.write(fd("w"), new byte[4096], 4096) > 0) {
            continue;
        }
        assertEquals(0, kq.kevent(null, events, 0));
        drain("r");
        assertEquals(1, kq.kevent(null, events, 0));
    }

    @Test
    void tcpSpaceIsThatOfTheBuffer() throws IOException {
        tcp();
        EventList events = kq.newEventList(1);
        ChangeList add = kq.newChangeList(1).add(fd("c"), Filter.EVFILT_WRITE, KeventFlags.EV_ADD, 0);
        assertEquals(1, kq.kevent(add, events, 5_000_000_000L));
        assertTrue(events.data(0) > 1000, events::toString);
        fill("c");
        drain("s");
        awaitText("c WRITE 0");
    }
}
