package org.kqueue.nio.channels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(value = 1, unit = TimeUnit.MINUTES)
class UserEventChannelTest {

    @ParameterizedTest
    @MethodSource("org.kqueue.nio.channels.SelectLoop#kernels")
    void isReadyUntilAllEventsAreRead(String kernel) throws Exception {
        try (SelectLoop loop = new SelectLoop(kernel); UserEventChannel<String> channel = UserEventChannel.open()) {
            SelectionKey key = loop.register(channel);
            loop.assertSilent();
            channel.publish("one");
            channel.publish("two");
            loop.awaitReadable(key);
            assertEquals("one", channel.read());
            loop.awaitReadable(key);
            assertEquals("two", channel.read());
            assertNull(channel.read());
            loop.assertSilent();
            channel.publish("three");
            loop.awaitReadable(key);
            assertEquals("three", channel.read());
            loop.assertSilent();
        }
    }

    @Test
    void readsInBatches() throws Exception {
        try (SelectLoop loop = new SelectLoop("freebsd"); UserEventChannel<Integer> channel = UserEventChannel.open()) {
            SelectionKey key = loop.register(channel);
            for (int i = 0; i < 1000; i++) {
                channel.publish(i);
            }
            List<Integer> read = new ArrayList<>();
            assertEquals(0, channel.read(read, 0));
            assertEquals(600, channel.read(read, 600));
            loop.awaitReadable(key);
            assertEquals(400, channel.read(read, Integer.MAX_VALUE));
            loop.assertSilent();
            assertEquals(IntStream.range(0, 1000).boxed().toList(), read);
            assertThrows(IllegalArgumentException.class, () -> channel.read(read, -1));
        }
    }

    @Test
    void keepsTheOrderOfEachPublisherAndLosesNothing() throws Exception {
        int publishers = 4;
        int each = 25_000;
        try (SelectLoop loop = new SelectLoop("freebsd"); UserEventChannel<int[]> channel = UserEventChannel.open()) {
            SelectionKey key = loop.register(channel);
            AtomicReference<Throwable> failure = new AtomicReference<>();
            for (int p = 0; p < publishers; p++) {
                int publisher = p;
                Thread thread = new Thread(() -> {
                    try {
                        for (int i = 0; i < each; i++) {
                            channel.publish(new int[] {publisher, i});
                        }
                    } catch (Exception e) {
                        failure.set(e);
                    }
                });
                thread.setDaemon(true);
                thread.start();
            }
            int[] next = new int[publishers];
            List<int[]> batch = new ArrayList<>();
            for (int total = 0; total < publishers * each; ) {
                loop.awaitReadable(key);
                batch.clear();
                total += channel.read(batch, 100);
                for (int[] event : batch) {
                    assertEquals(next[event[0]]++, event[1]);
                }
            }
            assertNull(failure.get());
            assertNull(channel.read());
            loop.assertSilent();
        }
    }

    @Test
    void blockingReadWaitsForTheNextEvent() throws Exception {
        try (UserEventChannel<String> channel = UserEventChannel.open()) {
            Thread publisher = new Thread(() -> {
                for (String event : List.of("one", "two", "three")) {
                    try {
                        channel.publish(event);
                    } catch (java.io.IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                }
            });
            publisher.start();
            assertEquals("one", channel.read());
            assertEquals("two", channel.read());
            assertEquals("three", channel.read());
            publisher.join();
            try (SelectLoop loop = new SelectLoop("freebsd")) {
                SelectionKey key = loop.register(channel);
                loop.assertSilent();
                channel.publish("four");
                loop.awaitReadable(key);
            }
        }
    }

    @Test
    void refusesNullAndPublishingAfterClose() throws Exception {
        UserEventChannel<String> channel = UserEventChannel.open();
        assertThrows(NullPointerException.class, () -> channel.publish(null));
        channel.close();
        assertThrows(ClosedChannelException.class, () -> channel.publish("late"));
        assertThrows(ClosedChannelException.class, channel::read);
        assertThrows(ClosedChannelException.class, () -> channel.read(new ArrayList<>(), 1));
    }
}
