package org.kqueue.linux.knotes;

import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.KeventFlags;
import org.kqueue.linux.changes.Change;

/** One registration: a filter on an ident. All fields are guarded by the kqueue's lock. */
abstract class Knote {

    /** What is fixed when the knote is made and shown in each of its events. */
    private static final int KIND = KeventFlags.EV_ONESHOT | KeventFlags.EV_CLEAR | KeventFlags.EV_DISPATCH
            | KeventFlags.EV_RECEIPT;

    final Filter filter;
    final int filterNumber;
    final long ident;
    /** {@link #KIND} flags. */
    int flags;
    /** The fflags and data the program gave. */
    int sfflags;
    long sdata;
    long udata;
    boolean disabled;
    /** EV_FORCEONESHOT: is delivered whatever its condition. */
    boolean forced;

    /** What the next event says, set when the knote is evaluated. */
    int eventFlags;
    int eventFflags;
    long eventData;

    /**
     * The scan that last delivered it: one scan delivers a knote once, however often it gets to the head of the queue.
     */
    long deliveredBy;

    Knote(Change change) {
        filter = change.filter;
        filterNumber = change.filterNumber;
        ident = change.ident;
        flags = change.flags & KIND;
        sfflags = change.fflags;
        sdata = change.data;
        udata = change.udata;
        disabled = change.has(KeventFlags.EV_DISABLE);
    }

    final boolean has(int flag) {
        return (flags & flag) != 0;
    }

    /** What every change of an existing knote does, whatever its filter. */
    final void modify(Change change) {
        udata = change.udata;
        if (change.forcesOneshot()) {
            flags |= KeventFlags.EV_ONESHOT;
            forced = true;
        }
        if (change.has(KeventFlags.EV_ENABLE)) {
            disabled = false;
        } else if (change.has(KeventFlags.EV_DISABLE)) {
            disabled = true;
        }
    }

    final void deliver(EventList events, long scan) {
        deliveredBy = scan;
        events.append(ident, filterNumber, flags | eventFlags, eventFflags, eventData, udata);
    }
}
