package org.kqueue.nio;

import static java.nio.channels.SelectionKey.OP_ACCEPT;
import static java.nio.channels.SelectionKey.OP_CONNECT;
import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.kqueue.KeventFlags.EV_EOF;
import static org.kqueue.nio.ReadyOps.READ;
import static org.kqueue.nio.ReadyOps.WRITE;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.kqueue.nio.ReadyOps.State;

class ReadyOpsTest {

    private static final int ALL = OP_READ | OP_WRITE | OP_CONNECT | OP_ACCEPT;
    private static final int ECONNREFUSED = 61;

    @Test
    void operationsShareTwoFilters() {
        assertEquals(0, ReadyOps.filters(0));
        assertEquals(READ, ReadyOps.filters(OP_READ));
        assertEquals(READ, ReadyOps.filters(OP_ACCEPT));
        assertEquals(WRITE, ReadyOps.filters(OP_WRITE));
        assertEquals(WRITE, ReadyOps.filters(OP_CONNECT));
        assertEquals(WRITE, ReadyOps.filters(OP_CONNECT | OP_WRITE));
        assertEquals(READ | WRITE, ReadyOps.filters(OP_READ | OP_CONNECT));
    }

    @Test
    void openChannelReadsAndWrites() {
        assertEquals(OP_READ, ReadyOps.ready(State.OPEN, READ, 0, 0, OP_READ | OP_WRITE));
        assertEquals(OP_WRITE, ReadyOps.ready(State.OPEN, WRITE, 0, 0, OP_READ | OP_WRITE));
        assertEquals(OP_ACCEPT, ReadyOps.ready(State.OPEN, READ, 0, 0, OP_ACCEPT));
        assertEquals(0, ReadyOps.ready(State.OPEN, WRITE, 0, 0, OP_CONNECT));
        assertEquals(0, ReadyOps.ready(State.OPEN, WRITE, EV_EOF, 0, OP_CONNECT));
    }

    @Test
    void pendingConnectionConnectsOnly() {
        assertEquals(OP_CONNECT, ReadyOps.ready(State.CONNECTING, WRITE, 0, 0, OP_CONNECT | OP_READ | OP_WRITE));
        assertEquals(0, ReadyOps.ready(State.CONNECTING, READ, 0, 0, OP_CONNECT | OP_READ));
    }

    @Test
    void unconnectedChannelDoesNothing() {
        assertEquals(0, ReadyOps.ready(State.IDLE, READ, 0, 0, ALL));
        assertEquals(0, ReadyOps.ready(State.IDLE, WRITE, 0, 0, ALL));
        assertEquals(0, ReadyOps.ready(State.IDLE, WRITE, EV_EOF, 0, ALL), "as libraries over epoll report it");
    }

    @Test
    void unknownStateGivesTheBenefitOfTheDoubt() {
        assertEquals(OP_READ | OP_ACCEPT, ReadyOps.ready(State.UNKNOWN, READ, 0, 0, ALL));
        assertEquals(OP_WRITE | OP_CONNECT, ReadyOps.ready(State.UNKNOWN, WRITE, 0, 0, ALL));
    }

    @Test
    void failedConnectionMakesAllReady() {
        assertEquals(OP_READ, ReadyOps.ready(State.CONNECTING, READ, EV_EOF, ECONNREFUSED, OP_READ));
        assertEquals(OP_READ, ReadyOps.ready(State.CONNECTING, READ, EV_EOF, 0, OP_READ));
        assertEquals(OP_CONNECT | OP_READ,
                ReadyOps.ready(State.CONNECTING, WRITE, EV_EOF, ECONNREFUSED, OP_CONNECT | OP_READ));
    }

    @Test
    void halfCloseIsNoError() {
        assertEquals(OP_READ, ReadyOps.ready(State.OPEN, READ, EV_EOF, 0, OP_READ | OP_WRITE));
        assertEquals(OP_WRITE, ReadyOps.ready(State.OPEN, WRITE, EV_EOF, 0, OP_READ | OP_WRITE));
    }

    @Test
    void errorOfAnOpenChannelMakesAllReady() {
        assertEquals(OP_READ | OP_WRITE, ReadyOps.ready(State.OPEN, READ, EV_EOF, 54, OP_READ | OP_WRITE));
    }

    @ParameterizedTest
    @EnumSource(State.class)
    void nothingIsReadyThatWasNotAskedFor(State state) {
        for (int interest = 0; interest <= ALL; interest++) {
            for (int flags : new int[] {0, EV_EOF}) {
                for (int filter = READ; filter <= WRITE; filter++) {
                    assertEquals(0, ReadyOps.ready(state, filter, flags, flags == 0 ? 0 : 54, interest) & ~interest);
                }
            }
        }
    }
}
