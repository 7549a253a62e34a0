package org.kqueue.nio;

import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * Keys whose interest changed since the last select. Any thread adds, the selecting thread drains; a key that is added
 * several times before it is drained is in the queue once. The lock is a leaf: nothing is locked and nothing native is
 * called under it.
 */
final class InterestQueue {

    // guarded by this
    private KqueueSelectionKey[] adding = new KqueueSelectionKey[8];
    /** Written under the lock; read without it to see that there is nothing to drain. */
    private volatile int size;
    // used by the draining thread only, but for the exchange under the lock
    private KqueueSelectionKey[] drained = new KqueueSelectionKey[8];

    /**
     * To be called after the key's interest was changed by a volatile access. A key that is in the queue already needs
     * no lock: {@link #exchange} has a full fence between taking the mark off and the reading of the interest, so
     * whoever still sees the mark has written before that.
     */
    void add(KqueueSelectionKey key) {
        if (!key.isQueued()) {
            append(key);
        }
    }

    private synchronized void append(KqueueSelectionKey key) {
        if (key.isQueued()) {
            return;
        }
        int n = size;
        if (n == adding.length) {
            adding = Arrays.copyOf(adding, 2 * n);
        }
        adding[n] = key;
        key.queued(true);
        size = n + 1;
    }

    /**
     * Takes all keys out. From then on a change adds a key again, so each key's interest must be read after this.
     *
     * @return the number of keys, for {@link #drained}
     */
    int drain() {
        // A key added after this look is added after the select began, and is for the next one.
        return size == 0 ? 0 : exchange();
    }

    private synchronized int exchange() {
        KqueueSelectionKey[] taken = adding;
        int n = size;
        adding = drained;
        drained = taken;
        size = 0;
        for (int i = 0; i < n; i++) {
            taken[i].queued(false);
        }
        VarHandle.fullFence();
        return n;
    }

    /** One of the keys that {@link #drain} took out; the queue forgets it. */
    KqueueSelectionKey drained(int index) {
        KqueueSelectionKey key = drained[index];
        drained[index] = null;
        return key;
    }

    /** Whether a change of this key waits for the next select. */
    synchronized boolean contains(KqueueSelectionKey key) {
        return key.isQueued();
    }
}
