package org.kqueue.nio;

import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import org.kqueue.robust.Task;

/** Interest that other threads set while a select is under way, or while the selector closes. */
@ParameterizedClass(name = "{0}")
@MethodSource("org.kqueue.nio.Providers#all")
class InterestChangesTest extends SelectorFixture {

    private List<SelectionKey> datagramKeys(int n) throws IOException {
        List<SelectionKey> keys = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            DatagramChannel channel = closed(provider.openDatagramChannel());
            channel.configureBlocking(false);
            keys.add(register(channel, OP_READ));
        }
        return keys;
    }

    @Test
    void interestSetWithoutPauseKeepsNoSelectBusy() throws Exception {
        List<SelectionKey> keys = datagramKeys(100);
        AtomicBoolean stop = new AtomicBoolean();
        CountDownLatch begun = new CountDownLatch(1);
        Task<Integer> toggling = task(() -> {
            int rounds = 0;
            while (!stop.get()) {
                for (SelectionKey key : keys) {
                    key.interestOps(rounds % 2 == 0 ? OP_READ : OP_READ | OP_WRITE);
                }
                rounds++;
                begun.countDown();
            }
            return rounds;
        });
        try {
            begun.await();
            // Each ends within the time limit of the test.
            for (int i = 0; i < 200; i++) {
                selector.selectNow();
            }
        } finally {
            stop.set(true);
        }
        assertTrue(toggling.get() > 0);
        for (SelectionKey key : keys) {
            key.interestOps(OP_WRITE);
        }
        selector.selectedKeys().clear();
        assertEquals(keys.size(), selector.selectNow());
    }

    @Test
    void interestSetWhileTheSelectorClosesFailsAsDocumented() throws Exception {
        assumeTrue(Runtime.version().feature() >= 24, "SelectorImpl.register of older JDKs needs another exception");
        List<SelectionKey> keys = datagramKeys(20);
        selector.selectNow();
        Task<Integer> setting = task(() -> {
            int cancelled = 0;
            for (int round = 0; cancelled < keys.size(); round++) {
                cancelled = 0;
                for (SelectionKey key : keys) {
                    try {
                        key.interestOps(round % 2 == 0 ? OP_READ : OP_WRITE);
                    } catch (CancelledKeyException e) {
                        cancelled++;
                    }
                }
            }
            return cancelled;
        });
        selector.close();
        assertEquals(keys.size(), setting.get());
    }
}
