package org.kqueue.it.app;

import java.io.IOException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Checks, inside a JVM under test, that the selectors in use are ours. Names our classes as text only. */
final class OnKqueue {

    private static final String PROVIDER = "org.kqueue.nio.KqueueSelectorProvider";
    private static final String SELECTOR = "org.kqueue.nio.KqueueSelector";
    private static final long DEADLINE_NANOS = TimeUnit.SECONDS.toNanos(20);

    private OnKqueue() {
    }

    /** What the application gets when it asks. */
    static void requireProvider() throws IOException {
        requireName(PROVIDER, SelectorProvider.provider());
        try (Selector selector = Selector.open(); SocketChannel channel = SocketChannel.open();
                ServerSocketChannel listener = ServerSocketChannel.open()) {
            requireName(SELECTOR, selector);
            requireProvider(channel);
            requireProvider(listener);
        }
    }

    static void requireProvider(SelectableChannel channel) {
        requireName(PROVIDER, channel.provider());
    }

    private static void requireName(String expected, Object object) {
        if (!object.getClass().getName().equals(expected)) {
            throw new AssertionError("expected " + expected + ", is " + object.getClass().getName());
        }
    }

    /** Waits until so many threads are seen selecting on ours; none may be on a selector of the JDK. */
    static void requireSelecting(int threads) throws InterruptedException {
        long start = System.nanoTime();
        long selecting = 0;
        while (selecting < threads) {
            if (System.nanoTime() - start > DEADLINE_NANOS) {
                throw new AssertionError("expected " + threads + " threads in " + SELECTOR + ", saw " + selecting
                        + " in " + Thread.getAllStackTraces().keySet());
            }
            Thread.sleep(10);
            Map<Thread, StackTraceElement[]> stacks = Thread.getAllStackTraces();
            stacks.forEach(OnKqueue::requireNoSelectorOfTheJdk);
            selecting = stacks.values().stream().filter(OnKqueue::isOnOurs).count();
        }
    }

    private static boolean isOnOurs(StackTraceElement[] stack) {
        return Arrays.stream(stack).anyMatch(frame -> frame.getClassName().equals(SELECTOR));
    }

    private static void requireNoSelectorOfTheJdk(Thread thread, StackTraceElement[] stack) {
        for (StackTraceElement frame : stack) {
            String name = frame.getClassName();
            // Ours extends SelectorImpl, and so has its frames too.
            if (name.startsWith("sun.nio.ch.") && name.endsWith("SelectorImpl")
                    && !name.equals("sun.nio.ch.SelectorImpl")) {
                throw new AssertionError(thread + " selects on the JDK's " + frame);
            }
        }
    }
}
