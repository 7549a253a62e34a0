package org.kqueue.linux.knotes;

/** A descriptor of the kqueue's own, edge triggered in its epoll instance, whose events activate soft knotes. */
interface Source {

    /** Its event has come: activates knotes in the soft queue. Under the kqueue's lock. */
    void ready();
}
