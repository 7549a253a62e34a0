package org.kqueue.linux.knotes;

import org.kqueue.Errno;
import org.kqueue.KeventFlags;
import org.kqueue.Note;
import org.kqueue.linux.changes.Change;

/**
 * EVFILT_TIMER by FreeBSD's rules. Expirations are counted when they are looked at, so a timer that is disabled or
 * whose event is not collected costs nothing. Guarded by the kqueue's lock.
 */
final class TimerKnote extends Knote {

    private static final Note[] UNITS = {
        Note.NOTE_SECONDS, Note.NOTE_MSECONDS, Note.NOTE_USECONDS, Note.NOTE_NSECONDS,
    };
    private static final long[] NANOS = {1_000_000_000, 1_000_000, 1_000, 1};
    private static final long MILLI = 1_000_000;
    /** Some 146 years: never. */
    private static final long NEVER = Long.MAX_VALUE / 2;

    /** When it next expires, in nanoseconds of its clock, and what orders timers that are due together. */
    long due;
    long serial;
    private final Knotes knotes;
    private Timers.Clock clock;
    /** 0: it expires once. */
    private long period;
    private long expirations;

    TimerKnote(Change change, Knotes knotes) {
        super(change);
        this.knotes = knotes;
    }

    @Override
    int attach() {
        return start(sfflags, sdata);
    }

    @Override
    int touch(Change change) {
        // Only an ADD starts it anew; other changes leave period and count alone.
        return change.has(KeventFlags.EV_ADD) ? start(change.fflags, change.data) : 0;
    }

    private int start(int fflags, long data) {
        int abstime = knotes.number(Note.NOTE_ABSTIME);
        boolean absolute = (fflags & abstime) != 0;
        long unit = unit(fflags & ~abstime);
        if (unit == 0 || data < 0) {
            return Errno.EINVAL;
        }
        Timers.Clock newClock = absolute ? knotes.timers.realtime : knotes.timers.monotonic;
        int errno = newClock.open();
        if (errno != 0) {
            return errno;
        }
        if (clock != null) {
            clock.remove(this);
            if (clock != newClock) {
                clock.set();
            }
        }
        clock = newClock;
        sfflags = fflags;
        sdata = data;
        long nanos = data > NEVER / unit ? NEVER : data * unit;
        boolean once = absolute || has(KeventFlags.EV_ONESHOT);
        flags = absolute ? flags : flags | KeventFlags.EV_CLEAR;
        // FreeBSD's shortest period is about one tick of a millisecond where 0 is asked for.
        period = once ? 0 : nanos == 0 ? MILLI : nanos;
        long first = once ? nanos : period;
        due = absolute ? first : Math.addExact(clock.now(), first);
        serial = knotes.timers.nextSerial();
        expirations = 0;
        return 0;
    }

    /** Nanoseconds of the unit that the notes name, 0 for notes that name none. */
    private long unit(int notes) {
        // Every timer here is exact.
        int rest = notes & ~knotes.layout.timerHints();
        if (rest == 0) {
            return MILLI;
        }
        for (int i = 0; i < UNITS.length; i++) {
            if (knotes.number(UNITS[i]) == rest) {
                return NANOS[i];
            }
        }
        return 0;
    }

    @Override
    boolean evaluate() {
        // The waiting timers are ordered by due, which changes below.
        clock.remove(this);
        long now = clock.now();
        if (due <= now) {
            long more = period == 0 ? 1 : (now - due) / period + 1;
            expirations += more;
            due = period == 0 ? Long.MAX_VALUE : due + more * period;
        }
        eventData = expirations;
        return expirations > 0;
    }

    @Override
    void delivered() {
        if (has(KeventFlags.EV_CLEAR)) {
            expirations = 0;
        }
    }

    @Override
    void waiting(boolean isWaiting) {
        clock.remove(this);
        if (isWaiting && due != Long.MAX_VALUE) {
            clock.add(this);
        }
        clock.set();
    }

    @Override
    void detach() {
        clock.remove(this);
        clock.set();
    }
}
