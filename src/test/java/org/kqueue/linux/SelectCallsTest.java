package org.kqueue.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.kqueue.Errno;
import org.kqueue.RestoredProperty;
import org.kqueue.foreign.ForeignCalls;
import org.kqueue.foreign.LentCalls;
import org.kqueue.nio.KqueueSelectorProvider;
import org.kqueue.robust.Forked;

/** The JDK's native methods answer as the C functions do. */
class SelectCallsTest {

    @RegisterExtension
    final RestoredProperty calls = new RestoredProperty(ForeignCalls.CALLS);
    private final Memory memory = new Memory();
    private final PollList list = new PollList();

    @BeforeEach
    void lend() {
        assumeTrue(System.getProperty("os.name").equals("Linux"), "epoll is Linux's");
        assertNotNull(new KqueueSelectorProvider());
        memory.reserve(4);
    }

    @Test
    void areLentByTheJdkBeforeTheFirstSelect() throws Exception {
        assumeTrue(System.getProperty(ForeignCalls.CALLS, "auto").equals("auto"), "the property says how");
        Forked.Result result = Forked.java(LentWaits.class, "-Dorg.kqueue.backend=embedded", "--");
        assertEquals("true", result.lastLine(), result::output);
    }

    @Test
    void arePassedOverWhereThePropertySaysSo() {
        for (String value : new String[] {"jna", "foreign"}) {
            calls.set(value);
            assertNull(LentCalls.find(LentCalls.EPOLL_WAIT), value);
            assertNull(LentCalls.find(LentCalls.POLL), value);
        }
    }

    @Test
    void anErrorIsItsErrno() {
        for (long timeoutNanos : new long[] {0, 1, 1_000_000, Long.MAX_VALUE}) {
            assertEquals(-Errno.EBADF, SelectCalls.epollWait(-1, memory.eventsAddress(), 4, timeoutNanos, memory));
            assertEquals(-Errno.EINVAL, SelectCalls.epollWait(0, memory.eventsAddress(), 4, timeoutNanos, memory));
        }
    }

    @Test
    void pollTellsOfEachDescriptor() {
        int eventfd = EpollLibrary.eventfd(1, EpollLibrary.EFD_CLOEXEC);
        try {
            for (int i = 0; i < 40; i++) {
                list.add(i % 2 == 0 ? eventfd : 1 << 20, i, EpollLibrary.EPOLLIN);
            }
            assertEquals(40, SelectCalls.poll(list.address(), list.size()));
            for (int i = 0; i < 40; i++) {
                assertEquals(i % 2 == 0 ? EpollLibrary.EPOLLIN : EpollLibrary.POLLNVAL, list.revents(i));
                assertEquals(i, list.generation(i));
            }
            list.move(3, 0);
            list.shrink(1);
            assertEquals(1, SelectCalls.poll(list.address(), list.size()));
            assertEquals(1 << 20, list.fd(0));
            assertEquals(3, list.generation(0));
        } finally {
            EpollLibrary.close(eventfd);
        }
    }
}
