package org.kqueue.nio;

import java.nio.channels.SelectionKey;
import java.util.AbstractSet;
import java.util.Arrays;
import java.util.Collection;
import java.util.ConcurrentModificationException;
import java.util.Iterator;
import java.util.NoSuchElementException;

/**
 * The selected-key set: removal allowed, addition refused. Each key knows its place in an array, so that nothing is
 * hashed and nothing allocated; iteration is in the order in which the keys became ready. A removal leaves a hole, and
 * the holes go when the set is empty or they outnumber the keys.
 *
 * <p>As the specification has it: not thread-safe, iterators are fail-fast. A select holds the set's monitor.
 */
final class SelectedKeys extends AbstractSet<SelectionKey> {

    private static final int MAX_HOLES = 32;

    // guarded by this, as far as the callers keep to the specification
    private KqueueSelectionKey[] places = new KqueueSelectionKey[16];
    /** Places in use, holes included. */
    private int end;
    private int size;
    private int modifications;

    /** Adds a key that is not in the set. */
    void select(KqueueSelectionKey key) {
        if (end - size > size + MAX_HOLES) {
            closeHoles();
        }
        if (end == places.length) {
            places = Arrays.copyOf(places, 2 * end);
        }
        key.place = end;
        places[end++] = key;
        size++;
        modifications++;
    }

    boolean holds(KqueueSelectionKey key) {
        int place = key.place;
        return place >= 0 && place < end && places[place] == key;
    }

    private void closeHoles() {
        int to = 0;
        for (int from = 0; from < end; from++) {
            KqueueSelectionKey key = places[from];
            if (key != null) {
                places[from] = null;
                places[to] = key;
                key.place = to++;
            }
        }
        end = to;
    }

    private void removeAt(int place) {
        places[place].place = KqueueSelectionKey.NOT_SELECTED;
        places[place] = null;
        modifications++;
        if (--size == 0) {
            end = 0;
        }
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public boolean contains(Object o) {
        return o instanceof KqueueSelectionKey key && holds(key);
    }

    @Override
    public boolean remove(Object o) {
        if (o instanceof KqueueSelectionKey key && holds(key)) {
            removeAt(key.place);
            return true;
        }
        return false;
    }

    @Override
    public void clear() {
        for (int i = 0; i < end; i++) {
            if (places[i] != null) {
                places[i].place = KqueueSelectionKey.NOT_SELECTED;
                places[i] = null;
            }
        }
        end = 0;
        size = 0;
        modifications++;
    }

    @Override
    public boolean add(SelectionKey key) {
        throw new UnsupportedOperationException("a selector alone adds to its selected-key set");
    }

    @Override
    public boolean addAll(Collection<? extends SelectionKey> keys) {
        throw new UnsupportedOperationException("a selector alone adds to its selected-key set");
    }

    @Override
    public Iterator<SelectionKey> iterator() {
        return new Places();
    }

    /** Walks over the places; a hole is passed over. */
    private final class Places implements Iterator<SelectionKey> {
        private int next = nextFrom(0);
        private int last = -1;
        private int expected = modifications;

        private int nextFrom(int place) {
            int i = place;
            while (i < end && places[i] == null) {
                i++;
            }
            return i;
        }

        private void checkUnmodified() {
            if (expected != modifications) {
                throw new ConcurrentModificationException();
            }
        }

        @Override
        public boolean hasNext() {
            return next < end;
        }

        @Override
        public SelectionKey next() {
            checkUnmodified();
            if (next >= end) {
                throw new NoSuchElementException();
            }
            last = next;
            next = nextFrom(last + 1);
            return places[last];
        }

        @Override
        public void remove() {
            if (last < 0) {
                throw new IllegalStateException("next has not been called since the last removal");
            }
            checkUnmodified();
            removeAt(last);
            last = -1;
            expected = modifications;
        }
    }
}
