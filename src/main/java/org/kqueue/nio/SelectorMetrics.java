package org.kqueue.nio;

import java.lang.invoke.VarHandle;

/** What one selector has done. Counted by the selecting thread with plain stores; any thread reads. */
final class SelectorMetrics extends Metrics {

    private final String name;
    /** Written under the selector's monitor. */
    private final long[] counts = new long[SIZE];
    private volatile boolean closed;

    SelectorMetrics(String name) {
        this.name = name;
    }

    void add(int counter, long value) {
        counts[counter] += value;
    }

    void set(int counter, long value) {
        counts[counter] = value;
    }

    void close() {
        counts[KEYS] = 0;
        closed = true;
    }

    @Override
    long get(int counter) {
        // A loop that waits for a count must see it grow.
        VarHandle.loadLoadFence();
        return counts[counter];
    }

    @Override
    public String getName() {
        return name;
    }

    @Override
    public int getSelectors() {
        return closed ? 0 : 1;
    }
}
