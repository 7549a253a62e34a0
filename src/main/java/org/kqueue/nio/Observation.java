package org.kqueue.nio;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicLong;
import org.kqueue.ChangeList;
import org.kqueue.EventList;
import org.kqueue.Kqueue;
import org.kqueue.nio.jfr.FlightEvents;
import org.kqueue.nio.jmx.KqueueMXBean;
import org.kqueue.nio.jmx.MBeans;

/**
 * Lets a selector's work be seen. It is always counted; whether somebody wants kevents in the log, Flight Recorder
 * events or times is asked once a select, and costs no more than that where nobody does.
 *
 * <p>Guarded by the selector's monitor, but for what says otherwise.
 */
final class Observation {

    /** Registers the beans of all selectors, if {@code true}. */
    private static final String JMX_PROPERTY = "org.kqueue.jmx";
    private static final String JVM_BEAN = "org.kqueue:type=Kqueue";
    private static final int POLLS_PER_LOOK = 16;
    private static final AtomicLong LAST_ID = new AtomicLong();

    /** Apart: making a logger takes milliseconds, and a selector may be opened and never used. */
    private static final class Log {
        static final System.Logger LOG = System.getLogger("org.kqueue.nio");

        private Log() {
        }

        static boolean isTracing() {
            return LOG.isLoggable(System.Logger.Level.TRACE);
        }
    }

    private final Kqueue kqueue;
    private final SelectorCounters counters;
    private final Object jvmEntry;
    private final long id = LAST_ID.incrementAndGet();
    private final String name;

    /** Selects that only poll before the next look. */
    private int pollsToLook;
    /** What the last look has found. */
    private boolean tracing;
    private boolean recording;
    /** Whether the select under way is looked at closer than by counters, and whether it is timed. */
    private boolean closer;
    private boolean timing;
    private Object selectEvent;
    private long startNanos;
    private long callsBefore;
    private long changesBefore;
    private long eventsBefore;
    private long wakeupsBefore;

    Observation(KqueueSelector selector, Kqueue kqueue) {
        this.kqueue = kqueue;
        name = "selector " + id + " (" + kqueue + ")";
        counters = new SelectorCounters(name);
        jvmEntry = JvmCounters.INSTANCE.add(selector, counters);
        if (Boolean.getBoolean(JMX_PROPERTY)) {
            registerJvmBean();
            registerBean();
        }
    }

    /** Any thread. */
    KqueueMXBean counters() {
        return counters;
    }

    /** Any thread. */
    void timed(boolean on) {
        counters.timed = on;
    }

    /** Any thread. */
    static void registerJvmBean() {
        MBeans.register(JvmCounters.INSTANCE, JVM_BEAN);
    }

    /** Any thread. Returns the bean's name. */
    String registerBean() {
        return counters.registerBean(id);
    }

    void close() {
        JvmCounters.INSTANCE.remove(jvmEntry);
    }

    /**
     * To be called as the first of a select. One that only polls is so short that of several in a row one asks for all.
     */
    void beginSelect(boolean mayWait) {
        if (mayWait || --pollsToLook <= 0) {
            look();
        }
        if (tracing | recording | counters.timed) {
            lookCloser();
        }
    }

    private void look() {
        pollsToLook = POLLS_PER_LOOK;
        tracing = Log.isTracing();
        recording = FlightEvents.isOn();
    }

    private void lookCloser() {
        closer = true;
        timing = counters.timed;
        callsBefore = counters.get(SelectorCounters.KEVENT_CALLS);
        changesBefore = counters.get(SelectorCounters.CHANGES);
        eventsBefore = counters.get(SelectorCounters.EVENTS);
        wakeupsBefore = counters.get(SelectorCounters.WAKEUPS);
        selectEvent = recording ? FlightEvents.beginSelect() : null;
        startNanos = System.nanoTime();
    }

    /** To be called as the last of a select, whether it returns or throws. */
    void endSelect(int updated, int keys) {
        counters.selected(keys, kqueue.interruptedCalls());
        if (closer) {
            closer = false;
            report(updated);
        }
    }

    private void report(int updated) {
        if (timing) {
            counters.time(System.nanoTime() - startNanos);
        }
        if (recording) {
            FlightEvents.endSelect(selectEvent, name, counters.get(SelectorCounters.KEVENT_CALLS) - callsBefore,
                    counters.get(SelectorCounters.CHANGES) - changesBefore,
                    counters.get(SelectorCounters.EVENTS) - eventsBefore, updated,
                    counters.get(SelectorCounters.WAKEUPS) != wakeupsBefore);
            selectEvent = null;
        }
    }

    /** A select was woken up, or found that it had been. */
    void wokenUp() {
        counters.wokenUp();
    }

    /** A kevent call. */
    int kevent(ChangeList changes, EventList events, long timeoutNanos) throws IOException {
        counters.called(changes.size());
        int n = -1;
        try {
            n = closer ? watchedKevent(changes, events, timeoutNanos) : kqueue.kevent(changes, events, timeoutNanos);
            counters.returned(n);
            return n;
        } finally {
            if (n < 0) {
                counters.failed();
            }
        }
    }

    private int watchedKevent(ChangeList changes, EventList events, long timeoutNanos) throws IOException {
        if (tracing) {
            Log.LOG.log(System.Logger.Level.TRACE, "{0}: kevent {1}, room for {2}, timeout {3}", name, changes,
                    events.capacity(), timeoutNanos == Kqueue.FOREVER ? "none" : timeoutNanos + " ns");
        }
        Object event = recording ? FlightEvents.beginKevent() : null;
        long start = System.nanoTime();
        int n = kqueue.kevent(changes, events, timeoutNanos);
        if (recording) {
            FlightEvents.endKevent(event, name, timeoutNanos, System.nanoTime() - start, changes.size(), n);
        }
        if (tracing) {
            Log.LOG.log(System.Logger.Level.TRACE, "{0}: {1} {2}", name, n, events);
        }
        return n;
    }

    /** The kernel has refused to watch a channel. */
    void refused(KqueueSelectionKey key, EventList events, int index) {
        counters.failed();
        FlightEvents.registrationError(name, key.channel(), events.toString(index));
    }
}
