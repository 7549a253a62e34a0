package org.kqueue.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.jna.Pointer;
import com.sun.management.UnixOperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kqueue.ChangeList;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.KeventException;
import org.kqueue.KeventFlags;
import org.kqueue.Kqueue;
import org.kqueue.robust.Await;
import org.kqueue.robust.OpenDescriptors;

/** How changes are applied, and answered: errors, receipts, room in the event list. */
class ChangesTest extends Contract {

    @BeforeEach
    void twoReadable() {
        pair();
        pair("x", "y", Posix.SOCK_STREAM);
        write("a", 5);
    }

    @Test
    void theKqueueIsADescriptorAndIsGoneAfterClose() throws IOException {
        Kqueue other = another();
        int fd = other.fd();
        assertTrue(Posix.fcntl(fd, Posix.F_GETFD, 0) >= 0);
        assertEquals(1, Posix.fcntl(fd, Posix.F_GETFD, 0), "FD_CLOEXEC");
        other.close();
        Await.until(() -> Posix.fcntl(fd, Posix.F_GETFD, 0) < 0, () -> fd + " is still open");
    }

    @Test
    void aReceiptIsAllThatTheCallReturns() {
        assertEquals("b READ ERROR u=7", kevent("b READ ADD|RECEIPT u=7", "a WRITE ADD u=8"));
        freebsdRule();
        assertEquals("b READ RECEIPT d=5 u=7; a WRITE 0 u=8", poll());
    }

    @Test
    void eachReceiptAndEachErrorIsAnEntry() {
        int bad = badFd();
        assertEquals("b READ ERROR u=1; y READ ERROR u=2; " + bad + " READ ERROR EBADF u=3",
                kevent("b READ ADD|RECEIPT u=1", "y READ ADD|RECEIPT u=2", bad + " READ ADD|RECEIPT u=3"));
    }

    @Test
    void receiptsWithoutRoomReturnNothingAndTheFirstOneWithoutRoomIsTheLastApplied() {
        freebsdRule();
        assertEquals("", kevent(kq, 2, 0, "a WRITE ADD|RECEIPT u=1", "b WRITE ADD|RECEIPT u=2",
                "x WRITE ADD|RECEIPT u=3",
                "y WRITE ADD|RECEIPT u=4"));
        assertEquals("a WRITE RECEIPT u=1; b WRITE RECEIPT u=2; x WRITE RECEIPT u=3", poll());
        assertEquals("", kevent(kq, 0, 0, "a READ ADD|RECEIPT", "b READ ADD|RECEIPT"));
        assertEquals("a READ ERROR; b READ ERROR ENOENT", kevent("a READ DELETE|RECEIPT", "b READ DELETE|RECEIPT"));
    }

    @Test
    void goodChangesAroundABadOneAreAppliedAndNothingWaits() {
        int bad = badFd();
        assertEquals(bad + " READ ERROR EBADF u=2",
                kevent(kq, 8, Kqueue.FOREVER, "y READ ADD u=1", bad + " READ ADD u=2",
                "b READ ADD u=3"));
        assertEquals("b READ 0 d=5 u=3", poll());
    }

    private void needsErrorsThatEndTheChanges() {
        assumeTrue(subject.isEmbedded() || !kq.layout().name().equals("dragonfly"), "DragonFly's kernel does not look"
                + " for room: it applies what follows, and writes beyond the list, where room is kept for it");
    }

    @Test
    void anErrorWithoutRoomFailsTheCallAndEndsTheChanges() {
        int bad = badFd();
        assertEquals("EBADF", kevent(kq, 0, 0, "b READ ADD u=1", bad + " READ ADD", "a WRITE ADD"));
        needsErrorsThatEndTheChanges();
        assertEquals("b READ 0 d=5 u=1", poll());
        assertEquals("ENOENT", kevent(kq, 1, 0, bad + " READ ADD", "a WRITE DELETE", "x WRITE ADD"));
        assertEquals("b READ 0 d=5 u=1", poll());
    }

    @Test
    void withoutRoomTheCallReturnsAtOnce() throws IOException {
        assertEquals("", kevent(kq, 0, Kqueue.FOREVER, "b READ ADD"));
        assertEquals(0, kq.kevent(null, null, Kqueue.FOREVER));
    }

    @Test
    void changesWhatIsNotThere() {
        assertEquals("a READ ERROR ENOENT u=1", kevent("a READ DELETE u=1"));
        assertEquals("a READ ERROR ENOENT", kevent("a READ ENABLE"));
        assertEquals("a READ ERROR ENOENT", kevent("a READ DISABLE"));
        assertEquals("a READ ERROR ENOENT", kevent("a READ 0"));
        assertEquals("ENOENT", kevent(kq, 0, 0, "a READ DELETE"));
        assertEquals("", poll());
    }

    @Test
    void unknownFiltersAndBadDescriptors() {
        int bad = badFd();
        assertEquals("7 ? ERROR EINVAL u=1", kevent("7 -14 ADD u=1"));
        assertEquals(bad + " READ ERROR EBADF", kevent(bad + " READ ADD"));
        assertEquals("-1 WRITE ERROR EBADF", kevent("-1 WRITE ADD"));
        freebsdRule();
        assertEquals("EINVAL", kevent(kq, 0, 0, bad + " 15 ADD"), "the filter is looked at first");
        assertEquals("4294967296 READ ERROR EBADF", kevent("4294967296 READ ADD"));
    }

    @Test
    void filterZeroIsSkippedWhereItIsNoFilter() {
        freebsdRule();
        String expected = kq.layout().filter(0) == null ? "" : badFd() + " READ ERROR EBADF";
        assertEquals(expected, kevent(badFd() + " 0 ADD"));
    }

    @Test
    void enableAndDisableTogetherAreRefused() {
        freebsdRule();
        assertEquals("b READ ERROR EINVAL", kevent("b READ ENABLE|DISABLE"));
        assertEquals("b READ ERROR EINVAL", kevent("b READ ADD|ENABLE|DISABLE"));
        assertEquals("b READ ERROR ENOENT", kevent("b READ DELETE"));
    }

    @Test
    void addWinsOverDeleteForANewKnoteAndDeleteOverTheRest() {
        freebsdRule();
        assertEquals("b READ 0 d=5 u=1", kevent("b READ ADD|DELETE u=1"));
        assertEquals("", kevent("b READ ADD|DELETE u=2"));
        assertEquals("b READ 0 d=5 u=3", kevent("b READ ADD u=3"));
        assertEquals("", kevent("b READ DELETE|ENABLE"));
        assertEquals("b READ ERROR ENOENT", kevent("b READ DELETE"));
        assertEquals("", kevent("b READ ADD|DELETE|DISABLE"));
    }

    @Test
    void outputFlagsInAChangeAreIgnored() {
        freebsdRule();
        assertEquals("b READ 0 d=5", kevent("b READ ADD|ERROR|EOF|0x1000|0x2000"));
        assertEquals("b READ 0 d=5", kevent("b READ CLEAR"));
        assertEquals("b READ 0 d=5", kevent("b READ ONESHOT"));
        assertEquals("b READ 0 d=5", poll());
    }

    @Test
    void udataIsReplacedByEveryChange() {
        freebsdRule();
        assertEquals("b READ 0 d=5 u=1", kevent("b READ ADD u=1"));
        assertEquals("b READ 0 d=5 u=2", kevent("b READ ADD u=2"));
        assertEquals("b READ 0 d=5 u=3", kevent("b READ ENABLE u=3"));
        assertEquals("b READ 0 d=5 u=4", kevent("b READ 0 u=4"));
        assertEquals("", kevent("b READ DISABLE u=5"));
        assertEquals("b READ 0 d=5", kevent("b READ ENABLE"));
    }

    @Test
    void aSecondAddDoesNotChangeTheKind() {
        assertEquals("b READ 0 d=5", kevent("b READ ADD"));
        assertEquals("b READ 0 d=5", kevent("b READ ADD|CLEAR"));
        assertEquals("b READ 0 d=5", poll());
        assertEquals("b READ 0 d=5", kevent("b READ ADD|ONESHOT"));
        assertEquals("b READ 0 d=5", poll());
    }

    @Test
    void everyChangeLooksAgain() {
        freebsdRule();
        assertEquals("b READ CLEAR d=5", kevent("b READ ADD|CLEAR"));
        assertEquals("", poll());
        assertEquals("b READ CLEAR d=5", kevent("b READ ENABLE"));
        assertEquals("b READ CLEAR d=5", kevent("b READ 0"));
        assertEquals("b READ CLEAR d=5", kevent("b READ ADD"));
        assertEquals("b READ CLEAR d=5", kevent("b READ DISABLE", "b READ ENABLE"));
        assertEquals("", poll());
    }

    @Test
    void levelEventsRotate() {
        pair("p", "q", Posix.SOCK_STREAM);
        assertEquals("", kevent(kq, 0, 0, "a WRITE ADD", "x WRITE ADD", "p WRITE ADD", "b READ ADD"));
        assertEquals("a WRITE 0; x WRITE 0", kevent(kq, 2, 0));
        assertEquals("p WRITE 0; b READ 0 d=5", kevent(kq, 2, 0));
        assertEquals("a WRITE 0; x WRITE 0; p WRITE 0", kevent(kq, 3, 0));
        assertEquals("b READ 0 d=5; a WRITE 0; x WRITE 0", kevent(kq, 3, 0));
    }

    @Test
    void twoKqueuesSeeOneDescriptor() throws IOException {
        Kqueue other = another();
        assertEquals("b READ 0 d=5", kevent("b READ ADD"));
        assertEquals("b READ 0 d=5", kevent(other, 4, 0, "b READ ADD"));
        assertEquals("", kevent("b READ DELETE"));
        assertEquals("b READ 0 d=5", kevent(other, 4, 0));
    }

    @Test
    void givesEveryDescriptorBack(@TempDir Path directory) throws IOException {
        open("f", directory.resolve("file"), Posix.O_RDWR | Posix.O_CREAT);
        long self = ProcessHandle.current().pid();
        String[] descriptors = {"b READ ADD", "b WRITE ADD", "x READ ADD", "x WRITE ADD|DISABLE", "y READ ADD|CLEAR"};
        Map<Filter, String[]> soft = Map.of(
                Filter.EVFILT_USER, new String[] {"1 USER ADD", "1 USER 0 f=TRIGGER", "2 USER ADD|DISABLE"},
                Filter.EVFILT_TIMER, new String[] {"1 TIMER ADD d=0", "2 TIMER ADD d=10000", "3 TIMER ADD|DISABLE d=1"},
                Filter.EVFILT_SIGNAL, new String[] {"28 SIGNAL ADD", "23 SIGNAL ADD|DISABLE"},
                Filter.EVFILT_PROC, new String[] {self + " PROC ADD f=EXIT"},
                Filter.EVFILT_VNODE, new String[] {"f VNODE ADD|CLEAR f=WRITE", "f READ ADD"});
        assumeTrue(Posix.LINUX, "a kqueue's descriptors are looked up in Linux's /proc/self/fd");
        // Opens what stays, such as what a capability query needs.
        useAnother(descriptors, soft);
        OpenDescriptors before = OpenDescriptors.now("anon_inode:");
        for (int i = 0; i < 50; i++) {
            useAnother(descriptors, soft);
        }
        before.assertNoneSince();
    }

    private void useAnother(String[] descriptors, Map<Filter, String[]> soft) throws IOException {
        try (Kqueue other = subject.open()) {
            kevent(other, 4, 0, descriptors);
            soft.forEach((filter, changes) -> {
                if (kq.layout().has(filter) && kq.supports(filter)) {
                    assertFalse(kevent(other, 16, 0, changes).contains("ERROR"), filter::name);
                }
            });
        }
    }

    /** Each registration is a descriptor and its peer; the limit on descriptors may not allow that many. */
    @Test
    void manyRegistrationsAreDeliveredOnceEachThroughAShortList() throws IOException {
        int wanted = 8_192;
        UnixOperatingSystemMXBean system =
                (UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        long allowed = system.getMaxFileDescriptorCount() - system.getOpenFileDescriptorCount() - 200;
        int pairs = (int) Math.min(wanted, allowed / 2);
        ChangeList changes = kq.newChangeList(pairs);
        for (int i = 0; i < pairs; i++) {
            pair("p" + i, "q" + i, Posix.SOCK_STREAM);
            changes.add(fd("q" + i), Filter.EVFILT_READ, KeventFlags.EV_ADD | KeventFlags.EV_CLEAR, i);
        }
        assertEquals(0, kq.kevent(changes, null, 0));
        for (int i = 0; i < pairs; i++) {
            write("p" + i, 1);
        }
        BitSet seen = new BitSet(pairs);
        EventList events = kq.newEventList(64);
        int total = 0;
        for (int n = kq.kevent(null, events, 0); n > 0; n = kq.kevent(null, events, 0)) {
            for (int i = 0; i < n; i++) {
                assertFalse(seen.get((int) events.udata(i)), "delivered twice");
                seen.set((int) events.udata(i));
            }
            total += n;
        }
        assertEquals(pairs, total);
        assumeTrue(pairs == wanted, () -> pairs + " registrations, not " + wanted + ": the limit on descriptors is "
                + system.getMaxFileDescriptorCount());
    }

    @Test
    void aChangeListLongerThanTheEventListLeavesWhatLiesBehindIt() throws IOException {
        int slot = kq.layout().size();
        EventList events = kq.newEventList(8);
        Pointer memory = new Pointer(events.address());
        memory.setMemory(0, 8L * slot, (byte) 0x5A);
        events.resize(2);
        ChangeList changes = kq.newChangeList(6);
        for (int i = 0; i < 6; i++) {
            changes.add(badFd(), Filter.EVFILT_READ, KeventFlags.EV_ADD, i);
        }
        assertEquals("EBADF", assertThrows(KeventException.class, () -> kq.kevent(changes, events, 0)).errnoName());
        needsErrorsThatEndTheChanges();
        for (int i = 0; i < 6; i++) {
            assertEquals(0, kq.kevent(changes.clear().add(fd(i < 3 ? "a" : "b"), Filter.EVFILT_WRITE,
                    KeventFlags.EV_ADD, i), null, 0));
        }
        pair("p", "q", Posix.SOCK_STREAM);
        assertEquals(0, kq.kevent(changes.clear().add(fd("p"), Filter.EVFILT_WRITE, KeventFlags.EV_ADD, 9), null, 0));
        assertEquals(2, kq.kevent(null, events, 0));
        for (long i = 2L * slot; i < 8L * slot; i++) {
            assertEquals(0x5A, memory.getByte(i), "byte " + i);
        }
    }

    @Test
    void anErrorEntryEchoesTheChange() throws IOException {
        EventList events = kq.newEventList(2);
        ChangeList changes = kq.newChangeList(1).add(fd("a"), Filter.EVFILT_READ, KeventFlags.EV_DELETE, 5, 6, 7);
        assertEquals(1, kq.kevent(changes, events, 0));
        assertEquals(fd("a"), events.ident(0));
        assertEquals(Filter.EVFILT_READ, events.filter(0));
        assertTrue((events.flags(0) & KeventFlags.EV_ERROR) != 0, "macOS shows the change's flags beside it");
        assertEquals(5, events.fflags(0));
        assertEquals(7, events.udata(0));
        assertEquals(2, events.errno(0));
    }

    @Test
    void twoErrorsAndRoomForOne() {
        int bad = badFd();
        assertEquals("ENOENT", kevent(kq, 1, 0, bad + " READ ADD", "y READ DELETE", "a WRITE ADD"));
        needsErrorsThatEndTheChanges();
        assertEquals("a WRITE ERROR ENOENT", kevent("a WRITE DELETE"), "what comes after is not applied");
        assertEquals(bad + " READ ERROR EBADF u=1", kevent(kq, 1, 0, bad + " READ ADD u=1", "a WRITE ADD u=2"));
        assertEquals("a WRITE 0 u=2", poll());
    }

    @Test
    void aReceiptAndAPlainChangeInOneCall() {
        assertEquals("b READ ERROR u=1", kevent("b READ ADD|RECEIPT u=1", "x WRITE ADD u=2"));
        freebsdRule();
        assertEquals("b READ RECEIPT d=5 u=1; x WRITE 0 u=2", poll());
        assertEquals("b READ ERROR", kevent("b READ DELETE", "x WRITE DELETE", "b READ ADD|DISPATCH|RECEIPT"));
        assertEquals("b READ RECEIPT|DISPATCH d=5", poll());
    }

    @Test
    void aLevelReadDrainedBeforeItIsCollectedIsSilent() {
        assertEquals("", kevent(kq, 0, 0, "b READ ADD", "y READ ADD|CLEAR"));
        write("x", 2);
        drain("b");
        drain("y");
        assertEquals("", poll());
    }
}
