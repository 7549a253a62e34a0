package org.kqueue.linux;

import org.kqueue.ChangeList;
import org.kqueue.Filter;
import org.kqueue.KeventFlags;
import org.kqueue.KeventLayout;

/** One change, read out of its list. One per kqueue, used under its lock. */
final class Change {

    private static final int ENABLE_AND_DISABLE = KeventFlags.EV_ENABLE | KeventFlags.EV_DISABLE;

    private final int forceOneshot;
    long ident;
    int filterNumber;
    /** Null for a number the ABI does not know. */
    Filter filter;
    int flags;
    int fflags;
    long data;
    long udata;

    Change(KeventLayout layout) {
        forceOneshot = layout.forceOneshot();
    }

    Change read(ChangeList changes, int index) {
        ident = changes.ident(index);
        filterNumber = changes.filterNumber(index);
        filter = changes.layout().filter(filterNumber);
        flags = changes.flags(index);
        fflags = changes.fflags(index);
        data = changes.data(index);
        udata = changes.udata(index);
        return this;
    }

    boolean has(int flag) {
        return (flags & flag) != 0;
    }

    /** {@code EV_FORCEONESHOT} of FreeBSD: deliver once, now, and remove. */
    boolean forcesOneshot() {
        return has(forceOneshot);
    }

    boolean contradictsItself() {
        return (flags & ENABLE_AND_DISABLE) == ENABLE_AND_DISABLE;
    }
}
