package org.kqueue.nio;

import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.nio.channels.Selector;
import java.util.HashSet;
import java.util.Set;

/**
 * The sums over all selectors of this JVM. A selector is held weakly; its counts stay when it is closed, or collected
 * without being closed.
 */
final class JvmMetrics extends Metrics {

    static final JvmMetrics INSTANCE = new JvmMetrics();

    /** A selector that is open. */
    static final class Entry extends WeakReference<Selector> {
        private final SelectorMetrics metrics;

        private Entry(Selector selector, SelectorMetrics metrics, ReferenceQueue<Selector> queue) {
            super(selector, queue);
            this.metrics = metrics;
        }
    }

    private final ReferenceQueue<Selector> collected = new ReferenceQueue<>();
    // guarded by this
    private final Set<Entry> open = new HashSet<>();
    private final long[] closed = new long[SIZE];

    private JvmMetrics() {
    }

    synchronized Entry add(Selector selector, SelectorMetrics metrics) {
        removeCollected();
        Entry entry = new Entry(selector, metrics, collected);
        open.add(entry);
        return entry;
    }

    synchronized void remove(Entry entry) {
        if (open.remove(entry)) {
            entry.metrics.close();
            for (int i = 0; i < SIZE; i++) {
                closed[i] += entry.metrics.get(i);
            }
        }
    }

    private void removeCollected() {
        for (Object entry = collected.poll(); entry != null; entry = collected.poll()) {
            remove((Entry) entry);
        }
    }

    @Override
    synchronized long get(int counter) {
        removeCollected();
        long sum = closed[counter];
        for (Entry entry : open) {
            sum += entry.metrics.get(counter);
        }
        return sum;
    }

    @Override
    public String getName() {
        return "all";
    }

    @Override
    public synchronized int getSelectors() {
        removeCollected();
        return open.size();
    }
}
