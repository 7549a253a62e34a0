package org.kqueue.linux.knotes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.kqueue.ChangeList;
import org.kqueue.Errno;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.KeventFlags;
import org.kqueue.KeventLayout;
import org.kqueue.KqueueUnavailableException;
import org.kqueue.contract.Posix;
import org.kqueue.linux.changes.Changes;
import org.kqueue.linux.epoll.EpollCalls;
import org.kqueue.linux.epoll.EpollInstance;

/** What an old C library lacks, and what is another number on another processor. */
class LinuxCallsTest {

    private static final int SOCK_NONBLOCK = 0x800;
    /** A system call and ioctls that no kernel has. */
    private static final Architecture WRONG = new Architecture(100_000, 0x7F7F, 0x7F7E);
    private static final KeventLayout LAYOUT = KeventLayout.of("freebsd");

    private final List<Integer> open = new ArrayList<>();

    @BeforeEach
    void needsLinux() {
        assumeTrue(System.getProperty("os.name").equals("Linux"), "these are Linux's calls");
    }

    @AfterEach
    void closeAll() {
        open.forEach(Posix::close);
    }

    private int[] pair() {
        int[] pair = new int[2];
        assertEquals(0, Posix.socketpair(Posix.AF_UNIX, Posix.SOCK_STREAM | SOCK_NONBLOCK, 0, pair));
        open.add(pair[0]);
        open.add(pair[1]);
        return pair;
    }

    @Test
    void theNumbersOfAProcessorAreThoseOfItsKernel() {
        Architecture x86 = Architecture.of("amd64");
        assertEquals(new Architecture(332, 0x541B, 0x5411), x86);
        for (String late : new String[] {"aarch64", "riscv64", "loongarch64"}) {
            assertEquals(new Architecture(291, 0x541B, 0x5411), Architecture.of(late), late);
        }
        assertEquals(new Architecture(379, 0x541B, 0x5411), Architecture.of("s390x"));
        for (String power : new String[] {"ppc64", "ppc64le"}) {
            // _IOR(type, number, int): 2 << 29 | 4 << 16 | type << 8 | number
            long read = 2L << 29 | 4 << 16;
            assertEquals(new Architecture(383, read | 'f' << 8 | 127, read | 't' << 8 | 115), Architecture.of(power),
                    power);
        }
        for (String unknown : new String[] {"mips64el", "sparcv9", "alpha", "x86"}) {
            assertNull(Architecture.of(unknown), unknown);
        }
        assertNull(LinuxCalls.whyNot(), "this processor");
    }

    @Test
    void withoutStatxTheKqueueSaysSo() throws Exception {
        new LinuxCalls().require();
        String message = assertThrows(KqueueUnavailableException.class, () -> new LinuxCalls(WRONG).require())
                .getMessage();
        assertTrue(message.contains("statx") && message.contains("ENOSYS") && message.contains("4.11"), message);
    }

    @Test
    void aFileIsSeenAsItIs() {
        LinuxCalls calls = new LinuxCalls();
        int[] pair = pair();
        FileStatus file = calls.look(pair[0]);
        assertTrue(file.errno() == 0 && file.isSocket() && !file.isPipe() && !file.isFile() && !file.isAnonymous());
        assertTrue(file.isSameFile(calls.look(pair[0])));
        assertFalse(file.isSameFile(calls.look(pair[1])));
        assertEquals(Errno.EBADF, calls.look(-1).errno());
        assertTrue(calls.isGone(calls.look(-1)));
    }

    @Test
    void bytesAreCounted() {
        LinuxCalls calls = new LinuxCalls();
        int[] pair = pair();
        assertEquals(0, calls.readable(pair[0]));
        assertEquals(5, Posix.write(pair[1], new byte[5], 5));
        assertEquals(5, calls.readable(pair[0]));
        assertTrue(calls.unsent(pair[1]) >= 5, "AF_UNIX counts until it is read");
        assertEquals(-Errno.EBADF, calls.readable(-1));
    }

    /** Not an event with a count of 0. */
    @Test
    void aNumberThatIsAnotherProcessorsIsAnError() throws IOException {
        int[] pair = pair();
        assertEquals(5, Posix.write(pair[1], new byte[5], 5));
        Architecture here = Architecture.of(System.getProperty("os.arch"));
        LinuxCalls calls = new LinuxCalls(new Architecture(here.statx(), WRONG.fionread(), WRONG.siocoutq()));
        assertTrue(calls.readable(pair[0]) < 0);
        EpollInstance epoll = EpollInstance.open(calls, EpollCalls.EPOLLIN);
        try {
            Knotes knotes = new Knotes(LAYOUT, new Object(), calls, epoll, new EmbeddedKqueues());
            ChangeList changes = new ChangeList(LAYOUT, 2).add(pair[0], Filter.EVFILT_READ, KeventFlags.EV_ADD, 0);
            EventList events = new EventList(LAYOUT, 4);
            assertEquals(Changes.GO_ON, new Changes(LAYOUT, knotes).apply(changes, events));
            knotes.sources.takeAll();
            String message = assertThrows(CallFailed.class, () -> knotes.queue.deliver(events, knotes)).getMessage();
            assertTrue(message.contains("FIONREAD") && message.contains("fd=" + pair[0]), message);
            knotes.close();
        } finally {
            epoll.close();
        }
    }
}
