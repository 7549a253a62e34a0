package org.kqueue.nio;

import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.spi.SelectorProvider;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import org.kqueue.bsd.KqueueModel;
import org.kqueue.robust.FaultyKqueue;
import org.kqueue.robust.Pair;

/**
 * On the system backend a select is one {@code kevent}, counted where it arrives, whatever has changed since the last.
 */
@ParameterizedClass(name = "{0}")
@MethodSource("kernels")
class OneKeventPerSelectTest extends SelectorFixture {

    private KqueueModel model;
    private FaultyKqueue kqueue;

    static List<Named<SelectorProvider>> kernels() {
        return List.of(Providers.onModel("with user events", "freebsd"),
                Providers.onModel("with a pipe", "netbsd", "-DNO_USER"));
    }

    @BeforeEach
    void openOnTheModel() throws IOException {
        model = ((Providers.OnModel) provider).model;
        // As a kernel's: the close of a descriptor takes its knotes with it.
        kqueue = new FaultyKqueue(model.open());
        kqueue.isKernel = true;
        selector = closed(KqueueSelector.open(provider, SelectorSettings.fromSystemProperties(), kqueue));
    }

    @AfterEach
    void requireNoViolation() {
        model.requireNoViolation();
    }

    /** The kevent calls of a select. */
    private int calls(Select select) throws IOException {
        selector.selectedKeys().clear();
        int before = model.calls();
        select.on(selector);
        return model.calls() - before;
    }

    private interface Select {
        void on(Selector selector) throws IOException;
    }

    private static List<Select> kinds() {
        return List.of(Selector::selectNow, selector -> selector.select(5_000), Selector::select,
                selector -> selector.selectNow(key -> { }), selector -> selector.select(key -> { }));
    }

    @Test
    void registrationsGoWithTheWait() throws IOException {
        for (Select kind : kinds()) {
            for (int i = 0; i < 80; i++) {
                Pair pair = pair();
                register(pair.near(), OP_READ | OP_WRITE);
                register(pair.far(), OP_WRITE);
            }
            assertEquals(1, calls(kind));
        }
    }

    @Test
    void changesOfInterestGoWithTheWait() throws IOException {
        Pair pair = pair();
        SelectionKey near = register(pair.near(), OP_WRITE);
        SelectionKey far = register(pair.far(), OP_WRITE);
        for (Select kind : kinds()) {
            assertEquals(1, calls(kind), "nothing has changed");
            near.interestOps(OP_READ | OP_WRITE);
            far.interestOps(OP_READ);
            assertEquals(1, calls(kind));
            near.interestOps(0);
            far.interestOps(OP_WRITE);
            assertEquals(1, calls(kind));
            near.interestOps(OP_WRITE);
        }
    }

    @Test
    void anEmptySelectIsOneCallToo() throws IOException {
        assertEquals(1, calls(Selector::selectNow));
        assertEquals(1, calls(selector -> selector.select(20)));
        register(pair().near(), 0);
        assertEquals(1, calls(selector -> selector.select(20)));
        selector.wakeup();
        assertEquals(1, calls(Selector::select));
    }

    @Test
    void cancelledKeysGoWithTheWait() throws IOException {
        SelectionKey stays = register(pair().far(), OP_WRITE);
        for (Select kind : kinds()) {
            List<Pair> pairs = new ArrayList<>();
            List<SelectionKey> keys = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                pairs.add(pair());
                keys.add(register(pairs.get(i).near(), OP_READ | OP_WRITE));
            }
            assertEquals(1, calls(kind));
            int knotes = model.knotes(kqueue);
            keys.forEach(SelectionKey::cancel);
            assertEquals(1, calls(kind));
            assertEquals(knotes - 2 * keys.size(), model.knotes(kqueue));
            assertTrue(stays.isValid());
            assertFalse(pairs.get(0).near().isRegistered());
        }
    }

    @Test
    void aKeyCancelledAndRegisteredAnewGoesWithTheWait() throws IOException {
        Pair pair = pair();
        register(pair.near(), OP_READ | OP_WRITE);
        selector.selectNow();
        for (int i = 0; i < 10; i++) {
            // Cancelled and flushed: the knote is deleted by the poll, and added again by the select.
            selector.select(SelectionKey::cancel);
            selector.selectNow();
            SelectionKey key = register(pair.near(), OP_WRITE);
            assertEquals(1, calls(Selector::select));
            assertTrue(key.isValid());
            assertEquals(OP_WRITE, key.readyOps());
        }
    }

    @Test
    void closedChannelsCostNoCallWhereCloseTakesTheKnotes() throws IOException {
        SelectionKey stays = register(pair().far(), OP_WRITE);
        for (Select kind : kinds()) {
            List<Pair> pairs = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                pairs.add(pair());
                register(pairs.get(i).near(), OP_READ | OP_WRITE);
            }
            assertEquals(1, calls(kind));
            for (Pair pair : pairs) {
                pair.near().close();
            }
            assertEquals(1, calls(kind));
            assertEquals(1, selector.keys().size());
            for (Pair pair : pairs) {
                pair.far().configureBlocking(true);
                assertEquals(-1, pair.far().read(ByteBuffer.allocate(1)), "the descriptor is closed");
            }
        }
        assertTrue(stays.isValid());
    }

    @Test
    void channelsClosedAfterTheirKeysHaveLeftCostNoCall() throws IOException {
        register(pair().far(), 0);
        List<Pair> pairs = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            pairs.add(pair());
            register(pairs.get(i).near(), OP_READ);
        }
        assertEquals(1, calls(selector -> selector.select(20)));
        // As XNIO does it when there is something to read: cancelled, flushed, closed.
        for (Pair pair : pairs) {
            write(pair.far(), 1);
            pair.near().keyFor(selector).cancel();
            assertEquals(1, calls(Selector::selectNow));
            pair.near().close();
        }
        assertEquals(1, calls(selector -> selector.select(20)));
    }

    @Test
    void moreChangesThanAListHoldsAreSeveralCalls() throws IOException {
        for (int i = 0; i < 300; i++) {
            Pair pair = pair();
            register(pair.near(), OP_READ | OP_WRITE);
        }
        assertEquals(3, calls(Selector::select));
        assertEquals(300, selector.selectedKeys().size());
        assertEquals(1, calls(Selector::select));
    }

    @Test
    void closedChannelsCostACallForEachKnoteWhereCloseKeepsThem() throws IOException {
        selector = closed(KqueueSelector.open(provider, SelectorSettings.fromSystemProperties(), model.open()));
        register(pair().far(), OP_WRITE);
        Pair pair = pair();
        register(pair.near(), OP_READ | OP_WRITE);
        selector.selectNow();
        pair.near().close();
        assertEquals(3, calls(Selector::select), "the knotes are deleted before the number is free");
        assertEquals(1, calls(Selector::select));
    }
}
