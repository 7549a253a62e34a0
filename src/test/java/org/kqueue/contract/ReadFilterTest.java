package org.kqueue.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.kqueue.ChangeList;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.KeventFlags;

/** EVFILT_READ on sockets and pipes. */
class ReadFilterTest extends Contract {

    @Test
    void isSilentWhenDeletedWithDataPending() {
        pair();
        write("a", 5);
        assertEquals("", kevent(kq, 0, 0, "b READ ADD"));
        assertEquals("", kevent("b READ DELETE"));
        assertEquals("b READ ERROR ENOENT", kevent("b READ DELETE"));
        assertEquals("b READ ERROR ENOENT", kevent("b READ 0"));
        assertEquals("", poll());
    }

    @Test
    void repeatsWithTheNumberOfBytesUntilTheyAreRead() {
        pair();
        assertEquals("", kevent("b READ ADD u=7"));
        write("a", 1);
        assertEquals("b READ 0 d=1 u=7", poll());
        write("a", 41);
        assertEquals("b READ 0 d=42 u=7", poll());
        assertEquals("b READ 0 d=42 u=7", poll());
        drain("b");
        assertEquals("", poll());
    }

    @Test
    void countsBytesInAPipe() {
        pipe();
        assertEquals("", kevent("r READ ADD"));
        write("w", 3);
        write("w", 4);
        assertEquals("r READ 0 d=7", poll());
        read("r", 5);
        assertEquals("r READ 0 d=2", poll());
    }

    @Test
    void aDisabledKnoteHidesAndEnableRevealsWhatCameMeanwhile() {
        pair();
        write("a", 5);
        assertEquals("b READ 0 d=5", kevent("b READ ADD"));
        assertEquals("", kevent("b READ DISABLE"));
        write("a", 1);
        assertEquals("", poll());
        assertEquals("b READ 0 d=6", kevent("b READ ENABLE"));
        assertEquals("", kevent("b READ DISABLE"));
        drain("b");
        assertEquals("", kevent("b READ ENABLE"));
        assertEquals("", kevent("y READ ADD|DISABLE".replace("y", "b")));
    }

    @Test
    void oneshotIsDeletedByItsEvent() {
        pair();
        assertEquals("", kevent("b READ ADD|ONESHOT"));
        write("a", 5);
        assertEquals("b READ ONESHOT d=5", poll());
        assertEquals("b READ ERROR ENOENT", kevent("b READ DELETE"));
        assertEquals("", poll());
    }

    @Test
    void clearFiresAgainForNewDataOnly() {
        pair();
        assertEquals("", kevent("b READ ADD|CLEAR"));
        write("a", 2);
        assertEquals("b READ CLEAR d=2", poll());
        assertEquals("", poll());
        read("b", 1);
        assertEquals("", poll());
        write("a", 1);
        assertEquals("b READ CLEAR d=2", poll());
        write("a", 1);
        drain("b");
        assertEquals("", poll(), "drained before it was collected");
    }

    @Test
    void clearOnAModifyOfALevelKnoteChangesNothing() {
        pair();
        write("a", 2);
        assertEquals("b READ 0 d=2", kevent("b READ ADD"));
        assertEquals("b READ 0 d=2", kevent("b READ ADD|CLEAR"));
        assertEquals("b READ 0 d=2", poll());
    }

    @Test
    void dispatchIsSilentUntilEnabled() {
        pair();
        write("a", 2);
        assertEquals("b READ DISPATCH d=2", kevent("b READ ADD|DISPATCH"));
        assertEquals("", poll());
        write("a", 1);
        assertEquals("", poll());
        freebsdRule();
        assertEquals("", kevent("b READ ADD|DISPATCH"), "an ADD does not enable");
        assertEquals("b READ DISPATCH d=3", kevent("b READ ENABLE"));
        assertEquals("b READ DISPATCH d=3", kevent("b READ ADD|ENABLE"));
        drain("b");
        assertEquals("", kevent("b READ ENABLE"));
        write("a", 1);
        assertEquals("b READ DISPATCH d=1", poll());
        assertEquals("", kevent("b READ DELETE"));
        assertEquals("b READ ONESHOT|DISPATCH d=1", kevent("b READ ADD|ONESHOT|DISPATCH"));
        assertEquals("b READ ERROR ENOENT", kevent("b READ DELETE"));
    }

    @Test
    void aListenerCountsItsQueue() {
        socket("l", Posix.SOCK_STREAM);
        bind("l");
        listen("l");
        assertEquals("", kevent("l READ ADD"));
        for (int i = 1; i <= 3; i++) {
            socket("c" + i, Posix.SOCK_STREAM);
            connect("c" + i, address("l"));
            assertEquals("l READ 0 d=" + i, awaitText("d=" + i));
        }
        accept("s1", "l");
        assertEquals("l READ 0 d=2", poll());
        accept("s2", "l");
        accept("s3", "l");
        assertEquals("", poll());
    }

    @Test
    void worksWhenAddedBeforeListen() {
        for (String kind : new String[] {"0", "CLEAR"}) {
            String listener = "l" + kind;
            socket(listener, Posix.SOCK_STREAM);
            assertEquals("", kevent(listener + " READ ADD|" + kind, listener + " WRITE ADD|" + kind));
            bind(listener);
            listen(listener);
            assertEquals("", poll());
            socket("c" + kind, Posix.SOCK_STREAM);
            connect("c" + kind, address(listener));
            assertEquals(listener + " READ " + kind + " d=1", await());
            assertEquals("", kevent(kq, 0, 0, listener + " READ DELETE"));
        }
    }

    @Test
    void endOfFileRepeatsAndWithClearComesOnce() {
        pair();
        pair("x", "y", Posix.SOCK_STREAM);
        assertEquals("", kevent("b READ ADD", "y READ ADD|CLEAR"));
        write("a", 5);
        close("a");
        close("x");
        String first = poll();
        assertTrue(first.contains("b READ EOF d=5") && first.contains("y READ CLEAR|EOF"), first);
        assertEquals("b READ EOF d=5", poll());
        read("b", 5);
        assertEquals("b READ EOF", poll());
        assertEquals("b READ EOF", poll());
    }

    @Test
    void aResetIsEndOfFileAndIsNotConsumed() {
        tcp();
        assertEquals("", kevent("s READ ADD"));
        ok(Posix.setsockopt(fd("c"), Posix.SOL_SOCKET, Posix.SO_LINGER, new int[] {1, 0}, 8));
        close("c");
        String event = await();
        assertTrue(event.startsWith("s READ EOF"), event);
        if (subject.isEmbedded()) {
            assertEquals("s READ EOF ECONNRESET", event);
            assertEquals("s READ EOF ECONNRESET", poll());
        }
        assertEquals(-1, read("s", 1), "the error is still there for read");
        freebsdRule();
        assertEquals("s READ EOF", poll());
    }

    @Test
    void aHalfCloseIsEndOfFileForReadOnly() {
        for (boolean tcp : new boolean[] {false, true}) {
            if (tcp) {
                tcp();
            } else {
                pair("s", "c", Posix.SOCK_STREAM);
            }
            assertEquals("s WRITE 0", await("s READ ADD", "s WRITE ADD"));
            write("c", 3);
            ok(Posix.shutdown(fd("c"), Posix.SHUT_WR));
            String both = awaitText("READ EOF d=3");
            assertTrue(both.contains("s READ EOF d=3") && both.contains("s WRITE 0"), both);
            assertEquals("", kevent(kq, 0, 0, "s READ DELETE", "s WRITE DELETE"));
        }
    }

    @Test
    void ownShutdowns() {
        pair();
        ok(Posix.shutdown(fd("a"), Posix.SHUT_RD));
        assertEquals("a READ EOF", kevent("a READ ADD"));
        freebsdRule();
        ok(Posix.shutdown(fd("b"), Posix.SHUT_WR));
        assertEquals("b WRITE EOF", kevent("a READ DELETE", "b WRITE ADD"));
        assertEquals("", kevent(kq, 0, 0, "b WRITE DELETE"));
        tcp();
        ok(Posix.shutdown(fd("c"), Posix.SHUT_WR));
        ok(Posix.shutdown(fd("s"), Posix.SHUT_RD));
        assertEquals("c WRITE EOF; s READ EOF", kevent("c WRITE ADD", "s READ ADD"));
    }

    @Test
    void lowWaterMark() {
        pair();
        assertEquals("", kevent("b READ ADD f=LOWAT d=10"));
        write("a", 5);
        assertEquals("", poll());
        write("a", 5);
        assertEquals("b READ 0 d=10", poll());
        read("b", 8);
        assertEquals("", poll());
        freebsdRule();
        ok(Posix.shutdown(fd("a"), Posix.SHUT_WR));
        assertEquals("b READ EOF d=2", poll(), "end of file overrides");
        assertEquals(2, read("b", 100), "other readers are not affected");
    }

    @Test
    void aPipeEndsWithItsLastWriter() {
        pipe();
        name("w2", Posix.dup(fd("w")));
        assertEquals("", kevent("r READ ADD"));
        close("w");
        assertEquals("", poll());
        write("w2", 2);
        close("w2");
        assertEquals("r READ EOF d=2", poll());
        read("r", 2);
        assertEquals("r READ EOF", poll());
        assertEquals("r READ EOF", kevent("r READ DELETE", "r READ ADD"));
    }

    @Test
    void readAndWriteAreSeparateKnotes() {
        pair();
        write("a", 1);
        assertEquals("b WRITE 0 u=1", kevent("b WRITE ADD u=1"));
        assertEquals("b READ 0 d=1 u=2", kevent("b WRITE DELETE", "b READ ADD u=2"));
        assertEquals("", kevent(kq, 0, 0, "b WRITE ADD u=1"));
        assertEquals("b READ 0 d=1 u=2; b WRITE 0 u=1", poll());
        assertEquals("b READ 0 d=1 u=2", kevent(kq, 1, 0));
        assertEquals("b WRITE 0 u=1", kevent(kq, 1, 0));
        assertEquals("b READ 0 d=1 u=2", kevent(kq, 1, 0));
    }

    @Test
    void datagrams() {
        pair("a", "b", Posix.SOCK_DGRAM);
        write("a", 4);
        assertEquals("b READ 0 d=4", kevent("b READ ADD"));
        drain("b");
        close("a");
        assertEquals("", poll(), "a datagram socket knows no end of file");
    }

    @Test
    void anEmptyDatagramIsSomethingToRead() {
        socket("u", Posix.SOCK_DGRAM);
        bind("u");
        socket("v", Posix.SOCK_DGRAM);
        ok(connect("v", address("u")));
        assertEquals("", kevent("u READ ADD"));
        ok((int) Posix.send(fd("v"), new byte[1], 0, 0));
        freebsdRule();
        assertEquals("u READ 0", await());
        assertEquals(0, Posix.read(fd("u"), new byte[4], 4));
        assertEquals("", poll());
    }

    @Test
    void aRefusedDatagramIsReadableWithoutEnd() {
        socket("u", Posix.SOCK_DGRAM);
        bind("u");
        socket("v", Posix.SOCK_DGRAM);
        ok(connect("v", address("u")));
        close("u");
        assertEquals("", kevent("v READ ADD"));
        write("v", 1);
        assertEquals("v READ 0", await());
        assertEquals(-1, read("v", 1));
        assertEquals("", poll());
    }

    @Test
    void aPeerThatClosesDuringRegistrationIsNeverMissed() throws Exception {
        int none = -1;
        int over = -2;
        AtomicInteger peer = new AtomicInteger(none);
        Thread closer = new Thread(() -> {
            for (int fd = peer.get(); fd != over; fd = peer.get()) {
                if (fd >= 0) {
                    Posix.close(fd);
                    peer.set(none);
                } else {
                    Thread.yield();
                }
            }
        });
        closer.start();
        try {
            EventList events = kq.newEventList(4);
            ChangeList add = kq.newChangeList(1);
            int[] fds = new int[2];
            for (int i = 0; i < 10_000; i++) {
                ok(Posix.socketpair(Posix.AF_UNIX, Posix.SOCK_STREAM, 0, fds));
                add.clear().add(fds[0], Filter.EVFILT_READ, KeventFlags.EV_ADD, i);
                peer.set(fds[1]);
                kq.kevent(add, null, 0);
                assertEquals(1, kq.kevent(null, events, 5_000_000_000L), "round " + i);
                assertTrue(events.udata(0) == i && (events.flags(0) & KeventFlags.EV_EOF) != 0, events::toString);
                while (peer.get() != none) {
                    Thread.yield();
                }
                Posix.close(fds[0]);
            }
        } finally {
            peer.set(over);
            closer.join();
        }
    }

    @Test
    void anUnixListenerThatWasRegisteredBefore() {
        for (String kind : new String[] {"0", "CLEAR"}) {
            String listener = "l" + kind;
            byte[] address = unixAddress();
            socket(listener, Posix.AF_UNIX, Posix.SOCK_STREAM);
            assertEquals("", kevent(listener + " READ ADD|" + kind, listener + " WRITE ADD|" + kind));
            ok(Posix.bind(fd(listener), address, address.length));
            listen(listener);
            assertEquals("", poll());
            socket("c" + kind, Posix.AF_UNIX, Posix.SOCK_STREAM);
            ok(Posix.connect(fd("c" + kind), address, address.length));
            assertEquals(listener + " READ " + kind + " d=1", poll());
            assertEquals("", kevent(kq, 0, 0, listener + " READ DELETE", listener + " WRITE DELETE"));
        }
    }

    @Test
    void anUnixClientWhoseListenerIsClosedSeesTheEnd() {
        byte[] address = unixAddress();
        socket("l", Posix.AF_UNIX, Posix.SOCK_STREAM);
        ok(Posix.bind(fd("l"), address, address.length));
        listen("l");
        socket("c", Posix.AF_UNIX, Posix.SOCK_STREAM);
        ok(Posix.connect(fd("c"), address, address.length));
        close("l");
        String events = kevent("c READ ADD", "c WRITE ADD");
        assertTrue(events.contains("c READ EOF") && events.contains("c WRITE EOF"), events);
    }

    @Test
    void tcpClearFollowsDataAndTheEndButNotReads() {
        tcp();
        write("c", 10);
        assertEquals("s READ CLEAR d=10", await("s READ ADD|CLEAR"));
        read("s", 4);
        assertEquals("", poll());
        write("c", 1);
        assertEquals("s READ CLEAR d=7", await());
        ok(Posix.shutdown(fd("c"), Posix.SHUT_WR));
        assertEquals("s READ CLEAR|EOF d=7", await());
        assertEquals("", poll());
    }

    @Test
    void tcpAfterTheFullCloseOfThePeer() {
        tcp();
        assertEquals("s WRITE 0", await("s READ ADD", "s WRITE ADD"));
        close("c");
        awaitText("READ");
        assertTrue(Set.of("s READ EOF; s WRITE 0", "s WRITE 0; s READ EOF").contains(poll()));
        freebsdRule();
        write("s", 1);
        String events = awaitText("WRITE EOF");
        assertTrue(events.contains("s READ EOF E") && events.contains("s WRITE EOF E"), events);
    }

    @Test
    void aResetLeavesNothingToRead() {
        tcp();
        write("c", 3);
        assertEquals("s READ 0 d=3", await("s READ ADD"));
        ok(Posix.setsockopt(fd("c"), Posix.SOL_SOCKET, Posix.SO_LINGER, new int[] {1, 0}, 8));
        close("c");
        String event = awaitText("EOF");
        assertTrue(event.startsWith("s READ EOF"), event);
        freebsdRule();
        assertEquals("s READ EOF ECONNRESET; s WRITE EOF ECONNRESET", kevent("s WRITE ADD").replace(" d=3", ""));
        assertEquals("s READ EOF ECONNRESET", kevent("s READ DELETE", "s WRITE DELETE", "s READ ADD")
                .replace(" d=3", ""), "the same when it is registered afterwards");
    }

    @Test
    void anUrgentByteIsNothingToRead() {
        tcp();
        assertEquals("", kevent("s READ ADD"));
        assertEquals(1, Posix.send(fd("c"), new byte[1], 1, Posix.MSG_OOB));
        assertEquals("", kevent(kq, 4, 20_000_000));
        write("c", 2);
        assertTrue(await().startsWith("s READ 0"));
    }

    @Test
    void udpClearIsSilentAboutADatagramThatIsLeft() {
        socket("u", Posix.SOCK_DGRAM);
        bind("u");
        socket("v", Posix.SOCK_DGRAM);
        ok(connect("v", address("u")));
        write("v", 4);
        write("v", 7);
        freebsdRule();
        String first = await("u READ ADD|CLEAR");
        assertTrue(first.startsWith("u READ CLEAR d="), first);
        assertEquals(4, read("u", 100));
        assertEquals("", poll());
        write("v", 1);
        assertTrue(await().startsWith("u READ CLEAR d="));
    }

    @Test
    void unixClearFollowsDataAndTheEnd() {
        pair();
        assertEquals("", kevent("b READ ADD|CLEAR"));
        write("a", 4);
        assertEquals("b READ CLEAR d=4", poll());
        read("b", 1);
        assertEquals("", poll());
        ok(Posix.shutdown(fd("a"), Posix.SHUT_WR));
        assertEquals("b READ CLEAR|EOF d=3", poll());
        close("a");
        freebsdRule();
        assertEquals("b READ CLEAR|EOF d=3", poll(), "once more at the full close");
        assertEquals("", poll());
    }

    @Test
    void aListenerWithClear() {
        socket("l", Posix.SOCK_STREAM);
        bind("l");
        listen("l");
        assertEquals("", kevent("l READ ADD|CLEAR"));
        socket("c1", Posix.SOCK_STREAM);
        connect("c1", address("l"));
        assertEquals("l READ CLEAR d=1", await());
        assertEquals("", poll());
        socket("c2", Posix.SOCK_STREAM);
        connect("c2", address("l"));
        assertEquals("l READ CLEAR d=2", await());
        close("c1");
        close("c2");
        assertEquals("l READ CLEAR d=2", kevent("l READ ENABLE"), "those that have gone again are counted");
    }

    @Test
    void deletedWithAnEventNotCollectedItIsSilent() {
        pair();
        assertEquals("", kevent(kq, 0, 0, "b READ ADD", "b WRITE ADD"));
        write("a", 1);
        assertEquals("b WRITE 0", kevent("b READ DELETE"));
        assertEquals("", kevent("b WRITE DELETE"));
    }

    @Test
    void aRepeatedPipeReadDoesNotLoseTheEnd() {
        pipe();
        assertEquals("", kevent("r READ ADD|CLEAR"));
        write("w", 4);
        assertEquals("r READ CLEAR d=4", poll());
        read("r", 1);
        freebsdRule();
        assertEquals("", poll(), "where FreeBSD would report the rest");
        close("w");
        assertEquals("r READ CLEAR|EOF d=3", poll());
        assertEquals("", poll());
    }

    @Test
    void whatIsAlwaysReadyHidesNothing() {
        pair();
        pair("x", "y", Posix.SOCK_STREAM);
        write("b", 1);
        assertEquals("a READ 0 d=1", kevent("a READ ADD", "x READ ADD"));
        assertEquals("a READ 0 d=1", await());
        write("y", 2);
        String both = await();
        assertTrue(both.contains("a READ 0 d=1") && both.contains("x READ 0 d=2"), both);
    }
}
