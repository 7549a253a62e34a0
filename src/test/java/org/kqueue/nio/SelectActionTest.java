package org.kqueue.nio;

import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import org.kqueue.robust.Pair;

/** The selects that perform an action. */
@ParameterizedClass(name = "{0}")
@MethodSource("org.kqueue.nio.Providers#all")
class SelectActionTest extends SelectorFixture {

    @Test
    void actionSeesEachReadyKeyAndItsReadySet() throws IOException {
        Pair pair = pair();
        write(pair.far(), 1);
        SelectionKey near = register(pair.near(), OP_READ | OP_WRITE);
        SelectionKey far = register(pair.far(), OP_READ);
        selectUntil(near, OP_READ | OP_WRITE);
        selector.selectedKeys().clear();
        List<SelectionKey> seen = new ArrayList<>();
        AtomicInteger ops = new AtomicInteger();
        int n = selector.select(key -> {
            seen.add(key);
            assertEquals(0, ops.get() & key.readyOps(), "the same operation twice");
            ops.addAndGet(key.readyOps());
        });
        assertEquals(seen.size(), n);
        assertEquals(Set.of(near), new HashSet<>(seen));
        assertEquals(OP_READ | OP_WRITE, ops.get());
        assertEquals(0, far.readyOps());
    }

    @Test
    void actionFormsDoNotAddToTheSelectedKeys() throws IOException {
        SelectionKey key = ready();
        assertEquals(1, selector.select(k -> assertSame(key, k)));
        assertEquals(1, selector.select(k -> assertSame(key, k), 1000));
        assertEquals(1, selector.selectNow(k -> assertSame(key, k)));
        assertTrue(selector.selectedKeys().isEmpty());
    }

    @Test
    void actionFormsCountKeysThatAreSelectedAlready() throws IOException {
        SelectionKey key = ready();
        assertEquals(1, selector.select());
        assertEquals(1, selector.select(k -> assertSame(key, k)));
        assertEquals(1, selector.selectNow(k -> assertSame(key, k)));
    }

    @Test
    void nothingReadyPerformsNothing() throws IOException {
        register(pipe().source(), OP_READ);
        assertEquals(0, selector.selectNow(key -> { throw new AssertionError(key); }));
        assertEquals(0, selector.select(key -> { throw new AssertionError(key); }, 20));
        selector.wakeup();
        assertEquals(0, selector.select(key -> { throw new AssertionError(key); }));
    }

    @Test
    void actionMustNotBeNull() {
        assertThrows(NullPointerException.class, () -> selector.select(null));
        assertThrows(NullPointerException.class, () -> selector.select(null, 1));
        assertThrows(NullPointerException.class, () -> selector.selectNow(null));
    }

    @Test
    void selectInsideTheActionIsRefused() throws IOException {
        ready();
        assertEquals(1, selector.select(key -> {
            assertThrows(IllegalStateException.class, selector::selectNow);
            assertThrows(IllegalStateException.class, () -> selector.select(k -> { }));
            assertThrows(IllegalStateException.class, () -> selector.select(1));
        }));
        assertEquals(1, selector.selectNow());
    }

    @Test
    void actionThatClosesTheSelectorEndsInAnException() throws IOException {
        ready();
        ready();
        AtomicInteger calls = new AtomicInteger();
        assertThrows(ClosedSelectorException.class, () -> selector.select(key -> {
            calls.incrementAndGet();
            try {
                selector.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }));
        assertEquals(1, calls.get());
        assertFalse(selector.isOpen());
    }

    @Test
    void exceptionOfTheActionIsRelayedAndTheSelectorGoesOn() throws IOException {
        SelectionKey a = ready();
        SelectionKey b = ready();
        IllegalStateException thrown = new IllegalStateException("from the action");
        assertSame(thrown, assertThrows(IllegalStateException.class, () -> selector.select(key -> { throw thrown; })));
        Set<SelectionKey> seen = new HashSet<>();
        assertEquals(2, selector.select(seen::add));
        assertEquals(Set.of(a, b), seen);
    }

    @Test
    void actionMayRegisterCancelChangeInterestAndWakeUp() throws IOException {
        Pipe ready = pipe();
        write(ready.sink(), 1);
        SelectionKey key = register(ready.source(), OP_READ);
        Pipe other = pipe();
        SelectionKey toCancel = register(other.source(), OP_READ);
        List<SelectionKey> added = new ArrayList<>();
        assertEquals(1, selector.select(k -> {
            try {
                added.add(register(other.sink(), OP_WRITE));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            toCancel.cancel();
            k.interestOps(0);
            selector.wakeup();
        }));
        assertEquals(1, selector.select(k -> assertSame(added.get(0), k)));
        assertFalse(selector.keys().contains(toCancel));
        assertTrue(key.isValid());
    }

    @Test
    void actionRunsUnderTheMonitors() throws IOException {
        ready();
        Set<SelectionKey> selected = selector.selectedKeys();
        assertEquals(1, selector.select(key -> {
            assertTrue(Thread.holdsLock(selector));
            assertTrue(Thread.holdsLock(selected));
        }));
    }

    private SelectionKey ready() throws IOException {
        Pipe pipe = pipe();
        write(pipe.sink(), 1);
        return register(pipe.source(), OP_READ);
    }
}
