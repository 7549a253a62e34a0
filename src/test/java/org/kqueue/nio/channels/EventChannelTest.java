package org.kqueue.nio.channels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.kqueue.nio.KqueueSelectorProvider;
import org.kqueue.nio.jdk.JdkProvider;
import org.kqueue.robust.OpenDescriptors;

/** What java.nio says of every channel and key, of event channels. */
@Timeout(value = 1, unit = TimeUnit.MINUTES)
class EventChannelTest {

    @Test
    void mustBeNonBlockingToBeRegistered() throws Exception {
        try (SelectLoop loop = new SelectLoop("freebsd"); UserEventChannel<String> channel = UserEventChannel.open()) {
            assertTrue(channel.isBlocking());
            assertThrows(IllegalBlockingModeException.class, () -> channel.register(loop.selector,
                    SelectionKey.OP_READ));
            channel.configureBlocking(false);
            SelectionKey key = channel.register(loop.selector, SelectionKey.OP_READ);
            assertThrows(IllegalBlockingModeException.class, () -> channel.configureBlocking(true));
            key.cancel();
            channel.configureBlocking(true);
        }
    }

    @Test
    void offersReadAndNothingElse() throws Exception {
        try (SelectLoop loop = new SelectLoop("freebsd"); UserEventChannel<String> channel = UserEventChannel.open()) {
            assertEquals(SelectionKey.OP_READ, channel.validOps());
            channel.configureBlocking(false);
            for (int ops : new int[] {SelectionKey.OP_WRITE, SelectionKey.OP_ACCEPT, SelectionKey.OP_CONNECT,
                    SelectionKey.OP_READ | SelectionKey.OP_WRITE}) {
                assertThrows(IllegalArgumentException.class, () -> channel.register(loop.selector, ops));
            }
            SelectionKey key = channel.register(loop.selector, 0);
            assertThrows(IllegalArgumentException.class, () -> key.interestOps(SelectionKey.OP_WRITE));
            assertEquals(0, key.interestOps());
        }
    }

    @Test
    void isServedByTheJdksOwnSelector() throws Exception {
        try (Selector jdk = JdkProvider.get().openSelector();
                UserEventChannel<String> channel = UserEventChannel.open()) {
            channel.configureBlocking(false);
            SelectionKey key = channel.register(jdk, SelectionKey.OP_READ);
            assertEquals(0, jdk.selectNow());
            channel.publish("event");
            assertEquals(1, jdk.select(10_000));
            assertTrue(key.isReadable());
            assertEquals("event", channel.read());
            jdk.selectedKeys().clear();
            assertEquals(0, jdk.selectNow());
            key.cancel();
            assertEquals(0, jdk.selectNow());
            assertFalse(channel.isRegistered());
        }
    }

    @Test
    void belongsToOurProviderAndKeys() throws Exception {
        try (SelectLoop loop = new SelectLoop("freebsd"); UserEventChannel<String> channel = UserEventChannel.open()) {
            assertInstanceOf(KqueueSelectorProvider.class, channel.provider());
            SelectionKey key = loop.register(channel);
            assertEquals(channel, key.channel());
            assertEquals(key, channel.keyFor(loop.selector));
            assertTrue(loop.selector.keys().contains(key));
        }
    }

    @Test
    void followsInterest() throws Exception {
        try (SelectLoop loop = new SelectLoop("freebsd"); UserEventChannel<String> channel = UserEventChannel.open()) {
            SelectionKey key = loop.register(channel);
            channel.publish("event");
            key.interestOps(0);
            loop.assertSilent();
            key.interestOps(SelectionKey.OP_READ);
            loop.awaitReadable(key);
        }
    }

    @Test
    void isServedByTwoSelectors() throws Exception {
        try (SelectLoop first = new SelectLoop("freebsd"); SelectLoop second = new SelectLoop("openbsd");
                UserEventChannel<String> channel = UserEventChannel.open()) {
            SelectionKey one = first.register(channel);
            SelectionKey two = second.register(channel);
            channel.publish("event");
            first.awaitReadable(one);
            second.awaitReadable(two);
            assertEquals("event", channel.read());
            first.assertSilent();
            second.assertSilent();
        }
    }

    @Test
    void keepsEventsWhileItIsNotRegistered() throws Exception {
        try (SelectLoop loop = new SelectLoop("freebsd"); UserEventChannel<String> channel = UserEventChannel.open()) {
            channel.publish("before");
            SelectionKey key = loop.register(channel);
            loop.awaitReadable(key);
            key.cancel();
            loop.assertSilent();
            assertThrows(CancelledKeyException.class, key::readyOps);
            channel.publish("between");
            loop.awaitReadable(loop.register(channel));
            List<String> read = new ArrayList<>();
            channel.read(read, 10);
            assertEquals(List.of("before", "between"), read);
        }
    }

    @Test
    void worksWithSelectActions() throws Exception {
        try (SelectLoop loop = new SelectLoop("freebsd"); UserEventChannel<String> channel = UserEventChannel.open()) {
            SelectionKey key = loop.register(channel);
            channel.publish("event");
            List<Object> read = new ArrayList<>();
            assertEquals(1, loop.selector.select(selected -> {
                assertEquals(key, selected);
                try {
                    read.add(channel.read());
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            }));
            assertEquals(List.of("event"), read);
        }
    }

    @Test
    void givesItsDescriptorsBackAtTheSelectionAfterClose() throws Exception {
        try (SelectLoop loop = new SelectLoop("freebsd")) {
            OpenDescriptors before = OpenDescriptors.now("anon_inode:");
            UserEventChannel<String> channel = UserEventChannel.open();
            SelectionKey key = loop.register(channel);
            loop.assertSilent();
            Set<String> own = before.since();
            channel.close();
            assertFalse(key.isValid());
            assertTrue(channel.isRegistered());
            assertEquals(own, before.since());
            loop.assertSilent();
            assertFalse(channel.isRegistered());
            before.assertNoneSince();
            assertTrue(loop.selector.keys().isEmpty());
        }
    }

    @Test
    void givesItsDescriptorsBackAtOnceWhereItIsNotRegistered() throws Exception {
        UserEventChannel.open().close();
        int before = OpenDescriptors.count();
        for (int i = 0; i < 100; i++) {
            UserEventChannel.open().close();
        }
        OpenDescriptors.assertComesDownTo(before);
    }

    @Test
    void givesItsDescriptorsBackWhenTheSelectorIsClosed() throws Exception {
        new SelectLoop("freebsd").close();
        int before = OpenDescriptors.count();
        UserEventChannel<String> channel = UserEventChannel.open();
        try (SelectLoop loop = new SelectLoop("freebsd")) {
            loop.register(channel);
            channel.close();
        }
        OpenDescriptors.assertComesDownTo(before);
    }

    @Test
    void closeEndsBlockingRead() throws Exception {
        UserEventChannel<String> channel = UserEventChannel.open();
        Reader reader = new Reader(channel);
        reader.awaitBlocked();
        channel.close();
        assertInstanceOf(AsynchronousCloseException.class, reader.failure());
    }

    @Test
    void closeEndsBlockingReadOfChannelWhoseCancelledKeyIsNotFlushed() throws Exception {
        try (SelectLoop loop = new SelectLoop("freebsd")) {
            UserEventChannel<String> channel = UserEventChannel.open();
            loop.register(channel).cancel();
            channel.configureBlocking(true);
            Reader reader = new Reader(channel);
            reader.awaitBlocked();
            channel.close();
            assertInstanceOf(AsynchronousCloseException.class, reader.failure());
        }
    }

    @Test
    void interruptClosesChannelOfBlockingReader() throws Exception {
        UserEventChannel<String> channel = UserEventChannel.open();
        Reader reader = new Reader(channel);
        reader.awaitBlocked();
        reader.thread.interrupt();
        assertInstanceOf(ClosedByInterruptException.class, reader.failure());
        assertFalse(channel.isOpen());
    }

    @Test
    void closedChannelRefusesAll() throws Exception {
        try (SelectLoop loop = new SelectLoop("freebsd")) {
            UserEventChannel<String> channel = UserEventChannel.open();
            channel.configureBlocking(false);
            channel.close();
            channel.close();
            assertThrows(ClosedChannelException.class, channel::read);
            assertThrows(ClosedChannelException.class, () -> channel.register(loop.selector, SelectionKey.OP_READ));
            assertThrows(ClosedChannelException.class, () -> channel.configureBlocking(true));
            assertNull(channel.keyFor(loop.selector));
        }
    }

    @Test
    void survivesRegistrationRacingWithClose() throws Exception {
        int before;
        try (SelectLoop loop = new SelectLoop("freebsd")) {
            loop.assertSilent();
            before = OpenDescriptors.count();
            for (int i = 0; i < 300; i++) {
                UserEventChannel<String> channel = UserEventChannel.open();
                channel.configureBlocking(false);
                CompletableFuture<Void> closing = CompletableFuture.runAsync(() -> {
                    try {
                        channel.close();
                    } catch (IOException e) {
                        throw new AssertionError(e);
                    }
                });
                try {
                    assertNotNull(channel.register(loop.selector, SelectionKey.OP_READ));
                } catch (ClosedChannelException | CancelledKeyException e) {
                    // Closed first, or between insertion and interest.
                }
                closing.join();
                loop.selector.selectNow();
            }
            loop.selector.selectNow();
            OpenDescriptors.assertComesDownTo(before);
            assertTrue(loop.selector.keys().isEmpty());
        }
    }

    /** A thread that reads. */
    private static final class Reader {
        private final CompletableFuture<Object> result = new CompletableFuture<>();
        final Thread thread;

        Reader(UserEventChannel<?> channel) {
            thread = new Thread(() -> {
                try {
                    result.complete(channel.read());
                } catch (Throwable e) {
                    result.completeExceptionally(e);
                }
            });
            thread.setDaemon(true);
            thread.start();
        }

        /** Until the thread is in kevent, whichever way the call is made. */
        void awaitBlocked() {
            long deadline = System.nanoTime() + SelectLoop.DEADLINE.toNanos();
            while (Arrays.stream(thread.getStackTrace()).noneMatch(frame -> frame.getMethodName().equals("kevent"))) {
                assertFalse(result.isDone(), "the read has returned");
                assertTrue(System.nanoTime() < deadline, "the read does not wait");
                Thread.onSpinWait();
            }
        }

        Throwable failure() throws Exception {
            return assertThrows(ExecutionException.class,
                    () -> result.get(SelectLoop.DEADLINE.toSeconds(), TimeUnit.SECONDS)).getCause();
        }
    }
}
