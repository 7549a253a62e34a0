package org.kqueue.robust.fault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.kqueue.Errno;
import org.kqueue.KeventException;
import org.kqueue.nio.Providers;
import org.kqueue.robust.Faults;
import org.kqueue.robust.Pair;
import org.kqueue.robust.Task;

/** The selector over a kqueue that cannot be opened, woken or closed by plan: the specified exception, and no leak. */
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class OpenWakeCloseFaultTest extends NoDescriptorIsLeft {

    /** What may be the errno of {@code kqueue()}. */
    enum OpenError {
        EMFILE(Errno.EMFILE), ENFILE(Errno.ENFILE), ENOMEM(Errno.ENOMEM);

        private final int errno;

        OpenError(int errno) {
            this.errno = errno;
        }
    }

    @ParameterizedTest
    @EnumSource
    void saysWhyNoKqueueCouldBeOpened(OpenError error) {
        Faults none = new Faults() {
            @Override
            public void kqueue() throws IOException {
                throw new KeventException("kqueue", -1, error.errno, error.name(), null);
            }
        };
        IOException e = assertThrows(IOException.class, () -> FaultyBackend.openSelector(none));
        assertTrue(e.getMessage().contains(error.name()), e.getMessage());
    }

    @Test
    void closesTheKqueueWhenTheWakeupCannotBeRegistered() {
        Faults none = new Faults() {
            @Override
            public void newWakeup() throws IOException {
                throw new KeventException("kevent", 9, Errno.ENOMEM, "ENOMEM", null);
            }
        };
        // That nothing is left open is asserted after each test.
        assertThrows(IOException.class, () -> FaultyBackend.openSelector(none));
    }

    @Test
    void canBeWokenAfterAWakeupFailed() throws Exception {
        AtomicInteger signals = new AtomicInteger();
        Faults firstFails = new Faults() {
            @Override
            public void signal() throws IOException {
                if (signals.incrementAndGet() == 1) {
                    throw new KeventException("kevent", 9, Errno.ENOMEM, "ENOMEM", null);
                }
            }
        };
        try (Selector selector = FaultyBackend.openSelector(firstFails)) {
            Task<Integer> select = new Task<>(selector::select).awaitSelecting();
            assertThrows(UncheckedIOException.class, selector::wakeup);
            selector.wakeup();
            assertEquals(0, select.get());
            assertEquals(2, signals.get());
        }
    }

    private static Faults wakeupsFail(int errno, String name) {
        return new Faults() {
            @Override
            public void signal() throws IOException {
                throw new KeventException("kevent", 9, errno, name, null);
            }
        };
    }

    @Test
    void closesAllWhenTheWakeupOfCloseFails() throws Exception {
        Selector selector = FaultyBackend.openSelector(wakeupsFail(Errno.EBADF, "EBADF"));
        Pair pair = Pair.open(Providers.kqueue());
        pair.register(selector, SelectionKey.OP_READ);
        assertEquals(0, selector.selectNow());
        pair.close();
        // Nobody is blocked, so nobody has to be woken; a broken wakeup must not stand in the way.
        selector.close();
        assertFalse(selector.isOpen());
    }

    @Test
    void closeEndsASelectThatCannotBeWoken() throws Exception {
        Selector selector = FaultyBackend.openSelector(wakeupsFail(Errno.ENOMEM, "ENOMEM"));
        Pair pair = Pair.open(Providers.kqueue());
        SelectionKey key = pair.register(selector, SelectionKey.OP_READ);
        Task<Integer> select = new Task<>(selector::select).awaitSelecting();
        pair.close();
        selector.close();
        select.get();
        assertFalse(selector.isOpen());
        assertFalse(key.isValid());
    }
}
