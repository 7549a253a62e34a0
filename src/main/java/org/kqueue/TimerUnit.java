package org.kqueue;

import java.time.Duration;
import java.time.Instant;

/**
 * A timer's {@code data} with its unit in {@code fflags}: milliseconds, which every kernel counts, or where they would
 * lose something the coarsest finer unit that loses nothing.
 */
record TimerUnit(long data, int fflags) {

    /** About 31 years. FreeBSD 15.0 fires a timer of 2^31 s or more at once. */
    private static final long LONGEST_SECONDS = 1_000_000_000;
    /** From here on, in the year 2255, a time is given in milliseconds: its nanoseconds would not fit. */
    private static final long LAST_FINE_SECOND = 9_000_000_000L;
    private static final long LAST_SECOND = Long.MAX_VALUE / 1000 - 1;
    private static final Note[] COARSE_TO_FINE = {Note.NOTE_MSECONDS, Note.NOTE_USECONDS, Note.NOTE_NSECONDS};
    private static final int[] NANOS = {1_000_000, 1_000, 1};
    private static final long NANOS_PER_SECOND = 1_000_000_000;

    static TimerUnit of(KeventLayout layout, Duration period) {
        if (period.isNegative()) {
            throw new IllegalArgumentException("period of a timer: " + period);
        }
        return period.getSeconds() < LONGEST_SECONDS ? of(layout, period.getSeconds(), period.getNano())
                : of(layout, LONGEST_SECONDS, 0);
    }

    static TimerUnit of(KeventLayout layout, Instant at) {
        if (!layout.has(Note.NOTE_ABSTIME)) {
            throw new UnsupportedOperationException("there are no absolute timers (NOTE_ABSTIME) in the " + layout
                    + " ABI or on this kernel");
        }
        TimerUnit unit = at.getEpochSecond() < 0 ? of(layout, 0, 0)
                : of(layout, Math.min(at.getEpochSecond(), LAST_SECOND), at.getNano());
        return new TimerUnit(unit.data, unit.fflags | layout.number(Note.NOTE_ABSTIME));
    }

    /** Rounds up where there is no unit fine enough, so that no timer fires early. */
    private static TimerUnit of(KeventLayout layout, long seconds, int nanos) {
        int unit = 0;
        while (nanos % NANOS[unit] != 0 && seconds < LAST_FINE_SECOND && unit + 1 < NANOS.length
                && layout.has(COARSE_TO_FINE[unit + 1])) {
            unit++;
        }
        long count = seconds * (NANOS_PER_SECOND / NANOS[unit]) + (nanos + NANOS[unit] - 1) / NANOS[unit];
        return new TimerUnit(count, layout.number(COARSE_TO_FINE[unit]));
    }
}
