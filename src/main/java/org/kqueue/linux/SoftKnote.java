package org.kqueue.linux;

/** A knote that epoll knows nothing of: it is activated by the program or by another facility. Guarded by the kqueue's lock. */
abstract class SoftKnote extends Knote {

    /** Links of the {@link SoftQueue}. */
    SoftKnote previous;
    SoftKnote next;
    boolean queued;

    SoftKnote(Change change) {
        super(change);
    }

    /** Whether it is ready; if so, sets what the event says. */
    abstract boolean evaluate();

    /** Its event was delivered: EV_CLEAR resets it. */
    abstract void delivered();
}
