package org.kqueue.trace;

import org.kqueue.KeventFlags;

/**
 * How often a timer may have expired by this machine's clock, between what is certain and what is possible: a recorded
 * count was another clock's, and this machine may be late.
 */
final class TimerClock {

    static final int NOTE_SECONDS = 1;
    private static final int NOTE_ABSTIME = 0x10;
    /** Nanoseconds of FreeBSD's units: none, NOTE_SECONDS, NOTE_MSECONDS, NOTE_USECONDS, NOTE_NSECONDS. */
    private static final long[] UNITS = {1_000_000, 1_000_000_000, 1_000_000, 0, 1_000, 0, 0, 0, 1};
    private static final long MILLI = 1_000_000;
    private static final long TOLERANCE = 2 * MILLI;
    private static final long FAR = Long.MAX_VALUE / 4;

    private final boolean repeats;
    private final boolean staysExpired;
    private final boolean isDispatch;
    private final long period;
    /** It was set between these. */
    private final long setFrom;
    private final long setTo;
    private boolean isDisabled;
    private long delivered;

    /**
     * A timer that a change has set.
     *
     * @param before what it was before; null for a new one
     * @param kind the EV_ flags of the knote's first ADD
     * @param start when the trace began, by {@link System#nanoTime}
     * @param from when the call was made
     * @param to when it had returned
     */
    TimerClock(TimerClock before, Kevent change, int kind, long start, long from, long to) {
        boolean absolute = isAbsolute(change);
        repeats = !absolute && (kind & KeventFlags.EV_ONESHOT) == 0;
        staysExpired = absolute && (kind & (KeventFlags.EV_ONESHOT | KeventFlags.EV_CLEAR)) == 0;
        isDispatch = (kind & KeventFlags.EV_DISPATCH) != 0;
        long unit = UNITS[change.fflags() & ~NOTE_ABSTIME];
        long given = absolute ? 0 : change.data() > FAR / unit ? FAR : change.data() * unit;
        period = repeats && given == 0 ? MILLI : given;
        long due = change.data() == 0 ? start - MILLI : start + change.data() * MILLI;
        setFrom = absolute ? due : from;
        setTo = absolute ? due : to;
        isDisabled = before != null && before.isDisabled;
        changed(change);
    }

    static boolean isAbsolute(Kevent change) {
        return change.is("TIMER") && (change.fflags() & NOTE_ABSTIME) != 0;
    }

    /** A change of any kind that succeeded. */
    void changed(Kevent change) {
        isDisabled = change.has(KeventFlags.EV_DISABLE) || isDisabled && !change.has(KeventFlags.EV_ENABLE);
    }

    /** Expirations by a moment, had the timer been set at the other. */
    private long count(long set, long now) {
        return now - set < period ? 0 : repeats ? (now - set) / period : 1;
    }

    /** Whether a call may have reported so many expirations. */
    boolean isPossible(long expirations, long from, long to) {
        long total = delivered + expirations;
        return !isDisabled && expirations > 0 && total <= count(setFrom - TOLERANCE, to)
                && total >= count(setTo + TOLERANCE, from);
    }

    /** Whether a call that was made at a moment must have reported the timer. */
    boolean isCertain(long from) {
        return !isDisabled && count(setTo + TOLERANCE, from) > delivered;
    }

    void delivered(long expirations) {
        delivered += staysExpired ? 0 : expirations;
        isDisabled |= isDispatch;
    }
}
