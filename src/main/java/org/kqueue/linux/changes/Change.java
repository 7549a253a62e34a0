package org.kqueue.linux.changes;

import org.kqueue.ChangeList;
import org.kqueue.Filter;
import org.kqueue.KeventFlags;
import org.kqueue.KeventLayout;

/**
 * One change of a list, as fields of {@code struct kevent}. A kqueue has one, which is filled again for each change.
 */
public final class Change {

    private static final int ENABLE_AND_DISABLE = KeventFlags.EV_ENABLE | KeventFlags.EV_DISABLE;

    /** The ident. */
    public long ident;
    /** The filter's number in the ABI. */
    public int filterNumber;
    /** Null for a number that the ABI does not know. */
    public Filter filter;
    /** The {@code EV_} bits. */
    public int flags;
    /** The {@code NOTE_} bits. */
    public int fflags;
    /** The filter's data. */
    public long data;
    /** The udata. */
    public long udata;
    private final int forceOneshot;

    /**
     * Makes an empty change.
     *
     * @param layout the ABI
     */
    public Change(KeventLayout layout) {
        forceOneshot = layout.forceOneshot();
    }

    void read(ChangeList changes, int index) {
        ident = changes.ident(index);
        filterNumber = changes.filterNumber(index);
        filter = changes.layout().filter(filterNumber);
        flags = changes.flags(index);
        fflags = changes.fflags(index);
        data = changes.data(index);
        udata = changes.udata(index);
    }

    /**
     * Whether a flag is set.
     *
     * @param flag one or more flags
     * @return true where any is set
     */
    public boolean has(int flag) {
        return (flags & flag) != 0;
    }

    /**
     * {@code EV_FORCEONESHOT} of FreeBSD: deliver once, now, and remove.
     *
     * @return true where it is set and the ABI has it
     */
    public boolean forcesOneshot() {
        return has(forceOneshot);
    }

    /**
     * Whether its flags contradict each other.
     *
     * @return true with {@code EV_ENABLE} and {@code EV_DISABLE}
     */
    public boolean contradictsItself() {
        return (flags & ENABLE_AND_DISABLE) == ENABLE_AND_DISABLE;
    }
}
