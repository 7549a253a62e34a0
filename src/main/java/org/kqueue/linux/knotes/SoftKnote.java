package org.kqueue.linux.knotes;

import org.kqueue.linux.changes.Change;

/**
 * A knote that epoll knows nothing of: it is activated by the program or by one of the kqueue's sources. Guarded by the
 * kqueue's lock.
 */
abstract class SoftKnote extends Knote {

    /** Links of the {@link SoftQueue}. */
    SoftKnote previous;
    SoftKnote next;
    boolean queued;

    SoftKnote(Change change) {
        super(change);
    }

    /** Begins to watch. Returns 0 or the errno; after an error {@link #detach} is not called. */
    int attach() {
        return 0;
    }

    /** A change of the knote, after {@link #modify}. Returns 0 or the errno. */
    int touch(Change change) {
        sfflags = change.fflags;
        sdata = change.data;
        return 0;
    }

    /** Ends to watch. */
    void detach() {
    }

    /** About to be delivered, and still queued: learns what has happened and was not yet told. */
    void refresh() {
    }

    /** Whether it is ready; if so, sets what the event says. */
    abstract boolean evaluate();

    /** Its event was delivered: EV_CLEAR resets it. */
    void delivered() {
    }

    /** Whether anything can make it ready that must be told to the queue: not while it is disabled or queued. */
    void waiting(boolean isWaiting) {
    }

    /** Whether the descriptor it is about was closed. */
    boolean isGone() {
        return false;
    }
}
