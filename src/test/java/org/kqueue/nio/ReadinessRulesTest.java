package org.kqueue.nio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.kqueue.KeventFlags.EV_CLEAR;
import static org.kqueue.KeventFlags.EV_EOF;
import static org.kqueue.nio.Readiness.READ;
import static org.kqueue.nio.Readiness.WRITE;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.kqueue.nio.jdk.JdkChannels;
import sun.nio.ch.Net;

/** Poll bits, filters and flags. What the bits make ready is up to the JDK's channels. */
class ReadinessRulesTest {

    private static final int ECONNREFUSED = 61;
    private static final int ECONNRESET = 54;

    @BeforeAll
    static void openSunNioCh() {
        JdkChannels.open();
    }

    @Test
    void fourOperationsShareTwoFilters() {
        assertEquals(0, Readiness.filters(0));
        assertEquals(READ, Readiness.filters(Net.POLLIN));
        assertEquals(WRITE, Readiness.filters(Net.POLLOUT));
        assertEquals(WRITE, Readiness.filters(Net.POLLCONN));
        assertEquals(READ | WRITE, Readiness.filters(Net.POLLIN | Net.POLLOUT));
        assertEquals(0, Readiness.filters(Net.POLLERR));
    }

    @Test
    void eventsAreInputAndOutput() {
        assertEquals(Net.POLLIN, Readiness.pollBits(READ, 0, 0, false));
        assertEquals(Net.POLLOUT, Readiness.pollBits(WRITE, EV_CLEAR, 7, false));
        assertEquals(Net.POLLOUT, Readiness.pollBits(WRITE, 0, 0, true));
    }

    @Test
    void endOfAConnectionIsNoError() {
        assertEquals(Net.POLLIN, Readiness.pollBits(READ, EV_EOF, 0, false));
        assertEquals(Net.POLLOUT, Readiness.pollBits(WRITE, EV_EOF, 0, false));
        assertEquals(Net.POLLIN, Readiness.pollBits(READ, EV_EOF, ECONNRESET, false));
        assertEquals(Net.POLLOUT, Readiness.pollBits(WRITE, EV_EOF, ECONNRESET, false));
    }

    @Test
    void refusedConnectionIsAnError() {
        assertEquals(Net.POLLIN | Net.POLLERR, Readiness.pollBits(READ, EV_EOF, ECONNREFUSED, true));
        assertEquals(Net.POLLOUT | Net.POLLERR, Readiness.pollBits(WRITE, EV_EOF, ECONNREFUSED, true));
        assertEquals(Net.POLLOUT | Net.POLLERR, Readiness.pollBits(WRITE, EV_EOF, 0, true));
    }

    @Test
    void closeByThePeerBeforeTheConnectIsFinishedIsNoError() {
        assertEquals(Net.POLLIN, Readiness.pollBits(READ, EV_EOF, 0, true));
    }
}
