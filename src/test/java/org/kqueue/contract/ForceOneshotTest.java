package org.kqueue.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** FreeBSD's EV_FORCEONESHOT: a knote of any filter is delivered once, whatever its condition, and removed. */
class ForceOneshotTest extends Contract {

    @BeforeEach
    void needsForceOneshot() {
        freebsdRule();
        assumeTrue(kq.layout().forceOneshot() != 0, "EV_FORCEONESHOT is FreeBSD's");
    }

    @Test
    void aReaderWithNothingToRead() {
        pair();
        assertEquals("", kevent("b READ ADD u=7"));
        assertEquals("b READ ONESHOT u=8", kevent("b READ FORCEONESHOT u=8"));
        assertEquals("", poll());
        assertEquals("b READ ERROR ENOENT", kevent("b READ DELETE"));
    }

    @Test
    void aReaderWithData() {
        pair();
        write("a", 5);
        assertEquals("b READ CLEAR d=5", kevent("b READ ADD|CLEAR"));
        assertEquals("b READ ONESHOT|CLEAR d=5", kevent("b READ FORCEONESHOT"));
        assertEquals("", poll());
    }

    @Test
    void aWriterThatIsFullBesideAReader() {
        pair();
        fill("a");
        assertEquals("", kevent("a READ ADD u=1", "a WRITE ADD u=2"));
        assertEquals("a WRITE ONESHOT u=2", kevent("a WRITE FORCEONESHOT u=2"));
        write("b", 3);
        assertEquals("a READ 0 d=3 u=1", poll(), "the other knote of the descriptor goes on");
        drain("b");
        assertEquals("a READ 0 d=3 u=1; a WRITE 0 u=3", sorted(kevent("a WRITE ADD u=3")),
                "and the filter can be added again");
        assertEquals("a READ ONESHOT d=3 u=4; a WRITE 0 u=3", sorted(kevent("a READ FORCEONESHOT u=4")));
        assertEquals("a WRITE 0 u=3", poll());
    }

    private static String sorted(String events) {
        String[] all = events.split("; ");
        java.util.Arrays.sort(all);
        return String.join("; ", all);
    }

    @Test
    void aDisabledOneWaitsForEnable() {
        pair();
        assertEquals("", kevent("b READ ADD|DISABLE"));
        assertEquals("", kevent("b READ FORCEONESHOT"));
        assertEquals("b READ ONESHOT", kevent("b READ ENABLE"));
        assertEquals("b READ ERROR ENOENT", kevent("b READ ENABLE"));
    }

    @Test
    void doesNotOutliveItsDescriptor() {
        pair();
        assertEquals("", kevent("b READ ADD"));
        assertEquals("", kevent(kq, 0, 0, "b READ FORCEONESHOT"));
        close("b");
        assertEquals("", poll());
    }

    @Test
    void timersSignalsAndProcesses() {
        assertEquals("", kevent("1 TIMER ADD d=100000 u=1", "28 SIGNAL ADD u=2", "1 PROC ADD f=EXIT u=3"));
        assertEquals("1 TIMER ONESHOT|CLEAR u=1", kevent("1 TIMER FORCEONESHOT d=100000 u=1"));
        assertEquals("28 SIGNAL ONESHOT|CLEAR u=2", kevent("28 SIGNAL FORCEONESHOT u=2"));
        assertEquals("1 PROC ONESHOT|CLEAR u=3", kevent("1 PROC FORCEONESHOT f=EXIT u=3"));
        assertEquals("", poll());
        assertEquals("1 TIMER ERROR ENOENT; 28 SIGNAL ERROR ENOENT; 1 PROC ERROR ENOENT",
                kevent("1 TIMER DELETE", "28 SIGNAL DELETE", "1 PROC DELETE"));
    }

    @Test
    void filesAndKqueues(@TempDir Path directory) throws Exception {
        Path file = Files.write(directory.resolve("file"), new byte[3]);
        open("f", file, Posix.O_RDWR);
        read("f", 3);
        assertEquals("", kevent("f VNODE ADD f=WRITE u=1", "f READ ADD u=2"));
        assertEquals("f VNODE ONESHOT u=1", kevent("f VNODE FORCEONESHOT f=WRITE u=1"));
        assertEquals("f READ ONESHOT u=2", kevent("f READ FORCEONESHOT u=2"));
        int inner = another().fd();
        assertEquals("", kevent(inner + " READ ADD u=3"));
        assertEquals(inner + " READ ONESHOT u=3", kevent(inner + " READ FORCEONESHOT u=3"));
        assertEquals("", poll());
    }

    @Test
    void withoutAKnoteThereIsNothingToForce() {
        pair();
        assertEquals("b READ ERROR ENOENT", kevent("b READ FORCEONESHOT"));
        assertEquals("", kevent("b READ ADD|FORCEONESHOT"), "a knote that is new is only added");
    }
}
