package org.kqueue.robust.leaks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.kqueue.nio.Providers;
import org.kqueue.robust.Await;
import org.kqueue.robust.Forked;
import org.kqueue.robust.OpenDescriptors;

/** {@link Leaks} in its short form, and what becomes of selectors that nobody closes. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LeaksTest {

    private static final int DROPPED = 60;
    private static final long GC_MICROS = 20_000;

    @Test
    void connectionsAndSelectorsLeaveNothingBehind() throws Exception {
        Forked.Result result = Forked.java(Leaks.class, "-XX:NativeMemoryTracking=summary", "-Xms64m", "-Xmx64m",
                "-XX:MaxDirectMemorySize=16m",
                "-XX:+AlwaysPreTouch", "--", "30000", "4000");
        System.out.println(result.lastLine());
        assertEquals(0, result.status(), result.output());
    }

    @Test
    void droppedSelectorsHoldNoMoreThanTheJdksDo() throws Exception {
        int ours = heldByDropped(Providers.kqueue());
        int jdks = heldByDropped(Providers.jdk());
        System.out.println("leaks: " + 2 * DROPPED + " selectors and " + DROPPED
                + " registered channels, dropped without a select or close, hold " + ours + " descriptors, the JDK's "
                + jdks);
        assertTrue(ours <= jdks, ours + " descriptors, the JDK's " + jdks);
    }

    private static int heldByDropped(SelectorProvider provider) throws Exception {
        drop(provider, 1);
        int before = OpenDescriptors.count();
        drop(provider, DROPPED);
        Await.within(1_000, GC_MICROS, () -> {
            System.gc();
            return OpenDescriptors.count() <= before;
        });
        return Math.max(0, OpenDescriptors.count() - before);
    }

    private static void drop(SelectorProvider provider, int n) throws IOException {
        for (int i = 0; i < n; i++) {
            try (SocketChannel channel = provider.openSocketChannel()) {
                channel.configureBlocking(false);
                provider.openSelector().selectNow();
                channel.register(provider.openSelector(), SelectionKey.OP_CONNECT).cancel();
            }
        }
    }
}
