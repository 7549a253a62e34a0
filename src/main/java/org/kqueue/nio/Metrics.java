package org.kqueue.nio;

import org.kqueue.nio.jmx.KqueueMXBean;

/** A set of counters as an MXBean. Thread-safe. */
abstract class Metrics implements KqueueMXBean {

    static final int SELECTS = 0;
    static final int KEVENT_CALLS = 1;
    static final int CHANGES = 2;
    static final int EVENTS = 3;
    static final int WAKEUPS = 4;
    static final int INTERRUPTED_CALLS = 5;
    static final int ERRORS = 6;
    static final int KEYS = 7;
    static final int SIZE = 8;

    /** The value of a counter. */
    abstract long get(int counter);

    @Override
    public final int getKeys() {
        return (int) get(KEYS);
    }

    @Override
    public final long getSelects() {
        return get(SELECTS);
    }

    @Override
    public final long getKeventCalls() {
        return get(KEVENT_CALLS);
    }

    @Override
    public final long getChanges() {
        return get(CHANGES);
    }

    @Override
    public final long getEvents() {
        return get(EVENTS);
    }

    @Override
    public final long getWakeups() {
        return get(WAKEUPS);
    }

    @Override
    public final long getInterruptedCalls() {
        return get(INTERRUPTED_CALLS);
    }

    @Override
    public final long getErrors() {
        return get(ERRORS);
    }
}
