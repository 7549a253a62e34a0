package org.kqueue.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.kqueue.Filter;

/** EVFILT_EMPTY: a socket's send buffer has nothing in it. */
class EmptyFilterTest extends Contract {

    @BeforeEach
    void needsEmpty() {
        freebsdRule();
        needs(Filter.EVFILT_EMPTY);
    }

    /** Until the sender's buffer is empty: what is freed lets more in. */
    private void drainAll() {
        long deadline = System.nanoTime() + 10_000_000_000L;
        byte[] none = {(byte) fd("s"), (byte) (fd("s") >> 8), 0, 0, 1, 0, 0, 0};
        do {
            drain("s");
        } while (Posix.poll(none, 1, 50) > 0 && System.nanoTime() < deadline);
    }

    @Test
    void isReadyUntilDataIsOnItsWayAndAgainWhenItHasArrived() {
        tcp();
        assertEquals("c EMPTY 0 u=7", kevent("c EMPTY ADD u=7"));
        fill("c");
        assertEquals("", poll());
        drainAll();
        assertEquals("c EMPTY 0 u=7", await());
        assertEquals("c EMPTY 0 u=7", poll(), "level");
        assertEquals("", kevent("c EMPTY DELETE"));
        assertEquals("c EMPTY ERROR ENOENT", kevent("c EMPTY DELETE"));
    }

    @Test
    void aWaitIsToldWhenTheLastByteIsTaken() throws Exception {
        tcp();
        fill("c");
        assertEquals("", kevent("c EMPTY ADD|ONESHOT u=7"));
        Thread reader = drainLater();
        assertEquals("c EMPTY ONESHOT u=7", await());
        reader.join();
        assertEquals("c EMPTY ERROR ENOENT", kevent("c EMPTY DELETE"));
    }

    /** The waiter is to be there first; that it is not would not fail the test. */
    private Thread drainLater() {
        Thread reader = new Thread(() -> {
            try {
                TimeUnit.MILLISECONDS.sleep(30);
            } catch (InterruptedException e) {
                return;
            }
            drainAll();
        });
        reader.start();
        return reader;
    }

    @Test
    void aWaitIsToldOfWhatWasReportedAndFilledSince() throws Exception {
        tcp();
        assertEquals("c EMPTY 0", kevent("c EMPTY ADD"));
        fill("c");
        Thread reader = drainLater();
        assertEquals("c EMPTY 0", await());
        reader.join();
    }

    @Test
    void withClearOncePerFilling() {
        tcp();
        assertEquals("c EMPTY CLEAR", kevent("c EMPTY ADD|CLEAR"));
        assertEquals("", poll());
        fill("c");
        assertEquals("", poll());
        drainAll();
        assertEquals("c EMPTY CLEAR", await());
        assertEquals("", kevent(kq, 4, 80_000_000), "nothing was written since");
        assertEquals("c EMPTY CLEAR", kevent("c EMPTY ENABLE"), "every change looks anew");
    }

    @Test
    void endsWithItsDescriptor() {
        tcp();
        moveAway("c");
        fill("c");
        assertEquals("", kevent("c EMPTY ADD"));
        close("c");
        drain("s");
        assertEquals("", kevent(kq, 4, 80_000_000));
        assertEquals("c EMPTY ERROR EBADF", kevent("c EMPTY DELETE"));
    }

    @Test
    void ofSocketsOnly() {
        pipe();
        pair();
        assertEquals("w EMPTY ERROR EINVAL", kevent("w EMPTY ADD"));
        int bad = badFd();
        assertEquals(bad + " EMPTY ERROR EBADF", kevent(bad + " EMPTY ADD"));
        write("a", 5);
        assertEquals("a EMPTY 0", kevent("a EMPTY ADD"), "what a local socket sends is its peer's at once");
    }

    @Test
    void disabledAndDispatched() {
        tcp();
        assertEquals("", kevent("c EMPTY ADD|DISABLE"));
        assertEquals("c EMPTY 0", kevent("c EMPTY ENABLE"));
        assertEquals("", kevent("c EMPTY DELETE"));
        assertEquals("c EMPTY DISPATCH", kevent("c EMPTY ADD|DISPATCH"));
        assertEquals("", poll());
        assertTrue(kevent("c EMPTY ENABLE").startsWith("c EMPTY DISPATCH"));
    }
}
