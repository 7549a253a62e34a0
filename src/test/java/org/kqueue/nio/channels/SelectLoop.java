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
import org.kqueue.RestoredProperty;
import org.kqueue.bsd.NativeBuild;
import org.kqueue.nio.KqueueSelectorProvider;

/**
 * A selector, and event channels that are opened while it is. On Linux on the embedded kqueue in one ABI, or on the
 * kqueue in C with the habits of a kernel; elsewhere on the system's own.
 */
final class SelectLoop implements AutoCloseable {

    static final Duration DEADLINE = Duration.ofSeconds(20);

    private static final boolean LINUX = System.getProperty("os.name").equals("Linux");
    /** How much too early a timer of the system's own kqueue may expire. */
    static final long SYSTEM_TICK_NANOS = LINUX ? 0 : 10_000_000;
    private static final String FREEBSD15 = "FreeBSD 15";
    private static final String NETBSD9 = "NetBSD 9";

    private final RestoredProperty library = new RestoredProperty(KqueueConfig.LIBRARY);
    private final RestoredProperty abi = new RestoredProperty(KqueueConfig.ABI);
    final Selector selector;

    /** How much too early a timer of this kernel may expire. */
    final long tickNanos;

    SelectLoop(String kernel) throws IOException {
        tickNanos = kernel.equals(NETBSD9) ? 10_000_000 : SYSTEM_TICK_NANOS;
        if (kernel.equals(FREEBSD15)) {
            inLibrary("freebsd", "-DFREEBSD15", "-DLATE_TCP");
        } else if (kernel.equals(NETBSD9)) {
            inLibrary("netbsd", "-DNO_USER", "-DKEEPS_FLAGS", "-DTICK_MS=10", "-DIGNORES_TIMER_NOTES");
        } else if (LINUX) {
            abi.set(kernel);
        }
        selector = new KqueueSelectorProvider().openSelector();
    }

    private void inLibrary(String itsAbi, String... options) {
        library.set(NativeBuild.model(itsAbi, options).toString());
        abi.set(itsAbi);
    }

    /** All ABIs there are. */
    static Stream<String> abis() {
        return LINUX ? KeventLayout.names().stream() : Stream.of("the system's own");
    }

    /** For channels that need READ, WRITE, TIMER and USER only. */
    static Stream<String> kernels() {
        return NativeBuild.isPossible() ? Stream.concat(abis(), Stream.of(FREEBSD15, NETBSD9)) : abis();
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
        library.restore();
        abi.restore();
    }
}
