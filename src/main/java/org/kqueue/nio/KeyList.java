package org.kqueue.nio;

import java.util.Arrays;

/**
 * Keys in an array that is kept, so that nothing is allocated once it is large enough. Guarded by the selector's
 * monitor.
 */
final class KeyList {

    private KqueueSelectionKey[] keys = new KqueueSelectionKey[8];
    private int size;

    int size() {
        return size;
    }

    void add(KqueueSelectionKey key) {
        if (size == keys.length) {
            keys = Arrays.copyOf(keys, 2 * size);
        }
        keys[size++] = key;
    }

    /**
     * Empties the list. Each of its keys must then be taken once, in order; what is added meanwhile may be one that was
     * taken.
     *
     * @return the number of keys to take
     */
    int drain() {
        int n = size;
        if (n > 0) {
            size = 0;
        }
        return n;
    }

    /** One of the keys of a list that was drained; the list forgets it. */
    KqueueSelectionKey take(int index) {
        KqueueSelectionKey key = keys[index];
        keys[index] = null;
        return key;
    }
}
