package org.kqueue.linux.readiness;

import static org.kqueue.linux.epoll.EpollCalls.EPOLLERR;
import static org.kqueue.linux.epoll.EpollCalls.EPOLLHUP;
import static org.kqueue.linux.epoll.EpollCalls.EPOLLIN;
import static org.kqueue.linux.epoll.EpollCalls.EPOLLONESHOT;
import static org.kqueue.linux.epoll.EpollCalls.EPOLLOUT;
import static org.kqueue.linux.epoll.EpollCalls.EPOLLRDHUP;

/** What is known of a descriptor, in the bits of an int. Pure functions. */
final class ReadinessState {

    private static final int READ_MASK = EPOLLIN | EPOLLRDHUP;
    /** What makes READ ready, and WRITE. Errors and hang-ups make both ready, and come unasked. */
    static final int READ_READY = EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR;
    static final int WRITE_READY = EPOLLOUT | EPOLLHUP | EPOLLERR;

    // A knote, for READ; the bits for WRITE are HALF further up.
    static final int ADDED = 1;
    static final int DISABLED = 1 << 1;
    static final int DISPATCH = 1 << 2;
    static final int HALF = 3;
    static final int KNOTE = ADDED | DISABLED | DISPATCH;
    static final int BOTH = ADDED | ADDED << HALF;

    /** epoll has the descriptor. */
    static final int IN_EPOLL = 1 << 6;
    // The mask epoll has; none of these once EPOLLONESHOT has silenced it.
    static final int ARMED_READ = 1 << 7;
    static final int ARMED_WRITE = 1 << 8;
    static final int ARMED_ONCE = 1 << 9;
    static final int ARMED = ARMED_READ | ARMED_WRITE | ARMED_ONCE;
    /** Edge triggered for the time being: a socket that is not connected, whose HUP must not spin. */
    static final int PARKED = 1 << 10;
    /**
     * A knote was deleted, or added although it was there: the number may be another file's, so epoll must be told in
     * any case.
     */
    static final int AFRESH = 1 << 11;
    /** With room for one event: READ was delivered last. */
    static final int READ_WAS_LAST = 1 << 12;

    private ReadinessState() {
    }

    static boolean isOn(int knote) {
        return (knote & (ADDED | DISABLED)) == ADDED;
    }

    private static boolean isLevel(int knote) {
        return (knote & KNOTE) == ADDED;
    }

    /** The ARMED bits that the knotes ask for. */
    static int wanted(int state) {
        int mask = (isOn(state) ? ARMED_READ : 0) | (isOn(state >> HALF) ? ARMED_WRITE : 0);
        // An event may silence both if neither is level triggered.
        return mask == 0 || isLevel(state) || isLevel(state >> HALF) ? mask : mask | ARMED_ONCE;
    }

    /** epoll's mask for ARMED bits. */
    static int mask(int armed) {
        return ((armed & ARMED_READ) != 0 ? READ_MASK : 0) | ((armed & ARMED_WRITE) != 0 ? EPOLLOUT : 0)
                | ((armed & ARMED_ONCE) != 0 ? EPOLLONESHOT : 0);
    }
}
