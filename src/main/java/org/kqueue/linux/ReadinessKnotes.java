package org.kqueue.linux;

import static org.kqueue.linux.EpollLibrary.EPOLLET;
import static org.kqueue.linux.EpollLibrary.EPOLLHUP;
import static org.kqueue.linux.EpollLibrary.EPOLLRDHUP;
import static org.kqueue.linux.EpollLibrary.EPOLL_CTL_ADD;
import static org.kqueue.linux.EpollLibrary.EPOLL_CTL_DEL;
import static org.kqueue.linux.EpollLibrary.EPOLL_CTL_MOD;
import static org.kqueue.linux.ReadinessState.ADDED;
import static org.kqueue.linux.ReadinessState.AFRESH;
import static org.kqueue.linux.ReadinessState.ARMED;
import static org.kqueue.linux.ReadinessState.ARMED_ONCE;
import static org.kqueue.linux.ReadinessState.BOTH;
import static org.kqueue.linux.ReadinessState.DISABLED;
import static org.kqueue.linux.ReadinessState.DISPATCH;
import static org.kqueue.linux.ReadinessState.EDGE;
import static org.kqueue.linux.ReadinessState.HALF;
import static org.kqueue.linux.ReadinessState.IN_EPOLL;
import static org.kqueue.linux.ReadinessState.KNOTE;
import static org.kqueue.linux.ReadinessState.LISTED;
import static org.kqueue.linux.ReadinessState.PARKED;
import static org.kqueue.linux.ReadinessState.RECEIPT;
import static org.kqueue.linux.ReadinessState.mask;
import static org.kqueue.linux.ReadinessState.wanted;

import com.sun.jna.Native;
import java.util.Arrays;
import org.kqueue.Errno;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.KeventFlags;

/**
 * The knotes of a {@link ReadinessKqueue} and what epoll has been told of them. READ and WRITE share one
 * level-triggered item with the union of their masks, and changes of one descriptor that follow each other are one
 * {@code epoll_ctl}. EV_CLEAR and EV_ONESHOT are refused with EINVAL.
 *
 * <p>What is known of a descriptor lies in arrays, at its number: 16 bytes, and 8 more once any descriptor has a WRITE
 * knote. Used by one call at a time.
 */
final class ReadinessKnotes implements EpollKqueue.Items {

    private static final int NONE = -1;

    private final int kqfd;
    private int[] states = new int[64];
    /**
     * epoll's user data is generation and number, so that an item that outlives its registration is told from the next.
     */
    private int[] generations = new int[64];
    private long[] readUdata = new long[64];
    /** Empty until there is a WRITE knote. */
    private long[] writeUdata = {};
    private int readFilter;
    private int writeFilter;
    /** Descriptors with both filters. */
    private int shared;
    /** Descriptors that epoll may report. */
    private int armed;
    /** The descriptor whose mask is not yet told to epoll, or {@link #NONE}. */
    private int changed = NONE;

    ReadinessKnotes(int kqfd) {
        this.kqfd = kqfd;
    }

    /** Applies a change; epoll is told by {@link #flush}. Returns 0 or the errno. */
    int change(Change change) {
        if (change.ident < 0 || change.ident >= Integer.MAX_VALUE) {
            return Errno.EBADF;
        }
        int fd = (int) change.ident;
        boolean read = change.filter == Filter.EVFILT_READ;
        int shift = read ? 0 : HALF;
        int state = fd < states.length ? states[fd] : 0;
        boolean known = (state >> shift & ADDED) != 0;
        if (!known && !change.has(KeventFlags.EV_ADD)) {
            return Errno.ENOENT;
        }
        if (!known && change.has(KeventFlags.EV_CLEAR | KeventFlags.EV_ONESHOT)) {
            return Errno.EINVAL;
        }
        reserve(fd, read);
        int knote;
        if (!known) {
            readFilter = read ? change.filterNumber : readFilter;
            writeFilter = read ? writeFilter : change.filterNumber;
            generations[fd] = (state & BOTH) == 0 ? nextGeneration(fd) : generations[fd];
            knote = ADDED | (change.has(KeventFlags.EV_DISABLE) ? DISABLED : 0)
                    | (change.has(KeventFlags.EV_DISPATCH) ? DISPATCH : 0)
                    | (change.has(KeventFlags.EV_RECEIPT) ? RECEIPT : 0);
        } else if (change.has(KeventFlags.EV_DELETE)) {
            knote = 0;
            state |= AFRESH;
        } else {
            state |= change.has(KeventFlags.EV_ADD) ? AFRESH : 0;
            knote = state >> shift & KNOTE;
            knote = change.has(KeventFlags.EV_ENABLE) ? knote & ~DISABLED
                    : change.has(KeventFlags.EV_DISABLE) ? knote | DISABLED : knote;
        }
        (read ? readUdata : writeUdata)[fd] = change.udata;
        set(fd, state & ~(KNOTE << shift) | knote << shift);
        changed = fd;
        return 0;
    }

    /** Not 0, and not negative: those tokens are the kqueue's own. */
    private int nextGeneration(int fd) {
        int next = generations[fd] + 1 & Integer.MAX_VALUE;
        return next == 0 ? 1 : next;
    }

    private void reserve(int fd, boolean read) {
        if (fd >= states.length) {
            int length = (int) Math.min(Integer.MAX_VALUE - 8L, fd + (fd >> 2) + 64L);
            states = Arrays.copyOf(states, length);
            generations = Arrays.copyOf(generations, length);
            readUdata = Arrays.copyOf(readUdata, length);
        }
        if (!read && fd >= writeUdata.length) {
            writeUdata = Arrays.copyOf(writeUdata, states.length);
        }
    }

    int state(int fd) {
        return states[fd];
    }

    void set(int fd, int state) {
        int before = states[fd];
        shared += ((state & BOTH) == BOTH ? 1 : 0) - ((before & BOTH) == BOTH ? 1 : 0);
        armed += ((state & ARMED) != 0 ? 1 : 0) - ((before & ARMED) != 0 ? 1 : 0);
        states[fd] = state;
    }

    int generation(int fd) {
        return generations[fd];
    }

    /** Whether a token is that of a descriptor's present registration. */
    boolean isCurrent(long token) {
        int fd = (int) token;
        return (states[fd] & BOTH) != 0 && generations[fd] == (int) (token >>> 32);
    }

    /** Whether any descriptor has both filters. */
    boolean isAnyShared() {
        return shared > 0;
    }

    /** The number of descriptors that epoll may report. */
    int armed() {
        return armed;
    }

    private long token(int fd) {
        return (long) generations[fd] << 32 | fd;
    }

    /** As {@link EpollKqueue#flush}. */
    int flush(Memory memory, long next) {
        int fd = changed;
        if (fd == NONE || fd == next) {
            return 0;
        }
        changed = NONE;
        int errno = tell(memory, fd);
        if (errno != 0) {
            set(fd, 0);
        }
        return errno;
    }

    /** A descriptor is about to be closed. */
    void forget(Memory memory, long ident) {
        if (ident >= 0 && ident < states.length && states[(int) ident] != 0) {
            if ((states[(int) ident] & IN_EPOLL) != 0) {
                // ENOENT, EBADF: the descriptor was replaced or closed already, and the item went with its file.
                control(memory, EPOLL_CTL_DEL, (int) ident, 0, 0);
            }
            set((int) ident, 0);
        }
    }

    /** Makes epoll's item what the knotes say. Returns 0 or the errno. */
    int tell(Memory memory, int fd) {
        int state = states[fd] & ~(PARKED | ARMED | AFRESH | EDGE | LISTED);
        int wanted = wanted(state);
        boolean inEpoll = (state & IN_EPOLL) != 0;
        if (wanted == 0) {
            boolean silent = (states[fd] & (ARMED | AFRESH)) == 0 && (state & BOTH) != 0;
            if (!inEpoll || silent) {
                return 0;
            }
            // HUP and ERR cannot be masked, so an item that waits for nothing is taken out.
            set(fd, (state & BOTH) == 0 ? 0 : state & ~IN_EPOLL);
            return control(memory, EPOLL_CTL_DEL, fd, 0, 0);
        }
        if (inEpoll && (states[fd] & (ARMED | PARKED | AFRESH | EDGE)) == wanted) {
            return 0;
        }
        int mask = mask(wanted);
        int errno = control(memory, inEpoll ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, mask, token(fd));
        if (errno == Errno.ENOENT && inEpoll) {
            // The descriptor was closed and its number has been given out again.
            errno = control(memory, EPOLL_CTL_ADD, fd, mask, token(fd));
        } else if (errno == Linux.EEXIST) {
            errno = control(memory, EPOLL_CTL_MOD, fd, mask, token(fd));
        }
        set(fd, errno == 0 ? state | IN_EPOLL | wanted : state & ~IN_EPOLL);
        return errno;
    }

    /** {@code epoll_ctl} on the kqueue. Returns 0 or the errno. */
    private int control(Memory memory, int operation, int fd, int mask, long token) {
        return EpollLibrary.epoll_ctl(kqfd, operation, fd, memory.event(mask, token)) == 0 ? 0 : Native.getLastError();
    }

    /** Makes the item edge triggered, so that epoll reports it when it becomes ready and not as long as it is. */
    boolean makeEdge(Memory memory, int fd) {
        if (control(memory, EPOLL_CTL_MOD, fd, mask(states[fd]) | EPOLLET, token(fd)) != 0) {
            return false;
        }
        states[fd] |= EDGE;
        return true;
    }

    /** Makes the item edge triggered because what it reports is nothing, and would be reported for ever. */
    void park(Memory memory, int fd) {
        int state = states[fd];
        if ((state & PARKED) == 0) {
            int bits = wanted(state) & ~ARMED_ONCE;
            int errno = control(memory, EPOLL_CTL_MOD, fd, mask(bits) | EPOLLET, token(fd));
            set(fd, state & ~(ARMED | EDGE) | bits | (errno == 0 ? PARKED : 0));
        }
    }

    /** Appends the events of a descriptor. */
    void deliver(EventList events, int fd, int state, int ready, boolean read, boolean write) {
        if (read) {
            append(events, fd, readFilter, state, (ready & (EPOLLRDHUP | EPOLLHUP)) != 0, readUdata[fd]);
        }
        if (write) {
            append(events, fd, writeFilter, state >> HALF, (ready & EPOLLHUP) != 0, writeUdata[fd]);
        }
    }

    private static void append(EventList events, int fd, int filter, int knote, boolean eof, long udata) {
        int flags = (eof ? KeventFlags.EV_EOF : 0) | ((knote & DISPATCH) != 0 ? KeventFlags.EV_DISPATCH : 0)
                | ((knote & RECEIPT) != 0 ? KeventFlags.EV_RECEIPT : 0);
        events.append(fd, filter, flags, 0, 0, udata);
    }

    @Override
    public boolean copyTo(Memory memory, int epfd) {
        for (int fd = 0; fd < states.length; fd++) {
            int state = states[fd];
            // Those that are silent are told when they are armed again: MOD finds nothing, and ADD follows.
            if ((state & IN_EPOLL) != 0 && (state & ARMED) != 0) {
                int mask = mask(state) | ((state & (PARKED | EDGE)) != 0 ? EPOLLET : 0);
                int result = EpollLibrary.epoll_ctl(epfd, EPOLL_CTL_ADD, fd, memory.event(mask, token(fd)));
                if (result != 0 && Native.getLastError() != Errno.EBADF) {
                    return false;
                }
            }
        }
        return true;
    }
}
