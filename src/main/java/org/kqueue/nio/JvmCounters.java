package org.kqueue.nio;

import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.HashSet;
import java.util.Set;
import org.kqueue.nio.jmx.KqueueMXBean;

/**
 * The sums over all selectors of this JVM. Selectors are held weakly; when one is closed, or collected without, its
 * counts stay and the rest of it goes. Thread-safe.
 */
final class JvmCounters implements KqueueMXBean {

    static final JvmCounters INSTANCE = new JvmCounters();

    private static final class Entry extends WeakReference<KqueueSelector> {
        final SelectorCounters counters;

        Entry(KqueueSelector selector, SelectorCounters counters, ReferenceQueue<KqueueSelector> queue) {
            super(selector, queue);
            this.counters = counters;
        }
    }

    private final ReferenceQueue<KqueueSelector> collected = new ReferenceQueue<>();
    // guarded by this
    private final Set<Entry> open = new HashSet<>();
    private final long[] closed = new long[SelectorCounters.SIZE];

    private JvmCounters() {
    }

    /** Counts a selector in. Returns what {@link #remove} wants. */
    synchronized Object add(KqueueSelector selector, SelectorCounters counters) {
        removeCollected();
        Entry entry = new Entry(selector, counters, collected);
        open.add(entry);
        return entry;
    }

    synchronized void remove(Object entry) {
        if (entry instanceof Entry leaving && open.remove(leaving)) {
            leaving.counters.close();
            for (int i = 0; i < closed.length; i++) {
                long value = leaving.counters.get(i);
                closed[i] = i == SelectorCounters.MAX_SELECT_NANOS ? Math.max(closed[i], value)
                        : i == SelectorCounters.KEYS ? 0 : closed[i] + value;
            }
        }
    }

    private void removeCollected() {
        for (Object entry = collected.poll(); entry != null; entry = collected.poll()) {
            remove(entry);
        }
    }

    private synchronized long sum(int counter) {
        removeCollected();
        long sum = closed[counter];
        for (Entry entry : open) {
            sum += entry.counters.get(counter);
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

    @Override
    public int getKeys() {
        return (int) sum(SelectorCounters.KEYS);
    }

    @Override
    public long getSelects() {
        return sum(SelectorCounters.SELECTS);
    }

    @Override
    public long getKeventCalls() {
        return sum(SelectorCounters.KEVENT_CALLS);
    }

    @Override
    public long getChanges() {
        return sum(SelectorCounters.CHANGES);
    }

    @Override
    public long getEvents() {
        return sum(SelectorCounters.EVENTS);
    }

    @Override
    public long getWakeups() {
        return sum(SelectorCounters.WAKEUPS);
    }

    @Override
    public long getInterruptedCalls() {
        return sum(SelectorCounters.INTERRUPTED_CALLS);
    }

    @Override
    public long getErrors() {
        return sum(SelectorCounters.ERRORS);
    }

    @Override
    public long getTimedSelects() {
        return sum(SelectorCounters.TIMED_SELECTS);
    }

    @Override
    public long getSelectNanos() {
        return sum(SelectorCounters.SELECT_NANOS);
    }

    @Override
    public synchronized long getMaxSelectNanos() {
        removeCollected();
        long max = closed[SelectorCounters.MAX_SELECT_NANOS];
        for (Entry entry : open) {
            max = Math.max(max, entry.counters.get(SelectorCounters.MAX_SELECT_NANOS));
        }
        return max;
    }
}
