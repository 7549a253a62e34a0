package org.kqueue;

/**
 * The {@code EV_} flags of {@code struct kevent}, as {@code <sys/event.h>} names them. Their numbers are the same on
 * every system that has them. Unsigned 16 bits wide everywhere but on NetBSD, where they are 32.
 */
public final class KeventFlags {

    /**
     * Add the knote, or modify the one that is there: its udata, fflags and data. A new knote is enabled unless {@link
     * #EV_DISABLE} is given too; one that was disabled stays so, unless {@link #EV_ENABLE} is given. Looks at the
     * condition again, so a knote with {@link #EV_CLEAR} whose condition holds fires once more.
     */
    public static final int EV_ADD = 0x0001;
    /**
     * Remove the knote, and with it an event that was not collected yet; {@code ENOENT} where there is none. Closing a
     * descriptor removes its knotes as well. With {@link #EV_ADD} and no knote yet, the knote is added.
     */
    public static final int EV_DELETE = 0x0002;
    /**
     * Deliver the knote's events again; {@code ENOENT} where there is none. What happened meanwhile is delivered now,
     * if it still holds. With {@link #EV_DISABLE} in one change: {@code EINVAL} on FreeBSD.
     */
    public static final int EV_ENABLE = 0x0004;
    /** Keep the knote but deliver nothing; {@code ENOENT} where there is none. */
    public static final int EV_DISABLE = 0x0008;
    /** Deliver one event, then remove the knote. Fixed when the knote is first added. */
    public static final int EV_ONESHOT = 0x0010;
    /**
     * Edge triggered: after its event was delivered, the knote is silent until something new happens. Fixed when the
     * knote is first added. On a change of a user event: reset it.
     */
    public static final int EV_CLEAR = 0x0020;
    /**
     * Answer the change with an {@link #EV_ERROR} entry, {@code data} 0 where it was applied; the call then collects no
     * events. Without room for the entry the call returns 0 and leaves the changes after it out on FreeBSD, NetBSD and
     * OpenBSD, and goes on without a word on macOS. Give the event list as much room as there are changes.
     */
    public static final int EV_RECEIPT = 0x0040;
    /**
     * Disable the knote when its event was delivered, until {@link #EV_ENABLE}. Fixed when the knote is first added. On
     * NetBSD {@link #EV_CLEAR} wins over it; with {@link #EV_ONESHOT} the knote is removed.
     */
    public static final int EV_DISPATCH = 0x0080;
    /** Filter-private; on a {@code READ} of macOS: out-of-band data. */
    public static final int EV_FLAG1 = 0x2000;
    /**
     * Output: the entry is the result of a change, {@code data} its errno, 0 for a receipt. The other flags are 0 but
     * on macOS, which leaves those of the change: test the bit. Ignored in a change.
     */
    public static final int EV_ERROR = 0x4000;
    /**
     * Output: end of file, or the filter's own end; {@code fflags} may carry a socket's error. Stays on a knote once it
     * was there. Ignored in a change.
     */
    public static final int EV_EOF = 0x8000;

    private KeventFlags() {
    }
}
