package org.kqueue.nio;

import static java.nio.channels.SelectionKey.OP_ACCEPT;
import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketAddress;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import org.kqueue.nio.jdk.JdkChannels;
import org.kqueue.robust.OpenDescriptors;
import org.kqueue.robust.Pair;

/** Cancelled keys and closed channels: when they leave the sets, and when descriptors are given back. */
@ParameterizedClass(name = "{0}")
@MethodSource("org.kqueue.nio.Providers#all")
class DeregistrationTest extends SelectorFixture {

    @Test
    void cancelledKeyStaysUntilTheNextSelect() throws IOException {
        Pipe pipe = pipe();
        write(pipe.sink(), 1);
        SelectionKey key = register(pipe.source(), OP_READ);
        selector.select();
        key.cancel();
        key.cancel();
        assertFalse(key.isValid());
        assertTrue(selector.keys().contains(key));
        assertTrue(selector.selectedKeys().contains(key));
        assertTrue(pipe.source().isRegistered());
        assertEquals(0, selector.selectNow());
        assertTrue(selector.keys().isEmpty());
        assertTrue(selector.selectedKeys().isEmpty());
        assertFalse(pipe.source().isRegistered());
        assertNull(pipe.source().keyFor(selector));
        assertEquals(1, read(pipe.source(), 10), "the channel is still open");
    }

    @Test
    void cancelledKeyMustBeFlushedBeforeTheChannelIsRegisteredAgain() throws IOException {
        Pipe pipe = pipe();
        write(pipe.sink(), 1);
        SelectionKey first = register(pipe.source(), OP_READ);
        assertEquals(1, selector.select());
        first.cancel();
        assertThrows(CancelledKeyException.class, () -> register(pipe.source(), OP_READ));
        selector.selectNow();
        SelectionKey second = register(pipe.source(), OP_READ);
        assertNotSame(first, second);
        assertEquals(1, selector.select());
        assertTrue(second.isReadable());
        second.cancel();
        selector.selectNow();
        assertSilent(selector);
    }

    @Test
    void registeredChannelCannotBecomeBlockingUntilItsKeyIsCancelled() throws IOException {
        Pipe pipe = pipe();
        SelectionKey key = register(pipe.source(), OP_READ);
        selector.selectNow();
        assertThrows(IllegalBlockingModeException.class, () -> pipe.source().configureBlocking(true));
        key.cancel();
        pipe.source().configureBlocking(true);
        assertThrows(IllegalBlockingModeException.class, () -> register(pipe.source(), OP_READ));
        // The close of a blocking channel replaces what is under its descriptor while the kernel may have a knote of
        // it.
        pipe.source().close();
        assertEquals(0, selector.selectNow());
        assertTrue(selector.keys().isEmpty());
        assertThrows(ClosedChannelException.class, () -> register(pipe.source(), OP_READ));
    }

    @Test
    void closedChannelGivesItsDescriptorBackAtTheNextSelect() throws IOException {
        assumeProc();
        Pair pair = pair();
        register(pair.near(), OP_READ);
        selector.selectNow();
        int fd = JdkChannels.fd(pair.near());
        pair.near().close();
        assertTrue(OpenDescriptors.isOpen(fd), "registered");
        assertEquals(0, selector.selectNow());
        OpenDescriptors.assertCloses(fd);
    }

    @Test
    void closeOfTheSelectorGivesBackAllDescriptors() throws IOException {
        assumeProc();
        OpenDescriptors before = OpenDescriptors.now("socket:", "pipe:", "anon_inode:");
        List<Pair> pairs = new ArrayList<>();
        Selector other = provider.openSelector();
        for (int i = 0; i < 10; i++) {
            Pair pair = pair();
            pairs.add(pair);
            pair.near().register(other, OP_READ);
        }
        other.selectNow();
        for (Pair pair : pairs) {
            pair.near().close();
            pair.far().close();
        }
        for (Pair pair : pairs) {
            assertTrue(OpenDescriptors.isOpen(JdkChannels.fd(pair.near())));
        }
        other.close();
        before.assertNoneSince();
    }

    @Test
    void noDescriptorIsLeftAfterManyRoundsOnEachPath() throws IOException {
        assumeProc();
        round(0);
        OpenDescriptors before = OpenDescriptors.now("socket:", "pipe:", "anon_inode:");
        for (int i = 0; i < 400; i++) {
            round(i);
        }
        selector.selectNow();
        before.assertNoneSince();
        assertTrue(selector.keys().isEmpty());
    }

    private void round(int i) throws IOException {
        Pipe pipe = provider.openPipe();
        pipe.source().configureBlocking(false);
        pipe.sink().configureBlocking(false);
        SelectionKey source = register(pipe.source(), OP_READ);
        register(pipe.sink(), OP_WRITE);
        if (i % 2 == 0) {
            selector.selectNow();
        }
        if (i % 3 == 0) {
            source.cancel();
        }
        pipe.sink().close();
        if (i % 5 == 0) {
            selector.selectNow();
        }
        pipe.source().close();
        if (i % 7 == 0) {
            selector.select(1);
        } else {
            selector.selectNow();
        }
    }

    @Test
    void channelOfTwoSelectorsIsClosedWhenBothHaveLetGo() throws IOException {
        assumeProc();
        Selector other = closed(provider.openSelector());
        Pipe pipe = pipe();
        write(pipe.sink(), 1);
        SelectionKey here = register(pipe.source(), OP_READ);
        SelectionKey there = pipe.source().register(other, OP_READ);
        assertEquals(1, selector.select());
        assertEquals(1, other.select());
        int fd = JdkChannels.fd(pipe.source());
        pipe.source().close();
        assertFalse(here.isValid());
        assertFalse(there.isValid());
        selector.selectNow();
        assertTrue(OpenDescriptors.isOpen(fd));
        other.selectNow();
        OpenDescriptors.assertCloses(fd);
        assertTrue(selector.keys().isEmpty());
        assertTrue(other.keys().isEmpty());
    }

    @Test
    void keysCanMoveToANewSelectorAsNettyRebuilds() throws IOException {
        List<Pair> pairs = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            Pair pair = pair();
            write(pair.far(), 1);
            register(pair.near(), OP_READ);
            pairs.add(pair);
        }
        selector.selectNow();
        Selector rebuilt = closed(provider.openSelector());
        for (SelectionKey key : selector.keys()) {
            int ops = key.interestOps();
            key.channel().register(rebuilt, ops, key.attachment());
            key.cancel();
        }
        assertEquals(20, rebuilt.keys().size());
        assertEquals(20, selectAll(rebuilt, 20));
        selector.close();
        rebuilt.selectedKeys().clear();
        assertEquals(20, selectAll(rebuilt, 20));
        pairs.get(0).near().close();
        rebuilt.selectNow();
        assertEquals(19, rebuilt.keys().size());
    }

    private static int selectAll(Selector selector, int expected) throws IOException {
        long deadline = System.currentTimeMillis() + DEADLINE_MILLIS;
        while (selector.selectedKeys().size() < expected && System.currentTimeMillis() < deadline) {
            selector.select(100);
        }
        return selector.selectedKeys().size();
    }

    @Test
    void closedListenerRefusesConnectionsAfterTheNextSelect() throws IOException {
        ServerSocketChannel listener = listener();
        SocketAddress address = listener.getLocalAddress();
        register(listener, OP_ACCEPT);
        selector.selectNow();
        listener.close();
        selector.selectNow();
        try (SocketChannel client = provider.openSocketChannel()) {
            assertThrows(ConnectException.class, () -> client.connect(address));
        }
    }

    @Test
    void closedConnectionIsSeenByThePeerAtOnce() throws IOException {
        Pair pair = pair();
        register(pair.near(), OP_READ);
        selector.selectNow();
        pair.near().close();
        Selector other = closed(provider.openSelector());
        pair.far().register(other, OP_READ);
        assertEquals(1, other.select(DEADLINE_MILLIS));
        assertEquals(-1, read(pair.far(), 1));
    }

    @Test
    void newChannelWithTheNumberOfAClosedOneHasItsOwnEvents() throws IOException {
        for (int i = 0; i < 200; i++) {
            Pipe old = provider.openPipe();
            old.source().configureBlocking(false);
            write(old.sink(), 1);
            SelectionKey stale = register(old.source(), OP_READ);
            assertEquals(1, selector.select());
            old.source().close();
            old.sink().close();
            selector.selectNow();
            Pipe pipe = provider.openPipe();
            pipe.source().configureBlocking(false);
            SelectionKey key = register(pipe.source(), OP_READ);
            assertEquals(0, selector.selectNow());
            write(pipe.sink(), 1);
            assertEquals(1, selector.select());
            assertTrue(key.isReadable());
            assertFalse(stale.isValid());
            pipe.source().close();
            pipe.sink().close();
        }
    }

    @Test
    void numberOfAChannelClosedAfterItsKeyHasLeftIsWatchedForTheNext() throws IOException {
        for (int i = 0; i < 40; i++) {
            Pipe old = provider.openPipe();
            old.source().configureBlocking(false);
            SelectionKey stale = register(old.source(), OP_READ);
            selector.selectNow();
            stale.cancel();
            selector.selectNow();
            old.source().close();
            old.sink().close();
            if (i % 2 == 0) {
                assertEquals(0, selector.select(1));
            }
            Pipe pipe = provider.openPipe();
            pipe.source().configureBlocking(false);
            SelectionKey key = register(pipe.source(), OP_READ);
            assertEquals(0, i % 4 < 2 ? selector.selectNow() : selector.select(1));
            write(pipe.sink(), 1);
            assertEquals(1, selector.select());
            assertTrue(key.isReadable());
            pipe.source().close();
            pipe.sink().close();
            selector.selectNow();
        }
    }

    @Test
    void keyThatHasLeftStaysSilentWhileAnotherSelectorKeepsTheClosedChannelsDescriptor() throws IOException {
        Pipe pipe = pipe();
        write(pipe.sink(), 1);
        try (Selector other = provider.openSelector()) {
            SelectionKey leaving = register(pipe.source(), OP_READ);
            pipe.source().register(other, OP_READ);
            assertEquals(1, selector.select());
            assertEquals(1, other.select());
            leaving.cancel();
            selector.selectNow();
            pipe.source().close();
            assertSilent(selector);
            other.selectNow();
            assertSilent(selector);
        }
    }

    private static void assumeProc() {
        Assumptions.assumeTrue(System.getProperty("os.name").equals("Linux"),
                "descriptors are looked up in Linux's /proc/self/fd");
    }
}
