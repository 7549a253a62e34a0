package org.kqueue.nio;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.concurrent.atomic.AtomicLong;
import org.kqueue.ChangeList;
import org.kqueue.EventList;
import org.kqueue.Kqueue;
import org.kqueue.nio.jfr.FlightEvents;
import org.kqueue.nio.jmx.KqueueMXBean;
import org.kqueue.nio.jmx.MBeans;

/**
 * Makes a selector's work visible: counters always, kevents in the log if a property asks for it, Flight Recorder
 * events while somebody records. Guarded by the selector's monitor, except where a method says otherwise.
 */
final class Observation {

    private static final String JVM_BEAN = "org.kqueue:type=Kqueue";
    private static final int POLLS_PER_CHECK = 16;
    private static final AtomicLong LAST_ID = new AtomicLong();

    private final Kqueue kqueue;
    private final long id = LAST_ID.incrementAndGet();
    private final String name;
    private final boolean tracing;
    private final SelectorMetrics metrics;
    private final JvmMetrics.Entry jvmEntry;

    /** Polls until the next check whether somebody records. */
    private int pollsToCheck;
    private boolean recording;
    private Object selectEvent;
    private long callsBefore;
    private long changesBefore;
    private long eventsBefore;
    private long wakeupsBefore;

    private final Object beanLock = new Object();
    // guarded by beanLock
    private String bean;
    private boolean closed;

    Observation(Selector selector, Kqueue kqueue, SelectorSettings settings) {
        this.kqueue = kqueue;
        tracing = settings.traces();
        name = "selector " + id + " (" + kqueue + ")";
        metrics = new SelectorMetrics(name);
        jvmEntry = JvmMetrics.INSTANCE.add(selector, metrics);
        if (settings.registersBeans()) {
            registerJvmBean();
            registerBean();
        }
    }

    /** Any thread. */
    KqueueMXBean metrics() {
        return metrics;
    }

    /** Any thread. */
    static void registerJvmBean() {
        MBeans.register(JvmMetrics.INSTANCE, JVM_BEAN);
    }

    /** Any thread. Registers the metrics as an MXBean until {@link #close}. Returns its name. */
    String registerBean() {
        synchronized (beanLock) {
            if (closed) {
                throw new ClosedSelectorException();
            }
            if (bean == null) {
                String newBean = "org.kqueue:type=KqueueSelector,id=" + id;
                MBeans.register(metrics, newBean);
                bean = newBean;
            }
            return bean;
        }
    }

    void close() {
        JvmMetrics.INSTANCE.remove(jvmEntry);
        synchronized (beanLock) {
            closed = true;
            if (bean != null) {
                MBeans.unregister(bean);
                bean = null;
            }
        }
    }

    /** Not a field: making a logger takes tens of milliseconds, and few selectors ever log. */
    private static System.Logger log() {
        return System.getLogger("org.kqueue.nio");
    }

    /** Any thread. Closes a part of the selector. An error is logged: its descriptor is gone all the same. */
    void closing(Closeable part) {
        try {
            part.close();
        } catch (IOException e) {
            log().log(System.Logger.Level.WARNING, name + " was closed with an error", e);
        }
    }

    /** A select begins. Polls are short: of several in a row one checks whether somebody records. */
    void beginSelect(boolean mayWait) {
        if (mayWait || --pollsToCheck <= 0) {
            pollsToCheck = POLLS_PER_CHECK;
            recording = FlightEvents.isOn();
        }
        if (recording) {
            callsBefore = metrics.get(Metrics.KEVENT_CALLS);
            changesBefore = metrics.get(Metrics.CHANGES);
            eventsBefore = metrics.get(Metrics.EVENTS);
            wakeupsBefore = metrics.get(Metrics.WAKEUPS);
            selectEvent = FlightEvents.beginSelect();
        }
    }

    /** A select has returned or thrown. */
    void endSelect(int updated, int keys) {
        metrics.add(Metrics.SELECTS, 1);
        metrics.set(Metrics.KEYS, keys);
        metrics.set(Metrics.INTERRUPTED_CALLS, kqueue.interruptedCalls());
        if (selectEvent != null) {
            FlightEvents.endSelect(selectEvent, name, metrics.get(Metrics.KEVENT_CALLS) - callsBefore,
                    metrics.get(Metrics.CHANGES) - changesBefore, metrics.get(Metrics.EVENTS) - eventsBefore, updated,
                    metrics.get(Metrics.WAKEUPS) != wakeupsBefore);
            selectEvent = null;
        }
    }

    /** A select was woken up, or found that it had been. */
    void wokenUp() {
        metrics.add(Metrics.WAKEUPS, 1);
    }

    /** Makes a kevent call. */
    int kevent(ChangeList changes, EventList events, long timeoutNanos) throws IOException {
        metrics.add(Metrics.KEVENT_CALLS, 1);
        metrics.add(Metrics.CHANGES, changes.size());
        int n = -1;
        try {
            n = tracing | recording ? watchedKevent(changes, events, timeoutNanos)
                    : kqueue.kevent(changes, events, timeoutNanos);
            metrics.add(Metrics.EVENTS, n);
            return n;
        } finally {
            if (n < 0) {
                failed();
            }
        }
    }

    private int watchedKevent(ChangeList changes, EventList events, long timeoutNanos) throws IOException {
        if (tracing) {
            log().log(System.Logger.Level.INFO, "{0}: kevent {1}, room for {2}, timeout {3}", name, changes,
                    events.capacity(), timeoutNanos == Kqueue.FOREVER ? "none" : timeoutNanos + " ns");
        }
        Object event = recording ? FlightEvents.beginKevent() : null;
        long start = System.nanoTime();
        int n = kqueue.kevent(changes, events, timeoutNanos);
        if (recording) {
            FlightEvents.endKevent(event, name, timeoutNanos, System.nanoTime() - start, changes.size(), n);
        }
        if (tracing) {
            log().log(System.Logger.Level.INFO, "{0}: {1} {2}", name, n, events);
        }
        return n;
    }

    /** The kernel has refused to watch a channel. */
    void refused(SelectionKey key, EventList events, int index) {
        failed();
        FlightEvents.registrationError(name, key.channel(), events, index);
    }

    /** A native call has failed. */
    void failed() {
        metrics.add(Metrics.ERRORS, 1);
    }
}
