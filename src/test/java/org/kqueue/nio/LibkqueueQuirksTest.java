package org.kqueue.nio;

import static java.nio.channels.SelectionKey.OP_READ;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import org.kqueue.Kqueue;
import org.kqueue.bsd.KqueueModel;
import org.kqueue.nio.jdk.JdkChannels;
import org.kqueue.robust.Pair;

/** The selector on a library like libkqueue, over epoll: what it does not rely on, since the library differs. */
@ParameterizedClass(name = "{0}")
@MethodSource("libraries")
class LibkqueueQuirksTest extends SelectorFixture {

    private static final int CHANNELS = 20;

    private KqueueModel model;
    private Kqueue kqueue;

    static List<Named<SelectorProvider>> libraries() {
        return List.of(Providers.onModel("libkqueue", "libkqueue", "-DQUIRKS"),
                Providers.onModel("libkqueue, deaf", "libkqueue", "-DQUIRKS", "-DDEAF"));
    }

    @BeforeEach
    void openOnTheModel() throws IOException {
        model = ((Providers.OnModel) provider).model;
        kqueue = model.open();
        selector = closed(KqueueSelector.open(provider, SelectorSettings.fromSystemProperties(), kqueue));
    }

    @AfterEach
    void requireNoViolation() {
        model.requireNoViolation();
    }

    /** How a channel leaves a selector before it is closed. */
    private interface Departure {
        void leave(Selector selector, List<SelectionKey> keys) throws IOException;
    }

    @Test
    void channelsCancelledAndClosedLeaveNothingUnderTheirNumbers() throws IOException {
        reuseNumbersAfter((selector, keys) -> {
            keys.forEach(SelectionKey::cancel);
            selector.selectNow();
        });
        reuseNumbersAfter((selector, keys) -> {
            for (SelectionKey key : keys) {
                key.interestOps(0);
            }
            selector.selectNow();
            keys.forEach(SelectionKey::cancel);
            selector.select(20);
        });
    }

    @Test
    void channelsCancelledByAnActionLeaveNothingUnderTheirNumbers() throws IOException {
        reuseNumbersAfter((selector, keys) -> {
            for (SelectionKey key : keys) {
                key.interestOps(SelectionKey.OP_WRITE);
            }
            assertEquals(CHANNELS, selector.selectNow(SelectionKey::cancel));
            selector.selectNow();
        });
    }

    @Test
    void channelsClosedWhileRegisteredLeaveNothingUnderTheirNumbers() throws IOException {
        reuseNumbersAfter((selector, keys) -> {
            for (SelectionKey key : keys) {
                key.channel().close();
            }
            selector.selectNow();
        });
    }

    /**
     * Channels with the numbers of others that have left are told of: what was left behind would be taken for theirs.
     */
    private void reuseNumbersAfter(Departure departure) throws IOException {
        List<SelectionKey> leaving = new ArrayList<>();
        Set<Integer> numbers = new HashSet<>();
        int knotes = model.knotes(kqueue);
        for (int i = 0; i < CHANNELS; i++) {
            leaving.add(pair().near().register(selector, OP_READ));
            numbers.add(JdkChannels.fd(leaving.get(i).channel()));
        }
        selector.selectNow();
        departure.leave(selector, leaving);
        assertEquals(0, selector.keys().size());
        assertEquals(knotes, model.knotes(kqueue));
        for (SelectionKey key : leaving) {
            key.channel().close();
        }
        Set<SelectionKey> expected = new HashSet<>();
        for (int i = 0; i < CHANNELS; i++) {
            Pair pair = pair();
            for (SocketChannel end : List.of(pair.near(), pair.far())) {
                if (numbers.remove(JdkChannels.fd(end))) {
                    expected.add(end.register(selector, OP_READ));
                    write(end == pair.near() ? pair.far() : pair.near(), 1);
                }
            }
        }
        assertFalse(expected.isEmpty(), "no number was given out again");
        Set<SelectionKey> ready = new HashSet<>();
        long deadline = System.nanoTime() + DEADLINE_MILLIS * 1_000_000;
        while (!ready.equals(expected) && System.nanoTime() < deadline) {
            selector.select(ready::add, 100);
        }
        assertEquals(expected, ready);
        expected.forEach(SelectionKey::cancel);
        selector.selectNow();
    }

    @Test
    void deletionsForAClosedChannelTakeNobodysEvent() throws IOException {
        Pair worked = pair();
        SelectionKey key = worked.near().register(selector, OP_READ);
        for (int i = 0; i < 3; i++) {
            // The way of a server whose workers read: interest goes when the key is selected, and comes back.
            write(worked.far(), 1);
            assertEquals(1, selector.select(DEADLINE_MILLIS));
            selector.selectedKeys().clear();
            key.interestOps(0);
            read(worked.near(), 1);
            selector.select(1);
            key.interestOps(OP_READ);
            selector.selectNow();
        }
        Pair other = pair();
        other.near().register(selector, OP_READ);
        selector.selectNow();
        write(worked.far(), 1);
        other.near().close();
        selector.selectNow();
        if (selector.selectedKeys().isEmpty()) {
            assertEquals(1, selector.select(DEADLINE_MILLIS));
        }
        assertTrue(key.isReadable());
    }

    @Test
    void aKeyThatWorkersReadStaysAwake() throws IOException {
        Pair pair = pair();
        SelectionKey key = pair.near().register(selector, OP_READ);
        for (int i = 0; i < 50; i++) {
            write(pair.far(), 1);
            assertEquals(1, selector.select(DEADLINE_MILLIS), "round " + i);
            selector.selectedKeys().clear();
            if (i % 3 != 0) {
                key.interestOps(0);
                selector.select(1);
            }
            read(pair.near(), 1);
            key.interestOps(OP_READ);
        }
    }
}
