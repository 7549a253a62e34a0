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
 * The knotes of a {@link ReadinessKqueue}. READ and WRITE share one level-triggered item with the union of their masks;
 * changes of one descriptor that follow each other are one {@code epoll_ctl}, and an event costs no call at all. EV_CLEAR
 * and EV_ONESHOT are refused with EINVAL.
 *
 * <p>A descriptor that is ready scan after scan, because nobody reads what it has, goes to the {@link PollList}: epoll
 * takes twice as long to report it again as {@code poll} to look at it. Its item becomes edge triggered then, so that
 * epoll tells of it only when it becomes ready again after {@code poll} has found that it was not.
 *
 * <p>Where both filters are ready for each of many descriptors, epoll is asked for half as many events as there is room
 * for, so that both halves fit and epoll's own rotation stays fair. With room for one the halves take turns.
 *
 * <p>What is known of a descriptor lies in arrays, at its number: 20 bytes, and 8 more once any descriptor has a WRITE
 * knote. Guarded by the kqueue's lock.
 */
final class ReadinessKnotes implements EpollKqueue.Items {

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

    /** Edge triggered because its readiness is asked by poll; and whether it is in the list now. */
    private static final int EDGE = 1 << 15;
    private static final int LISTED = 1 << 16;

    private static final int NONE = -1;
    private static final int MAX_OUTLIVED = 16;

    /** How many scans in a row a descriptor must have been ready to be asked by poll, and how many such there must be. */
    private static final int LONG_READY = 8;
    private static final int ENOUGH = 8;
    /** A history is the number of the last scan that has delivered the descriptor, and of those in a row before it. */
    private static final int STREAK_BITS = 4;
    private static final int MAX_STREAK = (1 << STREAK_BITS) - 1;

    private final int kqfd;
    private final PollList pollList = new PollList();

    private int[] states = new int[64];
    /**
     * epoll's user data is generation and number, so that an item that outlives its registration is told from the next.
     */
    private int[] generations = new int[64];
    private int[] histories = new int[64];
    private long[] readUdata = new long[64];
    /** Empty until there is a WRITE knote. */
    private long[] writeUdata = {};
    private int readFilter;
    private int writeFilter;
    /** Descriptors with both filters. */
    private int shared;
    /** Descriptors that epoll may report. */
    private int armed;
    /** The number of the scan under way, without the bits that a history has no room for. */
    private int scan;
    /** Descriptors that this scan has found long ready. */
    private int longReady;
    /**
     * Events of items whose descriptor was closed while another one, in this process or a child, keeps its file open.
     */
    private int outlived;
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
            histories = Arrays.copyOf(histories, length);
            readUdata = Arrays.copyOf(readUdata, length);
        }
        if (!read && fd >= writeUdata.length) {
            writeUdata = Arrays.copyOf(writeUdata, states.length);
        }
    }

    private void set(int fd, int state) {
        int before = states[fd];
        shared += ((state & BOTH) == BOTH ? 1 : 0) - ((before & BOTH) == BOTH ? 1 : 0);
        armed += ((state & ARMED) != 0 ? 1 : 0) - ((before & ARMED) != 0 ? 1 : 0);
        states[fd] = state;
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

    /** A descriptor is about to be closed. What epoll has of it goes with its file. */
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

    /** How many events to ask epoll for, where there is room for {@code room} kevents. */
    int ask(int room) {
        return shared > 0 && room > 1 ? room / 2 : room;
    }

    /**
     * Asks the descriptors that are long ready whether they still are.
     *
     * @param asked the number of events that epoll would be asked for, were there none of these
     * @return whether these are all, and epoll has nothing to add
     */
    boolean beginScan(Memory memory, EventList events, int asked) {
        scan = scan + 1 & -1 >>> STREAK_BITS;
        longReady = 0;
        int size = pollList.size();
        if (size == 0) {
            return false;
        }
        if (2 * size > asked || SelectCalls.poll(pollList.address(), size) < 0) {
            // With little room only epoll is fair to all.
            for (int i = 0; i < size; i++) {
                if (isListed(i)) {
                    tell(memory, pollList.fd(i));
                }
            }
            pollList.shrink(0);
            return false;
        }
        int kept = 0;
        for (int i = 0; i < size; i++) {
            int revents = pollList.revents(i);
            if (isListed(i) && deliverListed(memory, events, pollList.fd(i), revents, size)) {
                pollList.move(i, kept++);
            }
        }
        pollList.shrink(kept);
        return kept > 0 && kept == armed;
    }

    /** Whether an entry of the list is still about the registration that it was made for. */
    private boolean isListed(int index) {
        int fd = pollList.fd(index);
        return (states[fd] & LISTED) != 0 && generations[fd] == pollList.generation(index);
    }

    /** Returns whether the descriptor stays in the list: whether it is ready. */
    private boolean deliverListed(Memory memory, EventList events, int fd, int revents, int size) {
        int state = states[fd];
        boolean odd = (revents & EpollLibrary.POLLNVAL) != 0
                || (revents & (EPOLLHUP | EPOLLRDHUP | EPOLLERR)) == EPOLLHUP;
        if (revents != 0 && !odd) {
            deliver(events, fd, state, revents, (state & ARMED_READ) != 0 && (revents & READ_READY) != 0,
                    (state & ARMED_WRITE) != 0 && (revents & WRITE_READY) != 0);
            return true;
        }
        states[fd] = state & ~LISTED;
        if (odd || size < ENOUGH) {
            // Nothing that is worth a call of its own in every scan: epoll's again.
            tell(memory, fd);
        }
        return false;
    }

    /**
     * Turns epoll's event into kevents.
     *
     * @param index of the event
     * @return whether any was appended, or will be by the next scan
     */
    boolean event(Memory memory, int index, long token, EventList events, int capacity) {
        int fd = (int) token;
        int ready = memory.events(index);
        int state = states[fd];
        if ((state & BOTH) == 0 || generations[fd] != (int) (token >>> 32)) {
            outlived++;
            return false;
        }
        if ((state & LISTED) != 0) {
            // Delivered already by this scan.
            return true;
        }
        if ((ready & READ_READY & ~EPOLLIN) == EPOLLHUP && isFresh(memory, fd)) {
            park(memory, fd);
            return false;
        }
        int room = capacity - events.size();
        if (room == 0) {
            // A second filter was registered after epoll was asked. Level triggered it comes again; else it must be
            // armed.
            tell(memory, fd);
            return false;
        }
        boolean read = isOn(state) && (ready & READ_READY) != 0;
        boolean write = isOn(state >> HALF) && (ready & WRITE_READY) != 0;
        if (read && write && room == 1) {
            read = (state & READ_WAS_LAST) == 0;
            write = !read;
            state ^= READ_WAS_LAST;
        }
        deliver(events, fd, state, ready, read, write);
        if ((state & (EDGE | PARKED | DISPATCH | DISPATCH << HALF)) == 0) {
            remember(fd);
        } else {
            state = delivered(memory, fd, state, read, write);
        }
        if (state != states[fd]) {
            set(fd, state);
        }
        if ((state & PARKED) != 0 || (state & ARMED) != wanted(state)) {
            // An error here is that of a descriptor closed against the rules of this mode; its item goes with its file.
            tell(memory, fd);
        }
        return read || write;
    }

    /** What a delivery makes of a descriptor that is not plainly level triggered. */
    private int delivered(Memory memory, int fd, int state, boolean read, boolean write) {
        if ((state & EDGE) != 0) {
            pollList.add(fd, generations[fd], mask(state));
            return state | LISTED;
        }
        int silenced = read && (state & DISPATCH) != 0 ? DISABLED : 0;
        silenced |= write && (state >> HALF & DISPATCH) != 0 ? DISABLED << HALF : 0;
        return (state | silenced) & ((state & ARMED_ONCE) != 0 ? ~ARMED : ~0);
    }

    /** Counts how often in a row a level-triggered descriptor was ready. */
    private void remember(int fd) {
        int before = histories[fd];
        int last = scan - 1 & -1 >>> STREAK_BITS;
        int streak = before >>> STREAK_BITS == last ? Math.min((before & MAX_STREAK) + 1, MAX_STREAK) : 0;
        histories[fd] = scan << STREAK_BITS | streak;
        longReady += streak >= LONG_READY ? 1 : 0;
    }

    /** A scan's events have all been turned into kevents: it is time to see which of them come for ever. */
    void endScan(Memory memory, int n, int asked) {
        int listed = longReady + pollList.size();
        if (longReady == 0 || listed < ENOUGH && listed < armed) {
            return;
        }
        longReady = 0;
        for (int i = 0; i < n && 2 * pollList.size() + 2 <= asked; i++) {
            int fd = (int) memory.token(i);
            if (memory.token(i) > EpollKqueue.INTERRUPT && isLongReady(fd)) {
                list(memory, fd);
            }
        }
    }

    private boolean isLongReady(int fd) {
        int history = histories[fd];
        return history >>> STREAK_BITS == scan && (history & MAX_STREAK) >= LONG_READY
                && (states[fd] & (PARKED | EDGE | ARMED_ONCE)) == 0 && (states[fd] & ARMED) != 0
                && (states[fd] & ARMED) == wanted(states[fd]);
    }

    private void list(Memory memory, int fd) {
        int mask = mask(states[fd]);
        if (control(memory, EPOLL_CTL_MOD, fd, mask | EPOLLET, token(fd)) == 0) {
            states[fd] |= EDGE | LISTED;
            pollList.add(fd, generations[fd], mask);
        }
        histories[fd] = 0;
    }

    private void deliver(EventList events, int fd, int state, int ready, boolean read, boolean write) {
        if (read) {
            deliver(events, fd, readFilter, state, (ready & (EPOLLRDHUP | EPOLLHUP)) != 0, readUdata[fd]);
        }
        if (write) {
            deliver(events, fd, writeFilter, state >> HALF, (ready & EPOLLHUP) != 0, writeUdata[fd]);
        }
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
            int bits = wanted(state) & ~ARMED_ONCE;
            int errno = control(memory, EPOLL_CTL_MOD, fd, mask(bits) | EPOLLET, token(fd));
            set(fd, state & ~(ARMED | EDGE) | bits | (errno == 0 ? PARKED : 0));
        }
    }

    /** Whether epoll goes on reporting items that nothing can remove. Asked once: the next answer counts anew. */
    boolean isHaunted() {
        boolean haunted = outlived >= MAX_OUTLIVED;
        outlived = haunted ? 0 : outlived;
        return haunted;
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
