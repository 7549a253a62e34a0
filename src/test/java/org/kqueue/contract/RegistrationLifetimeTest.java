package org.kqueue.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kqueue.Kqueue;
import org.kqueue.robust.Await;
import org.kqueue.robust.OpenDescriptors;

/** Registrations belong to the descriptor's number: close, dup, dup2, reuse; and kqueues watching kqueues. */
class RegistrationLifetimeTest extends Contract {

    @Test
    void aClosedDescriptorsKnotesAreGone() {
        pair();
        moveAway("b");
        write("a", 5);
        assertEquals("b READ 0 d=5; b WRITE 0", kevent("b READ ADD", "b WRITE ADD"));
        int number = fd("b");
        close("b");
        assertEquals("", poll());
        freebsdRule();
        assertEquals(number + " READ ERROR EBADF", kevent(number + " READ DELETE").replace("b ", number + " "));
    }

    @Test
    void aReusedNumberStartsWithoutKnotes() {
        pair();
        pair("x", "y", Posix.SOCK_STREAM);
        moveAway("b");
        assertEquals("", kevent(kq, 0, 0, "b READ ADD u=1", "b WRITE ADD u=2"));
        int number = fd("b");
        close("b");
        ok(Posix.dup2(fd("y"), number));
        name("z", number);
        write("x", 3);
        assertEquals("", poll());
        assertEquals("z READ ERROR ENOENT", kevent("z READ DELETE"));
        assertEquals("z READ 0 d=3 u=9", kevent("z READ ADD u=9"));
        assertEquals("z READ 0 d=3 u=9", poll());
    }

    @Test
    void closingOneOfTwoNumbersEndsItsKnotesOnly() {
        pair();
        name("d", Posix.dup(fd("b")));
        assertEquals("", kevent("b READ ADD u=1", "d READ ADD u=2"));
        write("a", 1);
        String both = poll();
        assertTrue(both.contains("b READ 0 d=1 u=1") && both.contains("d READ 0 d=1 u=2"), both);
        close("b");
        freebsdRule();
        assertEquals("d READ 0 d=1 u=2", poll());
        assertEquals("d READ 0 d=1 u=2", poll());
    }

    @Test
    void aNumberClosedWhileItsFileLivesOnIsSilentAndCostsNothing() {
        freebsdRule();
        for (String kind : new String[] {"0", "CLEAR", "ONESHOT", "DISPATCH"}) {
            pair();
            write("a", 1);
            assertEquals("", kevent(kq, 0, 0, "b READ ADD|" + kind, "b WRITE ADD|" + kind));
            name("d", Posix.dup(fd("b")));
            close("b");
            long before = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
            assertEquals("", kevent(kq, 4, 100_000_000L));
            assertTrue(ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - before < 50_000_000L);
            write("a", 1);
            assertEquals("", poll());
            close("d");
            close("a");
        }
    }

    @Test
    void dup2OverANumberEndsItsKnotes() {
        pair();
        pair("x", "y", Posix.SOCK_STREAM);
        assertEquals("", kevent("b READ ADD"));
        ok(Posix.dup2(fd("b"), fd("b")));
        write("a", 1);
        assertEquals("b READ 0 d=1", poll());
        name("keep", Posix.dup(fd("b")));
        write("x", 1);
        ok(Posix.dup2(fd("y"), fd("b")));
        assertEquals("", poll());
        assertEquals("b READ ERROR ENOENT", kevent("b READ DELETE"));
    }

    @Test
    void bothEndsOfAPipeAreDifferentFiles() {
        freebsdRule();
        pipe();
        write("w", 4);
        assertEquals("r READ 0 d=4", kevent("r READ ADD"));
        name("keep", Posix.dup(fd("r")));
        ok(Posix.dup2(fd("w"), fd("r")));
        assertEquals("", poll());
        assertEquals("r READ ERROR ENOENT", kevent("r READ DELETE"));
    }

    @Test
    void disabledKnotesEndWithTheirNumberToo() {
        pair();
        pair("x", "y", Posix.SOCK_STREAM);
        moveAway("b");
        assertEquals("", kevent("b READ ADD|DISABLE", "b WRITE ADD|DISABLE"));
        int number = fd("b");
        close("b");
        ok(Posix.dup2(fd("y"), number));
        name("z", number);
        assertEquals("z READ ERROR ENOENT; z WRITE ERROR ENOENT", kevent("z READ ENABLE", "z WRITE ENABLE"));
    }

    @Test
    void aKqueueIsReadableWhenAnEventIsQueued() throws Exception {
        pair();
        Kqueue outer = another();
        Kqueue outermost = another();
        assertEquals("", kevent("b READ ADD"));
        assertEquals("", kevent(outer, 4, 0, kq.fd() + " READ ADD u=5"));
        assertEquals("", kevent(outermost, 4, 0, outer.fd() + " READ ADD u=6"));
        assertEquals(0, Posix.poll(pollfd(kq.fd()), 1, 0));
        write("a", 1);
        assertEquals(1, Posix.poll(pollfd(kq.fd()), 1, 0));
        assertEquals(1, Posix.poll(pollfd(outermost.fd()), 1, 0));
        assertTrue(kevent(outermost, 4, 0).startsWith(outer.fd() + " READ 0 d=1"));
        assertTrue(kevent(outer, 4, 0).startsWith(kq.fd() + " READ 0 d=1"));
        assertEquals("b READ 0 d=1", poll());
        assertTrue(kevent(outer, 4, 0).startsWith(kq.fd() + " READ 0 d=1"));
        drain("b");
        assertEquals("", poll());
        assertEquals("", kevent(outer, 4, 0));
        assertEquals("", kevent(outermost, 4, 0));
    }

    @Test
    void aKqueuesReusedNumberStartsWithoutKnotes() throws Exception {
        freebsdRule();
        pair();
        for (String flags : new String[] {"ADD|DISABLE", "ADD|CLEAR", "ADD|DISPATCH", "ADD"}) {
            Kqueue inner = another();
            int number = inner.fd();
            assertEquals("", kevent(kq, 0, 0, number + " READ " + flags + " u=1"));
            inner.close();
            Kqueue again = withNumber(number);
            assertEquals(number + " READ ERROR ENOENT", kevent(number + " READ DELETE"), flags);
            assertEquals("", kevent(again, 0, 0, "b WRITE ADD"));
            assertEquals(number + " READ 0 d=1 u=9", kevent(number + " READ ADD u=9"), flags);
            assertEquals("", kevent(kq, 0, 0, number + " READ DELETE"), flags);
            again.close();
        }
    }

    @Test
    void aKqueuesReusedNumberIsNotCountedByWhoWatches() throws Exception {
        freebsdRule();
        pair();
        Kqueue inner = another();
        Kqueue outer = another();
        int number = inner.fd();
        assertEquals("", kevent(kq, 0, 0, number + " READ ADD", "b WRITE ADD"));
        inner.close();
        assertEquals("", kevent(withNumber(number), 0, 0, "b WRITE ADD"));
        assertEquals(kq.fd() + " READ 0 d=1", kevent(outer, 4, 0, kq.fd() + " READ ADD"));
    }

    private Kqueue withNumber(int number) throws Exception {
        Kqueue again = another();
        for (int i = 0; again.fd() != number; i++) {
            assumeTrue(i < 20, "somebody else has taken the number");
            again = another();
        }
        return again;
    }

    @Test
    void aKqueueIsReadableWhileAUserEventWaits() throws Exception {
        needs(org.kqueue.Filter.EVFILT_USER);
        Kqueue outer = another();
        assertEquals("", kevent("1 USER ADD|CLEAR"));
        assertEquals("", kevent(outer, 4, 0, kq.fd() + " READ ADD"));
        assertEquals("", kevent(kq, 0, 0, "1 USER 0 f=TRIGGER"));
        assertEquals(kq.fd() + " READ 0 d=1", kevent(outer, 4, 0));
        assertEquals("1 USER CLEAR", poll());
        assertEquals("", kevent(outer, 4, 0));
    }

    @Test
    void aKqueueWithNothingToReportDoesNotLookReadable(@TempDir Path directory) throws Exception {
        freebsdRule();
        Path file = directory.resolve("file");
        Files.write(file, new byte[10]);
        open("f", file, Posix.O_RDWR);
        assertEquals("", kevent("1 TIMER ADD d=15", "2 TIMER ADD|ONESHOT d=15", "3 TIMER ADD d=15", "1 TIMER DELETE",
                "2 TIMER DISABLE", "3 TIMER ADD d=10000", "1 USER ADD|CLEAR", "f VNODE ADD|CLEAR f=RENAME"));
        assertEquals("", kevent(kq, 0, 0, "1 USER 0 f=TRIGGER"));
        assertEquals("", kevent(kq, 0, 0, "1 USER DELETE"));
        write("f", 20);
        Files.readAllBytes(file);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
        assertEquals(0, Posix.poll(pollfd(kq.fd()), 1, 40));
        assertEquals("", kevent("f VNODE DELETE"));
        assertEquals(0, Posix.poll(pollfd(kq.fd()), 1, 0));
        assertEquals("2 TIMER ONESHOT|CLEAR d=1", kevent("2 TIMER ENABLE"));
        assertEquals(0, Posix.poll(pollfd(kq.fd()), 1, 0));
    }

    @Test
    void aKqueueIsNotWritableAndDoesNotWatchItself() throws Exception {
        freebsdRule();
        Kqueue other = another();
        assertEquals(other.fd() + " WRITE ERROR EINVAL", kevent(other.fd() + " WRITE ADD"));
        assertEquals(kq.fd() + " READ ERROR EINVAL", kevent(kq.fd() + " READ ADD"));
    }

    @Test
    void aKqueueCollectedWithoutCloseGivesItsDescriptorsBack() throws Exception {
        OpenDescriptors before = OpenDescriptors.now("anon_inode:");
        int fd = forget();
        assertTrue(Await.within(Await.DEADLINE_MILLIS, 10_000, () -> {
            System.gc();
            return Posix.fcntl(fd, Posix.F_GETFD, 0) < 0;
        }), "still open");
        before.assertNoneSince();
    }

    /** Opens a kqueue and loses it. */
    private int forget() throws Exception {
        Kqueue lost = subject.open();
        kevent(lost, 4, 0, "1 TIMER ADD d=1000", "28 SIGNAL ADD");
        return lost.fd();
    }

    private static byte[] pollfd(int fd) {
        return ByteBuffer.allocate(8).order(ByteOrder.nativeOrder()).putInt(fd).putShort((short) 1).array();
    }

    @Test
    void aWatchedKqueueWithClearFiresForWhatIsNewlyQueued() throws Exception {
        freebsdRule();
        pair();
        pair("x", "y", Posix.SOCK_STREAM);
        Kqueue outer = another();
        assertEquals("", kevent("b READ ADD", "y READ ADD"));
        assertEquals("", kevent(outer, 4, 0, kq.fd() + " READ ADD|CLEAR"));
        write("a", 1);
        assertEquals(kq.fd() + " READ CLEAR d=1", kevent(outer, 4, 0));
        assertEquals("", kevent(outer, 4, 0));
        write("a", 1);
        assertEquals("", kevent(outer, 4, 0), "it is queued already");
        write("x", 1);
        assertEquals(kq.fd() + " READ CLEAR d=2", kevent(outer, 4, 0));
    }

    @Test
    void kqueuesThatWatchEachOtherOrInALongChain() throws Exception {
        freebsdRule();
        Kqueue one = another();
        Kqueue two = another();
        assertEquals("", kevent(one, 4, 0, two.fd() + " READ ADD"));
        assertEquals(two.fd() + " READ ERROR ELOOP", kevent(two, 4, 0, two.fd() + " READ ADD")
                .replace("EINVAL", "ELOOP"), "itself, and by way of another:");
        assertEquals(one.fd() + " READ ERROR ELOOP", kevent(two, 4, 0, one.fd() + " READ ADD"));
        Kqueue last = kq;
        String refusal = "";
        for (int depth = 1; depth < 10 && refusal.isEmpty(); depth++) {
            Kqueue next = another();
            refusal = kevent(next, 4, 0, last.fd() + " READ ADD");
            assertEquals(depth <= 4, refusal.isEmpty(), refusal);
            last = next;
        }
        assertTrue(refusal.endsWith(" READ ERROR ELOOP"), refusal);
    }
}
