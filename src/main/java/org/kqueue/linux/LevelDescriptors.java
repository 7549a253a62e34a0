package org.kqueue.linux;

import static org.kqueue.linux.EpollLibrary.EPOLLERR;
import static org.kqueue.linux.EpollLibrary.EPOLLET;
import static org.kqueue.linux.EpollLibrary.EPOLLHUP;
import static org.kqueue.linux.EpollLibrary.EPOLLIN;
import static org.kqueue.linux.EpollLibrary.EPOLLONESHOT;
import static org.kqueue.linux.EpollLibrary.EPOLLOUT;
import static org.kqueue.linux.EpollLibrary.EPOLLRDHUP;
import static org.kqueue.linux.EpollLibrary.EPOLL_CTL_ADD;
import static org.kqueue.linux.EpollLibrary.EPOLL_CTL_DEL;
import static org.kqueue.linux.EpollLibrary.EPOLL_CTL_MOD;

import com.sun.jna.Native;
import java.util.Arrays;
import org.kqueue.Errno;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.KeventFlags;

/**
 * Descriptors whose events say readiness only. READ and WRITE share one level-triggered item with the union of their
 * masks; changes of one descriptor that follow each other are one {@code epoll_ctl}, and an event costs no call at all.
 * EV_CLEAR and EV_ONESHOT are refused with EINVAL.
 *
 * <p>Where both filters are ready for each of many descriptors, epoll is asked for half as many events as there is room
 * for, so that both halves fit and epoll's own rotation stays fair. With room for one the halves take turns.
 *
 * <p>What is known of a descriptor lies in arrays, at its number: 16 bytes, and 8 more once any descriptor has a WRITE
 * knote.
 */
final class LevelDescriptors extends Descriptors {

    private static final int READ_MASK = EPOLLIN | EPOLLRDHUP;
    /** What makes READ ready, and WRITE. Errors and hang-ups make both ready, and come unasked. */
    private static final int READ_READY = EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR;
    private static final int WRITE_READY = EPOLLOUT | EPOLLHUP | EPOLLERR;

    // The bits of a knote, for READ; those of WRITE are HALF bits further up.
    private static final int ADDED = 1;
    private static final int DISABLED = 1 << 1;
    private static final int DISPATCH = 1 << 2;
    private static final int RECEIPT = 1 << 3;
    private static final int HALF = 4;
    private static final int KNOTE = ADDED | DISABLED | DISPATCH | RECEIPT;
    private static final int BOTH = ADDED | ADDED << HALF;

    /** epoll has the descriptor. */
    private static final int IN_EPOLL = 1 << 8;
    // The mask epoll has; none of them once EPOLLONESHOT has silenced it.
    private static final int ARMED_READ = 1 << 9;
    private static final int ARMED_WRITE = 1 << 10;
    private static final int ARMED_ONCE = 1 << 11;
    private static final int ARMED = ARMED_READ | ARMED_WRITE | ARMED_ONCE;
    /** Edge triggered for the time being: a fresh socket, whose HUP must not spin. */
    private static final int PARKED = 1 << 12;
    /** With room for one event: READ was delivered last. */
    private static final int READ_WAS_LAST = 1 << 13;

    /**
     * A knote was deleted, or added although it was there: what comes next may be about another file of the same
     * number, so epoll must be told in any case.
     */
    private static final int AFRESH = 1 << 14;

    private static final int NONE = -1;
    private static final int MAX_OUTLIVED = 16;

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
    /**
     * Events of items whose descriptor was closed while another one, in this process or a child, keeps its file open.
     */
    private int outlived;
    /** The descriptor whose mask is not yet told to epoll, or {@link #NONE}. */
    private int changed = NONE;

    LevelDescriptors(int kqfd) {
        super(kqfd);
    }

    @Override
    int change(Memory memory, Change change) {
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

    private void set(int fd, int state) {
        shared += ((state & BOTH) == BOTH ? 1 : 0) - ((states[fd] & BOTH) == BOTH ? 1 : 0);
        states[fd] = state;
    }

    private long token(int fd) {
        return (long) generations[fd] << 32 | fd;
    }

    @Override
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

    /** Descriptor numbers are given out again: what epoll has of the closed one goes with its file. */
    @Override
    void forget(long ident) {
        if (ident >= 0 && ident < states.length) {
            set((int) ident, 0);
        }
    }

    private static boolean isOn(int knote) {
        return (knote & (ADDED | DISABLED)) == ADDED;
    }

    private static boolean isLevel(int knote) {
        return (knote & (ADDED | DISABLED | DISPATCH)) == ADDED;
    }

    /** The ARMED bits that the knotes ask for. */
    private static int wanted(int state) {
        int mask = (isOn(state) ? ARMED_READ : 0) | (isOn(state >> HALF) ? ARMED_WRITE : 0);
        // Both may be silenced by an event if neither is level triggered.
        return mask == 0 || isLevel(state) || isLevel(state >> HALF) ? mask : mask | ARMED_ONCE;
    }

    private static int mask(int armed) {
        return ((armed & ARMED_READ) != 0 ? READ_MASK : 0) | ((armed & ARMED_WRITE) != 0 ? EPOLLOUT : 0)
                | ((armed & ARMED_ONCE) != 0 ? EPOLLONESHOT : 0);
    }

    /** Makes epoll's item what the knotes say. Returns 0 or the errno. */
    private int tell(Memory memory, int fd) {
        int state = states[fd] & ~(PARKED | ARMED | AFRESH);
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
        if (inEpoll && (states[fd] & (ARMED | PARKED | AFRESH)) == wanted) {
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

    @Override
    int ask(int room) {
        return shared > 0 ? Math.max(1, room / 2) : room;
    }

    @Override
    int room(int epollEvents) {
        return shared > 0 ? 2 * epollEvents : epollEvents;
    }

    @Override
    int event(Memory memory, long token, int ready, EventList events, int room, long scan) {
        int fd = (int) token;
        int state = states[fd];
        if ((state & BOTH) == 0 || generations[fd] != (int) (token >>> 32)) {
            outlived++;
            return 0;
        }
        if ((ready & READ_READY & ~EPOLLIN) == EPOLLHUP && isFresh(memory, fd)) {
            park(memory, fd);
            return 0;
        }
        if (room == 0) {
            // A second filter was registered after epoll was asked. Level triggered it comes again; else it must be
            // armed.
            tell(memory, fd);
            return 0;
        }
        boolean read = isOn(state) && (ready & READ_READY) != 0;
        boolean write = isOn(state >> HALF) && (ready & WRITE_READY) != 0;
        if (read && write && room == 1) {
            read = (state & READ_WAS_LAST) == 0;
            write = !read;
            states[fd] = state ^= READ_WAS_LAST;
        }
        int delivered = 0;
        if (read) {
            deliver(events, fd, readFilter, state, (ready & (EPOLLRDHUP | EPOLLHUP)) != 0, readUdata[fd]);
            state |= (state & DISPATCH) != 0 ? DISABLED : 0;
            delivered++;
        }
        if (write) {
            deliver(events, fd, writeFilter, state >> HALF, (ready & EPOLLHUP) != 0, writeUdata[fd]);
            state |= (state >> HALF & DISPATCH) != 0 ? DISABLED << HALF : 0;
            delivered++;
        }
        state &= (state & ARMED_ONCE) != 0 ? ~ARMED : ~0;
        if (state != states[fd]) {
            states[fd] = state;
        }
        if ((state & PARKED) != 0 || (state & ARMED) != wanted(state)) {
            // An error here is that of a descriptor closed against the rules of this mode; its item goes with its file.
            tell(memory, fd);
        }
        return delivered;
    }

    private static void deliver(EventList events, int fd, int filter, int knote, boolean eof, long udata) {
        int flags = (eof ? KeventFlags.EV_EOF : 0) | ((knote & DISPATCH) != 0 ? KeventFlags.EV_DISPATCH : 0)
                | ((knote & RECEIPT) != 0 ? KeventFlags.EV_RECEIPT : 0);
        events.append(fd, filter, flags, 0, 0, udata);
    }

    /**
     * HUP alone: the end of a pipe, a stream socket that is neither connected nor listening, of which kqueue says
     * nothing, or one shut in both directions whose RDHUP was not asked for.
     */
    private static boolean isFresh(Memory memory, int fd) {
        return Descriptor.look(memory, fd) == 0 && (memory.mode() & EpollLibrary.S_IFMT) == EpollLibrary.S_IFSOCK
                && Condition.isFresh(Condition.poll(memory, fd));
    }

    private void park(Memory memory, int fd) {
        int state = states[fd];
        if ((state & PARKED) == 0) {
            int armed = wanted(state) & ~ARMED_ONCE;
            int errno = control(memory, EPOLL_CTL_MOD, fd, mask(armed) | EPOLLET, token(fd));
            states[fd] = state & ~ARMED | armed | (errno == 0 ? PARKED : 0);
        }
    }

    @Override
    boolean isHaunted() {
        boolean haunted = outlived >= MAX_OUTLIVED;
        outlived = haunted ? 0 : outlived;
        return haunted;
    }

    @Override
    boolean copyTo(Memory memory, int epfd) {
        for (int fd = 0; fd < states.length; fd++) {
            int state = states[fd];
            // Those that are silent are told when they are armed again: MOD finds nothing, and ADD follows.
            if ((state & IN_EPOLL) != 0 && (state & ARMED) != 0) {
                int mask = mask(state) | ((state & PARKED) != 0 ? EPOLLET : 0);
                int result = EpollLibrary.epoll_ctl(epfd, EPOLL_CTL_ADD, fd, memory.event(mask, token(fd)));
                if (result != 0 && Native.getLastError() != Errno.EBADF) {
                    return false;
                }
            }
        }
        return true;
    }

    @Override
    int ready(Memory memory) {
        int count = 0;
        for (int fd = 0; fd < states.length; fd++) {
            int state = states[fd];
            int ready = (state & BOTH) == 0 ? 0 : Condition.poll(memory, fd);
            if (ready != 0 && !Condition.isFresh(ready)) {
                count += isOn(state) && (ready & READ_READY) != 0 ? 1 : 0;
                count += isOn(state >> HALF) && (ready & WRITE_READY) != 0 ? 1 : 0;
            }
        }
        return count;
    }
}
