package org.kqueue.nio;

import java.nio.channels.SelectionKey;
import java.util.AbstractSet;
import java.util.Arrays;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * All keys of a selector, each in a slot of an array. The slot and a serial number make up the udata of the key's
 * kevents:
 *
 * <pre>
 *   63            32 31             0
 *   +---------------+---------------+
 *   |    serial     |     slot      |
 *   +---------------+---------------+
 * </pre>
 *
 * so that an event finds its key without a map, and one that was on its way when its key left the slot is recognised.
 *
 * <p>Also the key set that callers see: safe for any thread, iterators weakly consistent. The lock is a leaf.
 */
final class KeyTable extends AbstractSet<SelectionKey> {

    private static final int FIRST_CAPACITY = 16;

    /** Elements change under the lock; any thread reads. A larger array takes over all elements. */
    private volatile AtomicReferenceArray<KqueueSelectionKey> slots = new AtomicReferenceArray<>(FIRST_CAPACITY);
    private volatile int size;
    // guarded by this
    private int[] freeSlots = new int[FIRST_CAPACITY];
    private int free;
    private int neverUsed;
    private int serial;

    /** Gives a key its udata and its slot. */
    synchronized void insert(KqueueSelectionKey key) {
        int slot;
        if (free > 0) {
            slot = freeSlots[--free];
        } else {
            slot = neverUsed++;
            if (slot == slots.length()) {
                grow();
            }
        }
        // 2^31 registrations come between two keys of the same udata.
        serial = serial + 1 & Integer.MAX_VALUE;
        key.udata = (long) serial << 32 | slot;
        slots.set(slot, key);
        size++;
    }

    private void grow() {
        AtomicReferenceArray<KqueueSelectionKey> old = slots;
        AtomicReferenceArray<KqueueSelectionKey> larger = new AtomicReferenceArray<>(2 * old.length());
        for (int i = 0; i < old.length(); i++) {
            larger.setPlain(i, old.getPlain(i));
        }
        slots = larger;
    }

    /** Takes a key out; one that is not in is left alone. */
    synchronized void delete(KqueueSelectionKey key) {
        int slot = (int) key.udata;
        if (slots.get(slot) != key) {
            return;
        }
        slots.set(slot, null);
        if (free == freeSlots.length) {
            freeSlots = Arrays.copyOf(freeSlots, 2 * free);
        }
        freeSlots[free++] = slot;
        size--;
    }

    /** The key that an event is for, null where it is gone. */
    KqueueSelectionKey find(long udata) {
        AtomicReferenceArray<KqueueSelectionKey> current = slots;
        int slot = (int) udata;
        KqueueSelectionKey key = slot >= 0 && slot < current.length() ? current.get(slot) : null;
        return key != null && key.udata == udata ? key : null;
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public boolean contains(Object o) {
        return o instanceof KqueueSelectionKey key && find(key.udata) == key;
    }

    @Override
    public Iterator<SelectionKey> iterator() {
        return new Slots();
    }

    /** Walks over the slots that were there when it was made. */
    private final class Slots implements Iterator<SelectionKey> {
        private final AtomicReferenceArray<KqueueSelectionKey> seen = slots;
        private int slot;
        private KqueueSelectionKey next = advance();

        private KqueueSelectionKey advance() {
            while (slot < seen.length()) {
                KqueueSelectionKey key = seen.get(slot++);
                if (key != null) {
                    return key;
                }
            }
            return null;
        }

        @Override
        public boolean hasNext() {
            return next != null;
        }

        @Override
        public SelectionKey next() {
            if (next == null) {
                throw new NoSuchElementException();
            }
            SelectionKey current = next;
            next = advance();
            return current;
        }
    }
}
