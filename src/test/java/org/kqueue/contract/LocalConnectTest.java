package org.kqueue.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An AF_UNIX client that is registered before it is connected, of which Linux tells nobody. */
class LocalConnectTest extends Contract {

    private byte[] address;

    @BeforeEach
    void listenLocally() {
        freebsdRule();
        address = unixAddress();
        socket("l", Posix.AF_UNIX, Posix.SOCK_STREAM);
        ok(Posix.bind(fd("l"), address, address.length));
        listen("l");
        socket("c", Posix.AF_UNIX, Posix.SOCK_STREAM);
    }

    @Test
    void isWritableWhenItIsConnected() {
        assertEquals("", kevent("c WRITE ADD u=7", "c READ ADD u=8"));
        assertEquals("", poll());
        ok(Posix.connect(fd("c"), address, address.length));
        assertEquals("c WRITE 0 u=7", poll());
        assertEquals("c WRITE 0 u=7", poll(), "level");
    }

    @Test
    void aWaitIsTold() throws Exception {
        assertEquals("", kevent("c WRITE ADD|ONESHOT u=7"));
        Thread connector = new Thread(() -> {
            // The waiter is to be there first; that it is not would not fail the test.
            try {
                TimeUnit.MILLISECONDS.sleep(30);
            } catch (InterruptedException e) {
                return;
            }
            Posix.connect(fd("c"), address, address.length);
        });
        connector.start();
        assertEquals("c WRITE ONESHOT u=7", await());
        connector.join();
    }

    @Test
    void enabledAfterItWasConnected() {
        assertEquals("", kevent("c WRITE ADD"));
        assertEquals("", kevent("c WRITE DISABLE"));
        ok(Posix.connect(fd("c"), address, address.length));
        assertEquals("", poll());
        assertEquals("c WRITE 0", kevent("c WRITE ENABLE"));
    }

    @Test
    void isForgottenWhenItIsClosed() {
        assertEquals("", kevent("c WRITE ADD"));
        close("c");
        assertEquals("", kevent(kq, 4, 30_000_000));
    }
}
