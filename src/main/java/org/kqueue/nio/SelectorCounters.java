package org.kqueue.nio;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.kqueue.nio.jmx.KqueueMXBean;
import org.kqueue.nio.jmx.MBeans;

/**
 * What one selector counts. Written by the selecting thread under the selector's monitor, with plain stores; any thread
 * reads.
 */
final class SelectorCounters implements KqueueMXBean {

    static final int SELECTS = 0;
    static final int KEVENT_CALLS = 1;
    static final int CHANGES = 2;
    static final int EVENTS = 3;
    static final int WAKEUPS = 4;
    static final int INTERRUPTED_CALLS = 5;
    static final int ERRORS = 6;
    static final int KEYS = 7;
    static final int TIMED_SELECTS = 8;
    static final int SELECT_NANOS = 9;
    static final int MAX_SELECT_NANOS = 10;
    static final int SIZE = 11;

    private static final VarHandle COUNT = MethodHandles.arrayElementVarHandle(long[].class);

    private final String name;
    private final long[] counts = new long[SIZE];
    // writes guarded by this
    private volatile boolean closed;
    // guarded by this
    private String bean;
    /** Whether selects are timed, which costs two looks at the clock each. */
    volatile boolean timed;

    SelectorCounters(String name) {
        this.name = name;
    }

    /** A select is over. */
    void selected(int keys, long interruptedCalls) {
        counts[SELECTS]++;
        counts[KEYS] = keys;
        counts[INTERRUPTED_CALLS] = interruptedCalls;
    }

    /** A kevent call is made. */
    void called(int submitted) {
        counts[KEVENT_CALLS]++;
        counts[CHANGES] += submitted;
    }

    /** It has returned. */
    void returned(int entries) {
        counts[EVENTS] += entries;
    }

    void wokenUp() {
        counts[WAKEUPS]++;
    }

    void failed() {
        counts[ERRORS]++;
    }

    void time(long nanos) {
        counts[TIMED_SELECTS]++;
        counts[SELECT_NANOS] += nanos;
        counts[MAX_SELECT_NANOS] = Math.max(counts[MAX_SELECT_NANOS], nanos);
    }

    /** Registers this as an MXBean until {@link #close}, and has selects timed. Returns its name, null when closed. */
    synchronized String registerBean(long id) {
        if (bean == null && !closed) {
            timed = true;
            bean = "org.kqueue:type=KqueueSelector,id=" + id;
            MBeans.register(this, bean);
        }
        return bean;
    }

    synchronized void close() {
        closed = true;
        if (bean != null) {
            MBeans.unregister(bean);
            bean = null;
        }
    }

    /** Opaque: whole values and progress, no order among them. */
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

    @Override
    public int getKeys() {
        return closed ? 0 : (int) get(KEYS);
    }

    @Override
    public long getSelects() {
        return get(SELECTS);
    }

    @Override
    public long getKeventCalls() {
        return get(KEVENT_CALLS);
    }

    @Override
    public long getChanges() {
        return get(CHANGES);
    }

    @Override
    public long getEvents() {
        return get(EVENTS);
    }

    @Override
    public long getWakeups() {
        return get(WAKEUPS);
    }

    @Override
    public long getInterruptedCalls() {
        return get(INTERRUPTED_CALLS);
    }

    @Override
    public long getErrors() {
        return get(ERRORS);
    }

    @Override
    public long getTimedSelects() {
        return get(TIMED_SELECTS);
    }

    @Override
    public long getSelectNanos() {
        return get(SELECT_NANOS);
    }

    @Override
    public long getMaxSelectNanos() {
        return get(MAX_SELECT_NANOS);
    }
}
