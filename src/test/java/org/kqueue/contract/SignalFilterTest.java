package org.kqueue.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.Kqueue;

/** EVFILT_SIGNAL, with signals that do nothing to a process that does not handle them. */
class SignalFilterTest extends Contract {

    private static final int WINCH = Posix.SIGWINCH;
    private static final int URG = Posix.SIGURG;

    @BeforeEach
    void needsSignals() {
        needs(Filter.EVFILT_SIGNAL);
    }

    private static void raise(int signal) {
        assertEquals(0, Posix.kill((int) ProcessHandle.current().pid(), signal));
    }

    /** The handlers of a JVM run in threads of their own, some time after {@code kill} returned. */
    private long count(Kqueue kqueue, long wanted) throws Exception {
        EventList events = kqueue.newEventList(4);
        long total = 0;
        while (total < wanted && kqueue.kevent(null, events, 5_000_000_000L) > 0) {
            assertEquals(WINCH, events.ident(0));
            total += events.data(0);
        }
        return total;
    }

    @Test
    void countsSignals() throws Exception {
        assertEquals("", kevent(WINCH + " SIGNAL ADD u=7"));
        raise(WINCH);
        assertEquals(WINCH + " SIGNAL CLEAR d=1 u=7", await());
        assertEquals("", poll());
        for (int i = 0; i < 3; i++) {
            raise(WINCH);
            assertEquals(1, count(kq, 1));
        }
        assertEquals("", kevent(WINCH + " SIGNAL DELETE"));
    }

    @Test
    void everyKqueueCounts() throws Exception {
        Kqueue other = another();
        assertEquals("", kevent(WINCH + " SIGNAL ADD"));
        assertEquals("", kevent(other, 4, 0, WINCH + " SIGNAL ADD"));
        raise(WINCH);
        assertEquals(1, count(kq, 1));
        assertEquals(1, count(other, 1));
    }

    @Test
    void whatWasSentBeforeIsNotReported() throws Exception {
        raise(URG);
        assertEquals("", kevent(URG + " SIGNAL ADD"));
        assertEquals("", kevent(kq, 4, 30_000_000));
    }

    @Test
    void disabledItKeepsCounting() throws Exception {
        Kqueue witness = another();
        assertEquals("", kevent(witness, 4, 0, WINCH + " SIGNAL ADD"));
        assertEquals("", kevent(WINCH + " SIGNAL ADD", WINCH + " SIGNAL DISABLE"));
        raise(WINCH);
        assertEquals(1, count(witness, 1));
        raise(WINCH);
        assertEquals(1, count(witness, 1));
        assertEquals("", poll());
        String event = await(WINCH + " SIGNAL ENABLE");
        assertTrue(event.startsWith(WINCH + " SIGNAL CLEAR d="), event);
    }

    @Test
    void oneshotAndDispatch() throws Exception {
        assertEquals("", kevent(WINCH + " SIGNAL ADD|ONESHOT"));
        raise(WINCH);
        assertEquals(WINCH + " SIGNAL ONESHOT|CLEAR d=1", await());
        assertEquals(WINCH + " SIGNAL ERROR ENOENT", kevent(WINCH + " SIGNAL DELETE"));
        assertEquals("", kevent(WINCH + " SIGNAL ADD|DISPATCH"));
        raise(WINCH);
        assertEquals(WINCH + " SIGNAL CLEAR|DISPATCH d=1", await());
        raise(WINCH);
        assertEquals("", kevent(kq, 4, 30_000_000));
        assertEquals(WINCH + " SIGNAL CLEAR|DISPATCH d=1", await(WINCH + " SIGNAL ENABLE"));
    }

    @Test
    void numbersThatAreNoSignal() {
        freebsdRule();
        for (String number : new String[] {"0", "-1", "200"}) {
            String expected = kq.layout().takesAnySignal() ? "" : number + " SIGNAL ERROR EINVAL";
            assertEquals(expected, kevent(number + " SIGNAL ADD"));
        }
        assertEquals("", kevent("9 SIGNAL ADD"), "KILL can be registered, though nobody will hear of it");
    }

    @Test
    void aChildThatEndsIsASignalOfItsOwn() throws Exception {
        assertEquals("", kevent(Posix.SIGCHLD + " SIGNAL ADD u=3"));
        Process process = new ProcessBuilder("true").start();
        assertTrue(await().startsWith(Posix.SIGCHLD + " SIGNAL CLEAR d="));
        assertEquals(0, process.waitFor());
    }
}
