package org.kqueue.linux.readiness;

import static org.kqueue.linux.epoll.EpollCalls.EPOLLERR;
import static org.kqueue.linux.epoll.EpollCalls.EPOLLHUP;
import static org.kqueue.linux.epoll.EpollCalls.EPOLLIN;
import static org.kqueue.linux.epoll.EpollCalls.EPOLLONESHOT;
import static org.kqueue.linux.epoll.EpollCalls.EPOLLOUT;
import static org.kqueue.linux.epoll.EpollCalls.EPOLLRDHUP;
import static org.kqueue.linux.epoll.EpollCalls.EPOLL_CTL_ADD;
import static org.kqueue.linux.epoll.EpollCalls.EPOLL_CTL_DEL;
import static org.kqueue.linux.epoll.EpollCalls.EPOLL_CTL_MOD;

import java.util.Arrays;
import org.kqueue.Errno;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.KeventFlags;
import org.kqueue.KeventLayout;
import org.kqueue.linux.changes.Change;
import org.kqueue.linux.changes.Changes;
import org.kqueue.linux.epoll.EpollInstance;

/**
 * The knotes of a {@link ReadinessKqueue}, what epoll has been told of them, and their events. One {@code int} for a
 * descriptor, at its number. Changes of one descriptor that follow each other are one {@code epoll_ctl}. EV_CLEAR and
 * EV_ONESHOT are refused with EINVAL. Used by one call at a time.
 *
 * <p>A stream socket that is neither connected nor listening is ready for both, with EV_EOF, as epoll reports it; a BSD
 * reports nothing. Linux does not report that an AF_UNIX client was connected, so an event that was left out before
 * could not be made then.
 *
 * <p>A descriptor with both filters can have two events, so as long as one has both, epoll is asked for half as many
 * events as there is room for: both fit, and epoll's own rotation stays fair. With room for one the filters take turns.
 */
final class ReadinessKnotes implements Changes.Knotes {

    private static final int READ_MASK = EPOLLIN | EPOLLRDHUP;
    /** What makes READ ready, and WRITE. Errors and hang-ups make both ready, and come unasked. */
    private static final int READ_READY = EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR;
    private static final int WRITE_READY = EPOLLOUT | EPOLLHUP | EPOLLERR;

    // A knote, for READ; the bits for WRITE are HALF further up.
    private static final int ADDED = 1;
    private static final int DISABLED = 1 << 1;
    private static final int DISPATCH = 1 << 2;
    private static final int HALF = 3;
    private static final int KNOTE = ADDED | DISABLED | DISPATCH;
    private static final int BOTH = ADDED | ADDED << HALF;

    /** epoll has the descriptor. */
    private static final int IN_EPOLL = 1 << 6;
    // The mask epoll has; none of these once EPOLLONESHOT has silenced it.
    private static final int ARMED_READ = 1 << 7;
    private static final int ARMED_WRITE = 1 << 8;
    private static final int ARMED_ONCE = 1 << 9;
    private static final int ARMED = ARMED_READ | ARMED_WRITE | ARMED_ONCE;
    /**
     * A knote was deleted, or added although it was there: the number may be another file's, so epoll must be told in
     * any case.
     */
    private static final int AFRESH = 1 << 10;
    /** With room for one event: READ was delivered last. */
    private static final int READ_WAS_LAST = 1 << 11;

    private static final int NONE = -1;
    private static final int POLLNVAL = 0x20;
    /** The epoll instance is replaced after this many events of items that cannot be taken out. */
    private static final int MOST_STRAYS = 16;

    private final EpollInstance epoll;
    private final int readFilter;
    private final int writeFilter;
    private int[] states = {};
    /** Descriptors with both filters. */
    private int shared;
    /** The descriptor whose changes epoll has not been told yet, or {@link #NONE}. */
    private int changed = NONE;
    private int strays;

    ReadinessKnotes(EpollInstance epoll, KeventLayout layout) {
        this.epoll = epoll;
        readFilter = layout.number(Filter.EVFILT_READ);
        writeFilter = layout.number(Filter.EVFILT_WRITE);
    }

    /** How many events to ask epoll for, where there is room for {@code room} kevents. */
    int ask(int room) {
        return shared > 0 && room > 1 ? room / 2 : room;
    }

    @Override
    public int change(Change change) {
        boolean read = change.filter == Filter.EVFILT_READ;
        if (!read && change.filter != Filter.EVFILT_WRITE || change.contradictsItself()) {
            return Errno.EINVAL;
        }
        if (change.ident < 0 || change.ident >= Integer.MAX_VALUE) {
            return Errno.EBADF;
        }
        int fd = (int) change.ident;
        int shift = read ? 0 : HALF;
        int state = state(fd);
        boolean known = (state >> shift & ADDED) != 0;
        if (!known && !change.has(KeventFlags.EV_ADD)) {
            return Errno.ENOENT;
        }
        if (!known && change.has(KeventFlags.EV_CLEAR | KeventFlags.EV_ONESHOT)) {
            return Errno.EINVAL;
        }
        if (fd >= states.length) {
            if ((epoll.poll(fd, 0) & POLLNVAL) != 0) {
                return Errno.EBADF;
            }
            reserve(fd);
        }
        int knote;
        if (!known) {
            knote = ADDED | (change.has(KeventFlags.EV_DISABLE) ? DISABLED : 0)
                    | (change.has(KeventFlags.EV_DISPATCH) ? DISPATCH : 0);
        } else if (change.has(KeventFlags.EV_DELETE)) {
            knote = 0;
            state |= AFRESH;
        } else {
            state |= change.has(KeventFlags.EV_ADD) ? AFRESH : 0;
            knote = state >> shift & KNOTE;
            knote = change.has(KeventFlags.EV_ENABLE) ? knote & ~DISABLED
                    : change.has(KeventFlags.EV_DISABLE) ? knote | DISABLED : knote;
        }
        set(fd, state & ~(KNOTE << shift) | knote << shift);
        changed = fd;
        return 0;
    }

    /** Grows the array. Only for an open descriptor: a number that the program made up could take all memory. */
    private void reserve(int fd) {
        states = Arrays.copyOf(states, (int) Math.min(Integer.MAX_VALUE - 8L, fd + (fd >> 2) + 64L));
    }

    private int state(int fd) {
        return fd < states.length ? states[fd] : 0;
    }

    private void set(int fd, int state) {
        shared += ((state & BOTH) == BOTH ? 1 : 0) - ((states[fd] & BOTH) == BOTH ? 1 : 0);
        states[fd] = state;
    }

    @Override
    public int flush() {
        int fd = changed;
        if (fd == NONE) {
            return 0;
        }
        changed = NONE;
        int errno = tell(fd);
        if (errno != 0) {
            set(fd, 0);
        }
        return errno;
    }

    /** A descriptor is about to be closed. Returns 0 or the errno. */
    int forget(long ident) {
        if (ident < 0 || ident >= states.length) {
            return 0;
        }
        int fd = (int) ident;
        boolean inEpoll = (states[fd] & IN_EPOLL) != 0;
        set(fd, 0);
        // The close does not do it where a duplicate of the descriptor stays open.
        return inEpoll ? epoll.ctl(EPOLL_CTL_DEL, fd, 0) : 0;
    }

    /** Makes epoll's item match the knotes. Returns 0 or the errno. */
    private int tell(int fd) {
        int state = states[fd] & ~(ARMED | AFRESH);
        int wanted = wanted(state);
        boolean inEpoll = (state & IN_EPOLL) != 0;
        if (wanted == 0) {
            boolean silent = (states[fd] & (ARMED | AFRESH)) == 0 && (state & BOTH) != 0;
            if (!inEpoll || silent) {
                return 0;
            }
            // HUP and ERR cannot be masked, so an item that waits for nothing is taken out.
            set(fd, (state & BOTH) == 0 ? 0 : state & ~IN_EPOLL);
            return epoll.ctl(EPOLL_CTL_DEL, fd, 0);
        }
        if (inEpoll && (states[fd] & (ARMED | AFRESH)) == wanted) {
            return 0;
        }
        int mask = mask(wanted);
        int errno = epoll.ctl(inEpoll ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, mask);
        if (errno == Errno.ENOENT && inEpoll) {
            // The descriptor was closed and its number has been given out again.
            errno = epoll.ctl(EPOLL_CTL_ADD, fd, mask);
        } else if (errno == Errno.EEXIST) {
            errno = epoll.ctl(EPOLL_CTL_MOD, fd, mask);
        }
        set(fd, errno == 0 ? state | IN_EPOLL | wanted : state & ~IN_EPOLL);
        return errno;
    }

    /**
     * Turns epoll's event into kevents.
     *
     * @param ready epoll's bits
     * @param events with room for one event, and for two where it has room for more than one and a descriptor has both
     *     filters
     */
    void deliver(int fd, int ready, EventList events) {
        int state = state(fd);
        if ((state & BOTH) == 0) {
            stray(fd);
            return;
        }
        boolean read = isOn(state) && (ready & READ_READY) != 0;
        boolean write = isOn(state >> HALF) && (ready & WRITE_READY) != 0;
        if (read && write && events.capacity() - events.size() == 1) {
            state ^= READ_WAS_LAST;
            read = (state & READ_WAS_LAST) != 0;
            write = !read;
        }
        int silenced = 0;
        if (read) {
            append(events, fd, readFilter, state, ready & (EPOLLRDHUP | EPOLLHUP), ready);
            silenced = (state & DISPATCH) != 0 ? DISABLED : 0;
        }
        if (write) {
            append(events, fd, writeFilter, state >> HALF, ready & EPOLLHUP, ready);
            silenced |= (state >> HALF & DISPATCH) != 0 ? DISABLED << HALF : 0;
        }
        states[fd] = (state | silenced) & ((state & ARMED_ONCE) != 0 ? ~ARMED : ~0);
        if ((states[fd] & ARMED) != wanted(states[fd])) {
            // Fails only for a descriptor that was closed without forget: its item goes with its file.
            tell(fd);
        }
    }

    private static void append(EventList events, int fd, int filter, int knote, int ends, int ready) {
        // To ask for the error would take it from the socket, and from the operation that is to throw it.
        int error = ends != 0 && (ready & EPOLLERR) != 0 ? Errno.EIO : 0;
        events.append(fd, filter, (ends != 0 ? KeventFlags.EV_EOF : 0)
                | ((knote & DISPATCH) != 0 ? KeventFlags.EV_DISPATCH : 0), error, 0, 0);
    }

    /**
     * epoll reports a descriptor that has no knote: it was closed without {@link #forget}, and its file is open under
     * another number or in another process.
     */
    private void stray(int fd) {
        if (epoll.ctl(EPOLL_CTL_DEL, fd, 0) != 0 && ++strays == MOST_STRAYS) {
            strays = 0;
            epoll.renew(items());
        }
    }

    /** The items that can have events. The others are added when they are armed again, as MOD finds nothing then. */
    private int[] items() {
        int[] items = new int[states.length];
        for (int fd = 0; fd < items.length; fd++) {
            items[fd] = mask(states[fd]);
        }
        return items;
    }

    private static boolean isOn(int knote) {
        return (knote & (ADDED | DISABLED)) == ADDED;
    }

    private static boolean isLevel(int knote) {
        return (knote & KNOTE) == ADDED;
    }

    /** The ARMED bits that the knotes ask for. */
    private static int wanted(int state) {
        int mask = (isOn(state) ? ARMED_READ : 0) | (isOn(state >> HALF) ? ARMED_WRITE : 0);
        // An event may silence both if neither is level triggered.
        return mask == 0 || isLevel(state) || isLevel(state >> HALF) ? mask : mask | ARMED_ONCE;
    }

    /** epoll's mask for ARMED bits. */
    private static int mask(int armed) {
        return ((armed & ARMED_READ) != 0 ? READ_MASK : 0) | ((armed & ARMED_WRITE) != 0 ? EPOLLOUT : 0)
                | ((armed & ARMED_ONCE) != 0 ? EPOLLONESHOT : 0);
    }
}
