package org.kqueue.linux.epoll;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.kqueue.Errno;
import org.kqueue.Kqueue;

/** Nanoseconds as a wait of epoll. */
class EpollWaitTest {

    @Test
    void millisecondsAreRoundedUp() {
        assertEquals(0, EpollWait.millis(0));
        assertEquals(1, EpollWait.millis(1));
        assertEquals(1, EpollWait.millis(1_000_000));
        assertEquals(2, EpollWait.millis(1_000_001));
        assertEquals(-1, EpollWait.millis(Kqueue.FOREVER));
        assertEquals(Integer.MAX_VALUE, EpollWait.millis(Kqueue.FOREVER - 1), "shorter, and waited again");
        assertEquals(Integer.MAX_VALUE, EpollWait.millis(Integer.MAX_VALUE * 1_000_000L));
    }

    @Test
    void noWaitEndsEarly() throws IOException {
        assumeTrue(System.getProperty("os.name").equals("Linux"), "epoll is Linux's");
        JnaCalls calls = new JnaCalls();
        EventArray events = new EventArray(calls).reserve(1);
        int epfd = calls.create();
        try {
            for (long nanos : new long[] {0, 1, 300_000, 1_000_000, 2_500_000}) {
                long start = System.nanoTime();
                assertEquals(0, EpollWait.await(epfd, events, 1, nanos));
                assertTrue(System.nanoTime() - start >= nanos, nanos + " ns");
            }
            assertEquals(-Errno.EBADF, EpollWait.await(-1, events, 1, 1));
            assertEquals(-Errno.EBADF, EpollWait.await(-1, events, 1, 0));
        } finally {
            calls.close(epfd);
        }
    }
}
