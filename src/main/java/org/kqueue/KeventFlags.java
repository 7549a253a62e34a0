package org.kqueue;

/**
 * The {@code EV_} flags of {@code struct kevent}, as {@code <sys/event.h>} names them. Their numbers are the same on every
 * system that has them. Unsigned 16 bits wide everywhere but on NetBSD, where they are 32.
 */
public final class KeventFlags {

    /** Add the knote, or modify the one that is there. A knote is enabled when it is first added. */
    public static final int EV_ADD = 0x0001;
    /** Remove the knote; {@code ENOENT} where there is none. */
    public static final int EV_DELETE = 0x0002;
    /** Deliver the knote's events again. */
    public static final int EV_ENABLE = 0x0004;
    /** Keep the knote but deliver nothing. */
    public static final int EV_DISABLE = 0x0008;
    /** Deliver one event, then remove the knote. Fixed when the knote is first added. */
    public static final int EV_ONESHOT = 0x0010;
    /** Edge triggered: reset the state when the event was delivered. Fixed when the knote is first added. */
    public static final int EV_CLEAR = 0x0020;
    /** Answer the change with an {@link #EV_ERROR} entry, {@code data} 0 where it was applied. */
    public static final int EV_RECEIPT = 0x0040;
    /** Disable the knote when its event was delivered. Fixed when the knote is first added. */
    public static final int EV_DISPATCH = 0x0080;
    /** Filter-private; on a {@code READ} of macOS: out-of-band data. */
    public static final int EV_FLAG1 = 0x2000;
    /** Output: the entry is the result of a change, {@code data} its errno. */
    public static final int EV_ERROR = 0x4000;
    /** Output: end of file, or the filter's own end. {@code fflags} may carry the error. */
    public static final int EV_EOF = 0x8000;

    private KeventFlags() {
    }
}
