package org.kqueue.nio.channels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.kqueue.KeventLayout;
import org.kqueue.KqueueConfig;
import org.kqueue.nio.KqueueSelectorProvider;

/** A selector, and event channels that are opened while it is: on the embedded backend, in one ABI. */
final class SelectLoop implements AutoCloseable {

    static final Duration DEADLINE = Duration.ofSeconds(20);

    private final String before = System.getProperty(KqueueConfig.ABI);
    final Selector selector;

    SelectLoop(String abi) throws IOException {
        System.setProperty(KqueueConfig.ABI, abi);
        selector = new KqueueSelectorProvider().openSelector();
    }

    /** All ABIs there are. */
    static Stream<String> abis() {
        return KeventLayout.names().stream();
    }

    SelectionKey register(EventChannel channel) throws IOException {
        channel.configureBlocking(false);
        return channel.register(selector, SelectionKey.OP_READ);
    }

    /** Selects until the key is selected for reading, and takes it out of the selected set. */
    void awaitReadable(SelectionKey key) throws IOException {
        long end = System.nanoTime() + DEADLINE.toNanos();
        while (!selector.selectedKeys().remove(key)) {
            long leftMillis = (end - System.nanoTime()) / 1_000_000;
            assertTrue(leftMillis > 0, () -> "not readable: " + key);
            selector.select(leftMillis);
        }
        assertEquals(SelectionKey.OP_READ, key.readyOps());
    }

    void assertSilent() throws IOException {
        assertEquals(0, selector.selectNow());
    }

    /** Lets time pass in which nothing may be read, nor any key be ready. */
    <T> void assertNothingWithin(long millis, Callable<T> read, T nothing) throws Exception {
        long end = System.nanoTime() + millis * 1_000_000;
        for (long left = millis; left > 0; left = (end - System.nanoTime()) / 1_000_000) {
            assertEquals(0, selector.select(left), () -> "ready for nothing: " + selector.selectedKeys());
            assertEquals(nothing, read.call());
        }
    }

    @Override
    public void close() throws IOException {
        selector.close();
        if (before == null) {
            System.clearProperty(KqueueConfig.ABI);
        } else {
            System.setProperty(KqueueConfig.ABI, before);
        }
    }
}
