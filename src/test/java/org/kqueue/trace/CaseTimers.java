package org.kqueue.trace;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.kqueue.KeventFlags;

/**
 * How often each timer of a case may have expired by this machine's clock, between what is certain and what is
 * possible: a recorded count was another clock's, and this machine may be late. The rule {@code TIMER_CLOCK}.
 */
final class CaseTimers {

    /** When a call was made and when it had returned, by {@link System#nanoTime}. */
    record Span(long from, long to) {
    }

    private static final int NOTE_ABSTIME = 0x10;
    private static final long[] UNITS = {1_000_000, 1_000_000_000, 1_000_000, 0, 1_000, 0, 0, 0, 1};
    private static final long MILLI = 1_000_000;
    private static final long FAR = Long.MAX_VALUE / 4;

    private static final class Timer {
        int flags;
        long udata;
        long period;
        boolean repeats;
        boolean level;
        boolean disabled;
        Span added;
        long delivered;

        /** Expirations by a moment, had the timer been added at the other. */
        long count(long addedAt, long now) {
            long elapsed = now - addedAt;
            return elapsed < period ? 0 : repeats ? elapsed / period : 1;
        }
    }

    private final Map<String, Timer> timers = new HashMap<>();

    /** A change that was applied; {@code data} as it was given, absolute times as nanoseconds from the call on. */
    void applied(CaseEntry change, long absoluteNanos, Span span) {
        Timer timer = timers.get(change.ident());
        if (change.has(KeventFlags.EV_ADD)) {
            boolean absolute = (change.fflags() & NOTE_ABSTIME) != 0;
            if (timer == null) {
                timer = new Timer();
                timer.flags = change.flags() & (KeventFlags.EV_ONESHOT | KeventFlags.EV_CLEAR | KeventFlags.EV_DISPATCH
                        | KeventFlags.EV_RECEIPT) | (absolute ? 0 : KeventFlags.EV_CLEAR);
                timers.put(change.ident(), timer);
            }
            timer.repeats = !absolute && (timer.flags & KeventFlags.EV_ONESHOT) == 0;
            timer.level = absolute && (timer.flags & (KeventFlags.EV_ONESHOT | KeventFlags.EV_CLEAR)) == 0;
            timer.period = absolute ? absoluteNanos : nanos(change);
            timer.period = timer.repeats && timer.period == 0 ? MILLI : timer.period;
            timer.added = span;
            timer.delivered = 0;
        }
        if (timer != null) {
            timer.udata = change.udata();
            timer.disabled = change.has(KeventFlags.EV_DISABLE) || timer.disabled && !change.has(KeventFlags.EV_ENABLE);
        }
        if (change.has(KeventFlags.EV_DELETE)) {
            timers.remove(change.ident());
        }
    }

    private static long nanos(CaseEntry change) {
        int unit = change.fflags() & ~NOTE_ABSTIME;
        long nanos = UNITS[unit];
        return change.data() > FAR / nanos ? FAR : change.data() * nanos;
    }

    /**
     * What was recorded, with the timers' part as it was seen where the clock allows it; then takes note of what was
     * seen.
     */
    CaseOutcome here(CaseOutcome recorded, CaseOutcome seen, Span span) {
        List<CaseEntry> events = new ArrayList<>(recorded.events());
        for (int i = events.size() - 1; i >= 0; i--) {
            CaseEntry event = events.get(i);
            Timer timer = timer(event);
            CaseEntry other = seen.find(event);
            if (timer != null && other != null && isPossible(timer, other, span)) {
                events.set(i, event.withData(other.data()));
            } else if (timer != null && other == null && !isCertain(timer, span)) {
                events.remove(i);
            }
        }
        for (CaseEntry event : seen.events()) {
            Timer timer = timer(event);
            if (timer != null && recorded.find(event) == null && isPossible(timer, event, span) && !timer.disabled
                    && event.flags() == timer.flags && event.fflags() == 0 && event.udata() == timer.udata) {
                events.add(event);
            }
        }
        seen.events().forEach(this::delivered);
        return recorded.errno() != 0 ? recorded : CaseOutcome.of(events);
    }

    private Timer timer(CaseEntry event) {
        return event.is("TIMER") && !event.has(KeventFlags.EV_ERROR) ? timers.get(event.ident()) : null;
    }

    private static boolean isPossible(Timer timer, CaseEntry event, Span span) {
        long total = timer.delivered + event.data();
        long most = timer.count(timer.added.from() - 2 * MILLI, span.to());
        long least = timer.count(timer.added.to() + 2 * MILLI, span.from());
        return event.data() > 0 && total <= most && total >= least;
    }

    /** Whether it must have been reported. */
    private static boolean isCertain(Timer timer, Span span) {
        return !timer.disabled && timer.count(timer.added.to() + 2 * MILLI, span.from()) > timer.delivered;
    }

    private void delivered(CaseEntry event) {
        Timer timer = timer(event);
        if (timer != null && !timer.level) {
            timer.delivered += event.data();
            timer.disabled |= (timer.flags & KeventFlags.EV_DISPATCH) != 0;
        }
    }
}
