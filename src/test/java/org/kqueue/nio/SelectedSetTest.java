package org.kqueue.nio;

import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.util.ArrayList;
import java.util.ConcurrentModificationException;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import org.kqueue.robust.Pair;

/** Key set, selected-key set, ready sets and the numbers that select returns. */
@ParameterizedClass(name = "{0}")
@MethodSource("org.kqueue.nio.Providers#all")
class SelectedSetTest extends SelectorFixture {

    @Test
    void keySetCannotBeModified() throws IOException {
        SelectionKey key = register(pipe().source(), OP_READ);
        Set<SelectionKey> keys = selector.keys();
        assertEquals(Set.of(key), keys);
        assertTrue(keys.contains(key));
        assertThrows(UnsupportedOperationException.class, () -> keys.remove(key));
        assertThrows(UnsupportedOperationException.class, () -> keys.add(key));
        assertThrows(UnsupportedOperationException.class, keys::clear);
        assertThrows(UnsupportedOperationException.class, () -> keys.removeIf(k -> true));
        assertThrows(UnsupportedOperationException.class, () -> {
            Iterator<SelectionKey> iterator = keys.iterator();
            iterator.next();
            iterator.remove();
        });
        assertSame(keys, selector.keys());
    }

    @Test
    void keySetIteratorLivesWithRegistrationsAndCancellations() throws IOException {
        Set<SelectionKey> before = new HashSet<>();
        for (int i = 0; i < 40; i++) {
            before.add(register(pipe().source(), OP_READ));
        }
        assertEquals(before, selector.keys());
        Iterator<SelectionKey> iterator = selector.keys().iterator();
        Set<SelectionKey> seen = new HashSet<>();
        seen.add(iterator.next());
        for (int i = 0; i < 40; i++) {
            register(pipe().source(), OP_READ);
        }
        for (SelectionKey key : before) {
            key.cancel();
        }
        selector.selectNow();
        iterator.forEachRemaining(seen::add);
        assertEquals(40, selector.keys().size());
        before.retainAll(selector.keys());
        assertTrue(before.isEmpty());
        assertThrows(NoSuchElementException.class, iterator::next);
    }

    @Test
    void selectedKeysCanBeRemovedAndNotAdded() throws IOException {
        Set<SelectionKey> selected = selector.selectedKeys();
        SelectionKey a = ready();
        SelectionKey b = ready();
        SelectionKey c = ready();
        assertEquals(3, selector.select());
        assertEquals(Set.of(a, b, c), selected);
        assertSame(selected, selector.selectedKeys());
        assertThrows(UnsupportedOperationException.class, () -> selected.add(a));
        assertThrows(UnsupportedOperationException.class, () -> selected.addAll(List.of(a)));
        assertThrows(UnsupportedOperationException.class, () -> selected.addAll(List.of()));
        assertTrue(selected.remove(a));
        assertFalse(selected.remove(a));
        assertFalse(selected.remove("no key"));
        assertFalse(selected.contains(null));
        assertEquals(Set.of(b, c), selected);
        Iterator<SelectionKey> iterator = selected.iterator();
        SelectionKey first = iterator.next();
        iterator.remove();
        assertThrows(IllegalStateException.class, iterator::remove);
        assertFalse(selected.contains(first));
        assertEquals(1, selected.size());
        selected.clear();
        assertTrue(selected.isEmpty());
        assertEquals(3, selector.selectNow());
        assertTrue(selected.removeAll(Set.of(a, b)));
        assertTrue(selected.retainAll(Set.of()));
        assertEquals(3, selector.selectNow());
        assertTrue(selected.removeIf(key -> key == b));
        assertEquals(1, selector.selectNow());
    }

    @Test
    void everyKeyIsSeenOnceWhileTheIteratorRemoves() throws IOException {
        for (int i = 0; i < 300; i++) {
            ready();
        }
        Set<SelectionKey> seen = new HashSet<>();
        for (int round = 0; round < 3; round++) {
            int left = 300 - selector.selectedKeys().size();
            assertEquals(left, selectAll(left));
            List<SelectionKey> order = new ArrayList<>();
            Iterator<SelectionKey> iterator = selector.selectedKeys().iterator();
            for (int i = 0; iterator.hasNext(); i++) {
                order.add(iterator.next());
                if (i % 2 == round % 2) {
                    iterator.remove();
                }
            }
            assertEquals(300, order.size());
            seen.addAll(order);
            assertEquals(150, selector.selectedKeys().size());
        }
        assertEquals(300, seen.size());
    }

    /** Several selects, as one may return fewer than are ready. */
    private int selectAll(int expected) throws IOException {
        int sum = 0;
        for (int i = 0; i < 10 && sum < expected; i++) {
            sum += selector.selectNow();
        }
        return sum;
    }

    @Test
    void selectedKeysIteratorFailsFast() throws IOException {
        SelectionKey a = ready();
        ready();
        ready();
        selector.select();
        Iterator<SelectionKey> iterator = selector.selectedKeys().iterator();
        iterator.next();
        selector.selectedKeys().remove(a);
        assertThrows(ConcurrentModificationException.class, () -> {
            iterator.next();
            iterator.next();
        });
    }

    @Test
    void readySetIsReplacedForAKeyThatIsNotSelected() throws IOException {
        Pair pair = pair();
        SelectionKey key = register(pair.near(), OP_READ | OP_WRITE);
        write(pair.far(), 1);
        assertEquals(OP_READ | OP_WRITE, selectUntil(key, OP_READ | OP_WRITE));
        selector.selectedKeys().clear();
        read(pair.near(), 10);
        assertEquals(1, selector.select());
        assertEquals(OP_WRITE, key.readyOps());
    }

    @Test
    void readySetIsMergedForAKeyThatIsSelected() throws IOException {
        Pair pair = pair();
        SelectionKey key = register(pair.near(), OP_WRITE);
        assertEquals(1, selector.select());
        assertEquals(OP_WRITE, key.readyOps());
        key.interestOps(OP_READ);
        write(pair.far(), 1);
        assertEquals(1, selector.select());
        assertEquals(OP_READ | OP_WRITE, key.readyOps());
    }

    @Test
    void keepsReadyBitsThatAreNoLongerTrue() throws IOException {
        Pair pair = pair();
        SelectionKey key = register(pair.near(), OP_READ);
        write(pair.far(), 1);
        assertEquals(1, selector.select());
        read(pair.near(), 10);
        key.interestOps(OP_READ | OP_WRITE);
        assertEquals(1, selector.select());
        assertEquals(OP_READ | OP_WRITE, key.readyOps());
    }

    @Test
    void countsUpdatedKeysAndNotSelectedOnes() throws IOException {
        SelectionKey key = ready();
        assertEquals(1, selector.select());
        assertEquals(0, selector.select(), "still selected, and nothing new");
        assertEquals(0, selector.selectNow());
        assertEquals(Set.of(key), selector.selectedKeys());
        SelectionKey other = ready();
        assertEquals(1, selector.select());
        assertEquals(Set.of(key, other), selector.selectedKeys());
    }

    @Test
    void bothFiltersOfAChannelCountOnce() throws IOException {
        Pair pair = pair();
        write(pair.far(), 1);
        write(pair.near(), 1);
        SelectionKey near = register(pair.near(), OP_READ | OP_WRITE);
        SelectionKey far = register(pair.far(), OP_READ | OP_WRITE);
        selectUntil(near, OP_READ);
        selectUntil(far, OP_READ);
        selector.selectedKeys().clear();
        assertEquals(2, selector.select());
        assertEquals(OP_READ | OP_WRITE, near.readyOps());
        assertEquals(OP_READ | OP_WRITE, far.readyOps());
    }

    @Test
    void emptyInterestSetsUpdateNothing() throws IOException {
        SelectionKey key = ready();
        assertEquals(1, selector.select());
        key.interestOps(0);
        assertEquals(0, selector.select(50));
        assertEquals(OP_READ, key.readyOps());
        assertTrue(selector.selectedKeys().contains(key));
    }

    @Test
    void interestChangesThatCancelOutLeaveTheKeyAsItWas() throws IOException {
        Pair pair = pair();
        SelectionKey key = register(pair.near(), OP_READ);
        assertSilent(selector);
        key.interestOpsOr(OP_WRITE);
        key.interestOpsAnd(~OP_WRITE);
        assertSilent(selector);
        key.interestOps(OP_WRITE);
        key.interestOps(OP_READ);
        write(pair.far(), 1);
        assertEquals(OP_READ, readyAfterSelect(key));
    }

    @Test
    void interestOpsChecksTheOperations() throws IOException {
        SelectionKey key = register(pipe().source(), OP_READ);
        assertThrows(IllegalArgumentException.class, () -> key.interestOps(OP_WRITE));
        assertThrows(IllegalArgumentException.class, () -> key.interestOpsOr(1 << 20));
        assertEquals(OP_READ, key.interestOpsAnd(OP_WRITE | 1 << 20));
        assertEquals(0, key.interestOps());
        assertEquals(0, key.interestOpsOr(OP_READ));
        assertEquals(OP_READ, key.interestOps());
        assertSame(key, key.interestOps(0));
        key.cancel();
        assertThrows(CancelledKeyException.class, () -> key.interestOps(OP_READ));
        assertThrows(CancelledKeyException.class, () -> key.interestOpsAnd(OP_READ));
        assertThrows(CancelledKeyException.class, () -> key.interestOpsOr(OP_READ));
        assertThrows(CancelledKeyException.class, key::interestOps);
        assertThrows(CancelledKeyException.class, key::readyOps);
        assertNotNull(key.toString());
    }

    @Test
    void attachmentComesWithTheRegistration() throws IOException {
        Pipe pipe = pipe();
        SelectionKey key = pipe.source().register(selector, OP_READ, "first");
        assertEquals("first", key.attachment());
        assertSame(key, pipe.source().register(selector, 0, "second"));
        assertEquals("second", key.attachment());
        assertEquals(0, key.interestOps());
        assertSame(key, pipe.source().register(selector, OP_READ));
        assertNull(key.attachment());
        assertSame(selector, key.selector());
        assertSame(pipe.source(), key.channel());
        assertSame(key, pipe.source().keyFor(selector));
    }

    @Test
    void moreKeysThanOneCallReturnsAreAllSelectedInTurn() throws IOException {
        // More than the first list of events has room for; fewer than the descriptors that a BSD allows by default.
        int n = 700;
        Pair pair = pair();
        Set<SelectionKey> keys = new HashSet<>();
        List<SelectionKey> idle = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            keys.add(register(datagram(), OP_WRITE));
        }
        idle.add(register(pair.near(), OP_READ));
        Set<SelectionKey> seen = new HashSet<>();
        for (int i = 0; i < 20 && seen.size() < n; i++) {
            assertEquals(selector.select(), selector.selectedKeys().size());
            seen.addAll(selector.selectedKeys());
            selector.selectedKeys().clear();
        }
        assertEquals(keys, seen);
    }

    /** A key that is ready for reading and stays so. */
    private SelectionKey ready() throws IOException {
        Pipe pipe = pipe();
        write(pipe.sink(), 1);
        return register(pipe.source(), OP_READ);
    }
}
