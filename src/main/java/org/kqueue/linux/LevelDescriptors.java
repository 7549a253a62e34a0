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

import java.util.Arrays;
import org.kqueue.Errno;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.KeventFlags;

/**
 * Descriptors whose events say readiness only. READ and WRITE share one level-triggered item with the union of their masks; changes of
 * one descriptor that follow each other are one {@code epoll_ctl}, and an event costs no call at all. EV_CLEAR and EV_ONESHOT are
 * refused with EINVAL.
 *
 * <p>Where both filters are ready for each of many descriptors, epoll is asked for half as many events as there is room for, so that
 * both halves fit and epoll's own rotation stays fair. With room for one the halves take turns.
 */
final class LevelDescriptors extends Descriptors {

    private static final int READ_MASK = EPOLLIN | EPOLLRDHUP;
    /** What makes READ ready, and WRITE. Errors and hang-ups make both ready, and come unasked. */
    private static final int READ_READY = EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR;
    private static final int WRITE_READY = EPOLLOUT | EPOLLHUP | EPOLLERR;

    /** One descriptor. */
    private static final class Item {
        final int fd;
        final long token;
        Half read;
        Half write;
        /** Whether epoll has it, and with which mask; 0 once EPOLLONESHOT has silenced it. */
        boolean inEpoll;
        int armed;
        /** Edge triggered for the time being: a fresh socket, whose HUP must not spin. */
        boolean parked;
        /** With room for one event: READ was delivered last. */
        boolean readWasLast;

        Item(int fd, Slots<Item> slots) {
            this.fd = fd;
            this.token = slots.add(this);
        }
    }

    /** One knote. */
    private static final class Half extends Knote {
        Half(Change change) {
            super(change);
        }
    }

    private final Slots<Item> slots = new Slots<>();
    private Item[] byNumber = new Item[64];
    /** Items with both filters. */
    private int shared;
    /** The item whose mask is not yet told to epoll, or null. */
    private Item changed;

    LevelDescriptors(int kqfd) {
        super(kqfd);
    }

    @Override
    int change(Memory memory, Change change) {
        if (change.ident < 0 || change.ident > Integer.MAX_VALUE) {
            return Errno.EBADF;
        }
        int fd = (int) change.ident;
        Item item = fd < byNumber.length ? byNumber[fd] : null;
        Half half = item == null ? null : change.filter == Filter.EVFILT_READ ? item.read : item.write;
        if (half == null && !change.has(KeventFlags.EV_ADD)) {
            return Errno.ENOENT;
        }
        if (half == null) {
            if (change.has(KeventFlags.EV_CLEAR | KeventFlags.EV_ONESHOT)) {
                return Errno.EINVAL;
            }
            item = item == null ? add(fd) : item;
            set(item, change.filter, new Half(change));
        } else if (change.has(KeventFlags.EV_DELETE)) {
            set(item, change.filter, null);
        } else {
            half.modify(change);
        }
        changed = item;
        return 0;
    }

    private Item add(int fd) {
        if (fd >= byNumber.length) {
            byNumber = Arrays.copyOf(byNumber, Math.max(fd + 1, 2 * byNumber.length));
        }
        return byNumber[fd] = new Item(fd, slots);
    }

    private void set(Item item, Filter filter, Half half) {
        shared -= item.read != null && item.write != null ? 1 : 0;
        if (filter == Filter.EVFILT_READ) {
            item.read = half;
        } else {
            item.write = half;
        }
        shared += item.read != null && item.write != null ? 1 : 0;
    }

    @Override
    int flush(Memory memory, long next) {
        Item item = changed;
        if (item == null || item.fd == next) {
            return 0;
        }
        changed = null;
        int errno = tell(memory, item);
        if (item.read == null && item.write == null) {
            drop(item);
        } else if (errno != 0) {
            drop(item);
        }
        return errno;
    }

    private void drop(Item item) {
        shared -= item.read != null && item.write != null ? 1 : 0;
        slots.remove(item.token);
        byNumber[item.fd] = null;
    }

    private static boolean isOn(Half half) {
        return half != null && !half.disabled;
    }

    private static boolean isLevel(Half half) {
        return isOn(half) && !half.has(KeventFlags.EV_DISPATCH);
    }

    private static int mask(Item item) {
        int mask = (isOn(item.read) ? READ_MASK : 0) | (isOn(item.write) ? EPOLLOUT : 0);
        // Both may be silenced by an event if neither is level triggered.
        return mask == 0 || isLevel(item.read) || isLevel(item.write) ? mask : mask | EPOLLONESHOT;
    }

    /** Makes epoll's item what the knotes say. */
    private int tell(Memory memory, Item item) {
        int mask = mask(item);
        item.parked = false;
        if (mask == 0) {
            boolean silent = item.inEpoll && item.armed == 0 && (item.read != null || item.write != null);
            if (!item.inEpoll || silent) {
                return 0;
            }
            // HUP and ERR cannot be masked, so an item that waits for nothing is taken out.
            item.inEpoll = false;
            item.armed = 0;
            return control(memory, EPOLL_CTL_DEL, item.fd, 0, 0);
        }
        int errno = control(memory, item.inEpoll ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, item.fd, mask, item.token);
        if (errno == Errno.ENOENT && item.inEpoll) {
            // The descriptor was closed and its number has been given out again.
            errno = control(memory, EPOLL_CTL_ADD, item.fd, mask, item.token);
        } else if (errno == Linux.EEXIST) {
            errno = control(memory, EPOLL_CTL_MOD, item.fd, mask, item.token);
        }
        item.inEpoll = errno == 0;
        item.armed = errno == 0 ? mask : 0;
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
        Item item = slots.get(token);
        if (item == null) {
            return 0;
        }
        if ((item.armed & EPOLLONESHOT) != 0) {
            item.armed = 0;
        }
        if ((ready & READ_READY & ~EPOLLIN) == EPOLLHUP && isFresh(memory, item.fd)) {
            park(memory, item);
            return 0;
        }
        if (room == 0) {
            // A second filter was registered after epoll was asked. Level triggered it comes again; else it must be armed.
            tell(memory, item);
            return 0;
        }
        boolean read = isOn(item.read) && (ready & READ_READY) != 0;
        boolean write = isOn(item.write) && (ready & WRITE_READY) != 0;
        if (read && write && room == 1) {
            read = !item.readWasLast;
            write = !read;
            item.readWasLast = read;
        }
        int before = events.size();
        if (read) {
            deliver(item.read, (ready & (EPOLLRDHUP | EPOLLHUP)) != 0, events, scan);
        }
        if (write) {
            deliver(item.write, (ready & EPOLLHUP) != 0, events, scan);
        }
        if (item.parked || item.armed != mask(item)) {
            // An error here is that of a descriptor closed against the rules of this mode; its item goes with its file.
            tell(memory, item);
        }
        return events.size() - before;
    }

    private static void deliver(Half half, boolean eof, EventList events, long scan) {
        half.eventFlags = eof ? KeventFlags.EV_EOF : 0;
        half.deliver(events, scan);
        if (half.has(KeventFlags.EV_DISPATCH)) {
            half.disabled = true;
        }
    }

    /**
     * HUP alone: the end of a pipe, a stream socket that is neither connected nor listening, of which kqueue says nothing, or one shut in
     * both directions whose RDHUP was not asked for.
     */
    private static boolean isFresh(Memory memory, int fd) {
        return Descriptor.look(memory, fd) == 0 && (memory.mode() & EpollLibrary.S_IFMT) == EpollLibrary.S_IFSOCK
                && Condition.isFresh(Condition.poll(memory, fd));
    }

    private void park(Memory memory, Item item) {
        if (!item.parked) {
            int mask = mask(item) & ~EPOLLONESHOT | EPOLLET;
            item.parked = control(memory, EPOLL_CTL_MOD, item.fd, mask, item.token) == 0;
            item.armed = mask;
        }
    }

    @Override
    int ready(Memory memory) {
        int count = 0;
        for (Item item : byNumber) {
            int ready = item == null ? 0 : Condition.poll(memory, item.fd);
            if (ready != 0 && !Condition.isFresh(ready)) {
                count += isOn(item.read) && (ready & READ_READY) != 0 ? 1 : 0;
                count += isOn(item.write) && (ready & WRITE_READY) != 0 ? 1 : 0;
            }
        }
        return count;
    }
}
