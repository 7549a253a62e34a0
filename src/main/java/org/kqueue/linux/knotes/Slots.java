package org.kqueue.linux.knotes;

import java.util.Arrays;

/**
 * What epoll's 64 bits of user data stand for: an index and a generation, so that an item that outlives its
 * registration (epoll keeps it while the open file lives) is told from the one that has taken its place. No generation
 * is 0, nor negative. Guarded by the kqueue's lock.
 */
final class Slots<T> {

    private Object[] owners = new Object[16];
    private int[] generations = new int[16];
    private int[] free = new int[16];
    private int freeCount;
    private int used;

    long add(T owner) {
        int slot = freeCount > 0 ? free[--freeCount] : used++;
        if (slot == owners.length) {
            owners = Arrays.copyOf(owners, 2 * slot);
            generations = Arrays.copyOf(generations, 2 * slot);
        }
        owners[slot] = owner;
        generations[slot] = Math.max(1, generations[slot] + 1 & Integer.MAX_VALUE);
        return (long) generations[slot] << 32 | slot;
    }

    /** The owner, or null where it was removed. */
    @SuppressWarnings("unchecked")
    T get(long token) {
        int slot = (int) token;
        return generations[slot] == (int) (token >>> 32) ? (T) owners[slot] : null;
    }

    void remove(long token) {
        int slot = (int) token;
        owners[slot] = null;
        if (freeCount == free.length) {
            free = Arrays.copyOf(free, 2 * freeCount);
        }
        free[freeCount++] = slot;
    }
}
