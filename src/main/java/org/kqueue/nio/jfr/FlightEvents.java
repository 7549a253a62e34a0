package org.kqueue.nio.jfr;

import java.util.concurrent.TimeUnit;
import jdk.jfr.FlightRecorder;
import org.kqueue.EventList;

/**
 * What selectors tell Flight Recorder. Does nothing, and loads nothing, where the module {@code jdk.jfr} is missing or
 * nothing was ever recorded: loading the first event class would start the recorder's machinery. Thread-safe.
 */
public final class FlightEvents {

    private static final boolean PRESENT = ModuleLayer.boot().findModule("jdk.jfr").isPresent();
    private static final long SLOW_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private FlightEvents() {
    }

    /**
     * Whether a recording wants events of selects or calls. Costs a few loads.
     *
     * @return true while one is running
     */
    public static boolean isOn() {
        return PRESENT && Recorder.isInitialized() && Recorder.isOn();
    }

    /**
     * Begins the event of a select. To be called while {@link #isOn} is true.
     *
     * @return what {@link #endSelect} wants
     */
    public static Object beginSelect() {
        SelectEvent event = new SelectEvent();
        event.begin();
        return event;
    }

    /**
     * Ends the event of a select.
     *
     * @param begun what {@link #beginSelect} has returned
     * @param selector the selector's text
     * @param keventCalls calls of kevent
     * @param changes changes submitted
     * @param events entries returned
     * @param updated keys updated
     * @param wokenUp whether it was woken up
     */
    public static void endSelect(Object begun, Object selector, long keventCalls, long changes, long events,
            int updated,
            boolean wokenUp) {
        SelectEvent event = (SelectEvent) begun;
        event.end();
        if (event.shouldCommit()) {
            event.selector = selector.toString();
            event.keventCalls = keventCalls;
            event.changes = changes;
            event.events = events;
            event.updated = updated;
            event.wokenUp = wokenUp;
            event.commit();
        }
    }

    /**
     * Begins the event of a kevent call. To be called while {@link #isOn} is true.
     *
     * @return what {@link #endKevent} wants
     */
    public static Object beginKevent() {
        SlowKeventEvent event = new SlowKeventEvent();
        event.begin();
        return event;
    }

    /**
     * Ends the event of a kevent call; it is recorded only if the call was slow.
     *
     * @param begun what {@link #beginKevent} has returned
     * @param selector the selector's text
     * @param timeoutNanos the wait that was asked for
     * @param nanos what the call took
     * @param changes changes submitted
     * @param events entries returned
     */
    public static void endKevent(Object begun, Object selector, long timeoutNanos, long nanos, int changes,
            int events) {
        SlowKeventEvent event = (SlowKeventEvent) begun;
        event.end();
        if (nanos - timeoutNanos >= SLOW_NANOS && event.shouldCommit()) {
            event.selector = selector.toString();
            event.timeout = timeoutNanos;
            event.changes = changes;
            event.events = events;
            event.commit();
        }
    }

    /**
     * Records that the kernel has refused to watch a channel.
     *
     * @param selector the selector's text
     * @param channel the channel's text
     * @param events a list with the entry that carries the errno
     * @param index of the entry
     */
    public static void registrationError(Object selector, Object channel, EventList events, int index) {
        if (PRESENT && Recorder.isInitialized()) {
            RegistrationErrorEvent event = new RegistrationErrorEvent();
            if (event.isEnabled()) {
                event.selector = selector.toString();
                event.channel = channel.toString();
                event.kevent = events.toString(index);
                event.commit();
            }
        }
    }

    /** Apart, so that {@code jdk.jfr} is not looked for where it is missing. */
    private static final class Recorder {

        private Recorder() {
        }

        static boolean isInitialized() {
            return FlightRecorder.isInitialized();
        }

        static boolean isOn() {
            return Probes.SELECT.isEnabled() || Probes.KEVENT.isEnabled();
        }
    }

    /** Events that are never committed; loaded when a recorder exists. */
    private static final class Probes {
        static final SelectEvent SELECT = new SelectEvent();
        static final SlowKeventEvent KEVENT = new SlowKeventEvent();

        private Probes() {
        }
    }
}
