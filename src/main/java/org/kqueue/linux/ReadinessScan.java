package org.kqueue.linux;

import static org.kqueue.linux.EpollLibrary.EPOLLERR;
import static org.kqueue.linux.EpollLibrary.EPOLLHUP;
import static org.kqueue.linux.EpollLibrary.EPOLLIN;
import static org.kqueue.linux.EpollLibrary.EPOLLRDHUP;
import static org.kqueue.linux.ReadinessState.ARMED;
import static org.kqueue.linux.ReadinessState.ARMED_ONCE;
import static org.kqueue.linux.ReadinessState.ARMED_READ;
import static org.kqueue.linux.ReadinessState.ARMED_WRITE;
import static org.kqueue.linux.ReadinessState.DISABLED;
import static org.kqueue.linux.ReadinessState.DISPATCH;
import static org.kqueue.linux.ReadinessState.EDGE;
import static org.kqueue.linux.ReadinessState.HALF;
import static org.kqueue.linux.ReadinessState.LISTED;
import static org.kqueue.linux.ReadinessState.PARKED;
import static org.kqueue.linux.ReadinessState.READ_READY;
import static org.kqueue.linux.ReadinessState.READ_WAS_LAST;
import static org.kqueue.linux.ReadinessState.WRITE_READY;
import static org.kqueue.linux.ReadinessState.isOn;
import static org.kqueue.linux.ReadinessState.mask;
import static org.kqueue.linux.ReadinessState.wanted;

import java.util.Arrays;
import org.kqueue.EventList;

/**
 * What a {@link ReadinessKqueue} asks and delivers in a scan. An event costs no call at all.
 *
 * <p>A descriptor that is ready scan after scan, because nobody reads what it has, goes to the {@link PollList}: epoll
 * takes twice as long to report it again as {@code poll} to look at it. Its item becomes edge triggered then, so that
 * epoll tells of it when it becomes ready after {@code poll} has found that it was not:
 *
 * <pre>
 *                 long ready               not ready
 *   level ------------------> in the list ------------> edge
 *     ^                         |     ^                   |
 *     +-------------------------+     +-------------------+
 *         any change, little room,          ready again
 *         too few to be worth a call
 * </pre>
 *
 * <p>Where both filters are ready for each of many descriptors, epoll is asked for half as many events as there is room
 * for, so that both halves fit and epoll's own rotation stays fair. With room for one the halves take turns. Used by
 * one call at a time.
 */
final class ReadinessScan {

    /**
     * How many scans in a row a descriptor must have been ready to be asked by poll, and how many such there must be.
     */
    private static final int LONG_READY = 8;
    private static final int ENOUGH = 8;
    /** A history is the number of the last scan that has delivered the descriptor, and of those in a row before it. */
    private static final int STREAK_BITS = 4;
    private static final int MAX_STREAK = (1 << STREAK_BITS) - 1;
    private static final int MAX_OUTLIVED = 16;

    private final ReadinessKnotes knotes;
    private final PollList pollList = new PollList();
    /** By descriptor. */
    private int[] histories = new int[64];
    /** The number of the scan under way, without the bits that a history has no room for. */
    private int scan;
    /** Descriptors that this scan has found long ready. */
    private int longReady;
    /**
     * Events of items whose descriptor was closed while another one, in this process or a child, keeps its file open.
     */
    private int outlived;

    ReadinessScan(ReadinessKnotes knotes) {
        this.knotes = knotes;
    }

    /** How many events to ask epoll for, where there is room for {@code room} kevents. */
    int ask(int room) {
        return knotes.isAnyShared() && room > 1 ? room / 2 : room;
    }

    /**
     * Asks the descriptors that are long ready whether they still are.
     *
     * @param asked the number of events that epoll would be asked for, were there none of these
     * @return whether these are all, and epoll has nothing to add
     */
    boolean begin(Memory memory, EventList events, int asked) {
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
                    knotes.tell(memory, pollList.fd(i));
                }
            }
            pollList.shrink(0);
            return false;
        }
        int kept = 0;
        for (int i = 0; i < size; i++) {
            if (isListed(i) && deliverListed(memory, events, pollList.fd(i), pollList.revents(i), size)) {
                pollList.move(i, kept++);
            }
        }
        pollList.shrink(kept);
        return kept > 0 && kept == knotes.armed();
    }

    /** Whether an entry of the list is still about the registration that it was made for. */
    private boolean isListed(int index) {
        int fd = pollList.fd(index);
        return (knotes.state(fd) & LISTED) != 0 && knotes.generation(fd) == pollList.generation(index);
    }

    /** Returns whether the descriptor stays in the list: whether it is ready. */
    private boolean deliverListed(Memory memory, EventList events, int fd, int revents, int size) {
        int state = knotes.state(fd);
        boolean odd = (revents & EpollLibrary.POLLNVAL) != 0
                || (revents & (EPOLLHUP | EPOLLRDHUP | EPOLLERR)) == EPOLLHUP;
        if (revents != 0 && !odd) {
            knotes.deliver(events, fd, state, revents, (state & ARMED_READ) != 0 && (revents & READ_READY) != 0,
                    (state & ARMED_WRITE) != 0 && (revents & WRITE_READY) != 0);
            return true;
        }
        knotes.set(fd, state & ~LISTED);
        if (odd || size < ENOUGH) {
            // Nothing that is worth a call of its own in every scan: epoll's again.
            knotes.tell(memory, fd);
        }
        return false;
    }

    /**
     * Turns epoll's event into kevents.
     *
     * @param index of the event
     * @return whether any was appended, now or earlier in this scan
     */
    boolean event(Memory memory, int index, long token, EventList events) {
        if (!knotes.isCurrent(token)) {
            outlived++;
            return false;
        }
        int fd = (int) token;
        int ready = memory.events(index);
        int state = knotes.state(fd);
        if ((state & LISTED) != 0) {
            return true;
        }
        if ((ready & READ_READY & ~EPOLLIN) == EPOLLHUP && isFresh(memory, fd)) {
            knotes.park(memory, fd);
            return false;
        }
        int room = events.capacity() - events.size();
        if (room == 0) {
            // A second filter was registered after epoll was asked. Level triggered it comes again; else it must be
            // armed.
            knotes.tell(memory, fd);
            return false;
        }
        boolean read = isOn(state) && (ready & READ_READY) != 0;
        boolean write = isOn(state >> HALF) && (ready & WRITE_READY) != 0;
        if (read && write && room == 1) {
            state ^= READ_WAS_LAST;
            knotes.set(fd, state);
            read = (state & READ_WAS_LAST) != 0;
            write = !read;
        }
        knotes.deliver(events, fd, state, ready, read, write);
        if ((state & (EDGE | PARKED | DISPATCH | DISPATCH << HALF)) == 0 && (state & ARMED) != 0) {
            remember(fd);
        } else {
            settle(memory, fd, delivered(fd, state, read, write));
        }
        return read || write;
    }

    private void settle(Memory memory, int fd, int state) {
        if (state != knotes.state(fd)) {
            knotes.set(fd, state);
        }
        if ((state & PARKED) != 0 || (state & ARMED) != wanted(state)) {
            // An error here is that of a descriptor closed against the rules of this mode; its item goes with its file.
            knotes.tell(memory, fd);
        }
    }

    /** What a delivery makes of a descriptor that is not plainly level triggered. */
    private int delivered(int fd, int state, boolean read, boolean write) {
        if ((state & EDGE) != 0) {
            pollList.add(fd, knotes.generation(fd), mask(state));
            return state | LISTED;
        }
        int silenced = read && (state & DISPATCH) != 0 ? DISABLED : 0;
        silenced |= write && (state >> HALF & DISPATCH) != 0 ? DISABLED << HALF : 0;
        return (state | silenced) & ((state & ARMED_ONCE) != 0 ? ~ARMED : ~0);
    }

    /**
     * HUP alone: the end of a pipe, a stream socket that is neither connected nor listening, of which kqueue says
     * nothing, or one shut in both directions whose RDHUP was not asked for.
     */
    private static boolean isFresh(Memory memory, int fd) {
        return Descriptor.look(memory, fd) == 0 && (memory.mode() & LinuxLibrary.S_IFMT) == LinuxLibrary.S_IFSOCK
                && Condition.isFresh(Condition.poll(memory, fd));
    }

    /** Counts how often in a row a level-triggered descriptor was ready. */
    private void remember(int fd) {
        if (fd >= histories.length) {
            histories = Arrays.copyOf(histories, fd + (fd >> 2) + 64);
        }
        int before = histories[fd];
        int last = scan - 1 & -1 >>> STREAK_BITS;
        int streak = before >>> STREAK_BITS == last ? Math.min((before & MAX_STREAK) + 1, MAX_STREAK) : 0;
        histories[fd] = scan << STREAK_BITS | streak;
        longReady += streak >= LONG_READY ? 1 : 0;
    }

    /** epoll's events have all been turned into kevents: it is time to see which of them come for ever. */
    void end(Memory memory, int n, int asked) {
        int listed = longReady + pollList.size();
        if (longReady == 0 || listed < ENOUGH && listed < knotes.armed()) {
            return;
        }
        longReady = 0;
        for (int i = 0; i < n && 2 * pollList.size() + 2 <= asked; i++) {
            long token = memory.token(i);
            int fd = (int) token;
            if (token > EpollKqueue.INTERRUPT && knotes.isCurrent(token) && isLongReady(fd)) {
                histories[fd] = 0;
                if (knotes.makeEdge(memory, fd)) {
                    pollList.add(fd, knotes.generation(fd), mask(knotes.state(fd)));
                    knotes.set(fd, knotes.state(fd) | LISTED);
                }
            }
        }
    }

    private boolean isLongReady(int fd) {
        if (fd >= histories.length) {
            return false;
        }
        int history = histories[fd];
        int state = knotes.state(fd);
        return history >>> STREAK_BITS == scan && (history & MAX_STREAK) >= LONG_READY
                && (state & (PARKED | EDGE | ARMED_ONCE)) == 0 && (state & ARMED) != 0
                && (state & ARMED) == wanted(state);
    }

    /** Whether epoll goes on reporting items that nothing can remove. Asked once: the next answer counts anew. */
    boolean isHaunted() {
        if (outlived < MAX_OUTLIVED) {
            return false;
        }
        outlived = 0;
        return true;
    }
}
