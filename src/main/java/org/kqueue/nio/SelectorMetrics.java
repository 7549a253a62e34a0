package org.kqueue.nio;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** What one selector has done. Counted by the selecting thread with plain stores; any thread reads. */
final class SelectorMetrics extends Metrics {

    private static final VarHandle COUNT = MethodHandles.arrayElementVarHandle(long[].class);

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

    /** Opaque: whole values and progress, no order among them. */
    @Override
    long get(int counter) {
        return (long) COUNT.getOpaque(counts, counter);
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
