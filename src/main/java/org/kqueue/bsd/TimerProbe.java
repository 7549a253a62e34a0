package org.kqueue.bsd;

import java.lang.ref.Reference;
import org.kqueue.ChangeList;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.KeventException;
import org.kqueue.KeventFlags;
import org.kqueue.KeventLayout;
import org.kqueue.Note;

/**
 * Which notes of timers a library's kernel takes, found out with short timers on a kqueue made for it. NetBSD before 10
 * and older OpenBSD do not look at the notes and count milliseconds; FreeBSD before 12 refuses {@code NOTE_ABSTIME}.
 *
 * <p>Three timers are added, one after the other: one of a nanosecond, one for a time in the past and one of two
 * milliseconds without a note. A kernel that takes the notes delivers the first two no later than the third, but for
 * some leeway. One that does not look at them would deliver them after minutes and after years.
 */
final class TimerProbe {

    private static final int NANOSECONDS = 1;
    private static final int ABSOLUTE = 2;
    private static final int PLAIN = 3;
    private static final int DEADLINE_SECONDS = 1;
    private static final int LEEWAY_NANOS = 10_000_000;
    /** In 2001. As a period it is some 31 years. */
    private static final long PAST_MILLIS = 1_000_000_000_000L;
    /** A millisecond, or a quarter of an hour where it is taken for milliseconds. */
    private static final long SHORT_NANOS = 1_000_000;
    private static final long PLAIN_MILLIS = 2;

    private final SystemLibrary library;
    private final KeventLayout layout;
    private final EventList events;

    private TimerProbe(SystemLibrary library) {
        this.library = library;
        layout = library.layout();
        events = new EventList(layout, PLAIN);
    }

    /**
     * The library's layout without the notes that its kernel does not take.
     *
     * @throws KeventException if no kqueue can be had
     */
    static KeventLayout layout(SystemLibrary library) throws KeventException {
        int kq = library.kqueue();
        try {
            return new TimerProbe(library).layout(kq);
        } finally {
            library.close(kq);
        }
    }

    private KeventLayout layout(int kq) {
        int seen = 0;
        boolean units = layout.has(Note.NOTE_NSECONDS) && add(kq, NANOSECONDS, Note.NOTE_NSECONDS, SHORT_NANOS);
        boolean absolute = layout.has(Note.NOTE_ABSTIME) && add(kq, ABSOLUTE, Note.NOTE_ABSTIME, PAST_MILLIS);
        int expected = (units ? 1 << NANOSECONDS : 0) | (absolute ? 1 << ABSOLUTE : 0) | 1 << PLAIN;
        if (!add(kq, PLAIN, null, PLAIN_MILLIS)) {
            // There are no timers at all, as FilterProbe finds.
            return layout;
        }
        int more;
        do {
            more = wait(kq, DEADLINE_SECONDS, 0);
            seen |= more;
        } while ((seen & 1 << PLAIN) == 0 && more != 0);
        while (seen != expected && more != 0) {
            more = wait(kq, 0, LEEWAY_NANOS);
            seen |= more;
        }
        boolean takesUnits = (seen & 1 << NANOSECONDS) != 0;
        boolean takesAbsolute = (seen & 1 << ABSOLUTE) != 0;
        return takesUnits == layout.has(Note.NOTE_NSECONDS) && takesAbsolute == layout.has(Note.NOTE_ABSTIME) ? layout
                : layout.withTimers(takesUnits, takesAbsolute);
    }

    /** Returns whether the kernel accepts it. */
    private boolean add(int kq, int ident, Note note, long data) {
        int fflags = note == null ? 0 : layout.number(note);
        if (note == Note.NOTE_ABSTIME) {
            fflags |= layout.number(Note.NOTE_MSECONDS);
        }
        ChangeList change = new ChangeList(layout, 1).add(ident, layout.number(Filter.EVFILT_TIMER),
                KeventFlags.EV_ADD | KeventFlags.EV_ONESHOT, fflags, data, 0);
        int n = library.kevent().kevent(kq, change.address(), 1, 0, 0, events.timespec(0, 0));
        Reference.reachabilityFence(change);
        return n >= 0;
    }

    /** Returns a bit for each timer that was delivered, 0 when the time is over. */
    private int wait(int kq, int seconds, int nanos) {
        events.prepare(PLAIN);
        int n = library.kevent().kevent(kq, 0, 0, events.address(), events.capacity(),
                events.timespec(seconds, nanos));
        events.filled(Math.max(0, Math.min(n, events.capacity())));
        int seen = 0;
        for (int i = 0; i < events.size(); i++) {
            seen |= 1 << (int) events.ident(i);
        }
        return seen;
    }
}
