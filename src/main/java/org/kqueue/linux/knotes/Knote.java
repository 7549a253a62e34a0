package org.kqueue.linux.knotes;

import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.KeventFlags;
import org.kqueue.linux.changes.Change;

/** One registration: a filter on an ident. All fields and methods are guarded by the kqueue's lock. */
abstract class Knote {

    /** Flags that are fixed when the knote is made, and shown in each of its events. */
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
    /** Whether it is in the {@link KnoteQueue}. */
    boolean queued;
    /** Whether it was evaluated and found ready while queued. */
    boolean proven;

    /** What the next event says, set when the knote is evaluated. */
    int eventFlags;
    int eventFflags;
    long eventData;

    /** The scan that last delivered it. */
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

    /** Starts watching. Returns 0 or the errno; after an error {@link #detach} is not called. */
    int attach() {
        return 0;
    }

    /** A change of the knote, after {@link #modify}. Returns 0 or the errno. */
    int touch(Change change) {
        sfflags = change.fflags;
        sdata = change.data;
        return 0;
    }

    /** Stops watching. */
    void detach() {
    }

    /** Called before a queued knote is evaluated for delivery: reads what has happened and is not known yet. */
    void refresh() {
    }

    /** Whether it is ready; if so, sets what the event says. */
    abstract boolean evaluate();

    /** Its event was delivered: EV_CLEAR resets it. */
    void delivered() {
    }

    /** Says whether the queue must be told when it becomes ready: not while it is disabled or queued. */
    void waiting(boolean isWaiting) {
    }

    /** Whether the descriptor it is about was closed. */
    boolean isGone() {
        return false;
    }

    /** Whether epoll reports it after each change that makes it ready. */
    boolean isToldByEpoll() {
        return false;
    }
}
