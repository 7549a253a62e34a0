package org.kqueue;

import java.time.Duration;
import java.time.Instant;

/**
 * A timer's {@code data} with its unit in {@code fflags}: the coarsest unit that the ABI has and that loses nothing.
 */
record TimerUnit(long data, int fflags) {

    private static final Note[] COARSE_TO_FINE = {
        Note.NOTE_SECONDS, Note.NOTE_MSECONDS, Note.NOTE_USECONDS, Note.NOTE_NSECONDS,
    };
    private static final long[] NANOS = {1_000_000_000, 1_000_000, 1_000, 1};

    static TimerUnit of(KeventLayout layout, Duration period) {
        if (period.isNegative()) {
            throw new IllegalArgumentException("period of a timer: " + period);
        }
        return of(layout, period.getSeconds(), period.getNano());
    }

    static TimerUnit of(KeventLayout layout, Instant at) {
        if (!layout.has(Note.NOTE_ABSTIME)) {
            throw new UnsupportedOperationException("the " + layout.name()
                    + " ABI has no absolute timers (NOTE_ABSTIME)");
        }
        TimerUnit unit = of(layout, Math.max(0, at.getEpochSecond()), at.getEpochSecond() < 0 ? 0 : at.getNano());
        return new TimerUnit(unit.data, unit.fflags | layout.number(Note.NOTE_ABSTIME));
    }

    /** Rounds up where the ABI has no unit fine enough (DragonFly: milliseconds only), so that no timer fires early. */
    private static TimerUnit of(KeventLayout layout, long seconds, int nanos) {
        TimerUnit best = null;
        for (int i = 0; i < NANOS.length; i++) {
            if (!layout.has(COARSE_TO_FINE[i])) {
                continue;
            }
            long perSecond = NANOS[0] / NANOS[i];
            if (best != null && seconds > Long.MAX_VALUE / perSecond - 1) {
                break;
            }
            long count = seconds > Long.MAX_VALUE / perSecond - 1 ? Long.MAX_VALUE
                    : seconds * perSecond + (nanos + NANOS[i] - 1) / NANOS[i];
            best = new TimerUnit(count, layout.number(COARSE_TO_FINE[i]));
            if (nanos % NANOS[i] == 0) {
                break;
            }
        }
        if (best == null) {
            throw new UnsupportedOperationException("the " + layout.name() + " ABI has no timer units");
        }
        return best;
    }
}
