package org.kqueue.linux.knotes;

import static org.kqueue.linux.epoll.EpollCalls.EPOLLERR;
import static org.kqueue.linux.epoll.EpollCalls.EPOLLET;
import static org.kqueue.linux.epoll.EpollCalls.EPOLLIN;
import static org.kqueue.linux.epoll.EpollCalls.EPOLLOUT;
import static org.kqueue.linux.epoll.EpollCalls.EPOLLRDHUP;
import static org.kqueue.linux.epoll.EpollCalls.EPOLL_CTL_ADD;
import static org.kqueue.linux.epoll.EpollCalls.EPOLL_CTL_DEL;
import static org.kqueue.linux.epoll.EpollCalls.EPOLL_CTL_MOD;

import org.kqueue.Errno;
import org.kqueue.Filter;
import org.kqueue.KeventException;
import org.kqueue.KeventFlags;
import org.kqueue.linux.changes.Change;

/**
 * READ and WRITE of what epoll takes. A knote is an edge-triggered item of its own. Where a descriptor has two knotes,
 * the item of the second is a small epoll instance that holds only the descriptor.
 *
 * <p>An event of epoll only puts the knote into the queue; {@link Condition} says whether it is ready. So what epoll
 * reports and kqueue does not (HUP of a fresh socket, an item whose descriptor was closed while its file lives on)
 * costs one event and never spins.
 */
final class DescriptorKnote extends Knote implements Sources.Source, Rechecks.Check {

    private static final int ANYTHING = EPOLLIN | EPOLLOUT | EPOLLRDHUP;

    final Descriptor descriptor;
    private final Knotes knotes;
    /** What epoll's event carries. */
    private long token;
    /** An epoll instance that holds nothing but the descriptor, or -1. */
    private int side = -1;
    /** Whether the item is in the kqueue's epoll instance. */
    private boolean armed;

    /** Set by {@link Condition}: both directions have ended (HUP). */
    boolean hung;
    /** Set by {@link Condition}: it is a socket without a connection. */
    boolean fresh;
    /** On a kqueue: how many knotes were ever queued there. */
    long arrivals;
    // What was delivered last, and whether a change came after that.
    private boolean endReported;
    private long reportedArrivals;
    private boolean changed = true;

    DescriptorKnote(Change change, Knotes knotes, Descriptor descriptor) {
        super(change);
        this.knotes = knotes;
        this.descriptor = descriptor;
    }

    private boolean isWrite() {
        return filter == Filter.EVFILT_WRITE;
    }

    @Override
    int attach() {
        int errno = refusal();
        if (errno != 0) {
            return errno;
        }
        token = knotes.sources.add(this);
        if (descriptor.owner == null) {
            descriptor.owner = this;
        } else {
            errno = openSide();
        }
        if (errno == 0 && !disabled) {
            errno = arm();
        } else if (errno == 0) {
            silence();
        }
        if (errno != 0) {
            detach();
            // EPERM: a device without poll, such as /dev/null.
            return errno == Errno.EPERM ? Errno.ENODEV : errno;
        }
        knotes.condition.remember(descriptor);
        return 0;
    }

    /** The errno for a filter that does not fit the object, 0 where it does. */
    private int refusal() {
        if (isWrite() && descriptor.unnamedPipe && (poll() & EPOLLERR) != 0) {
            return Errno.EPIPE;
        }
        return descriptor.file.isAnonymous()
                && (descriptor.fd == knotes.epoll.epfd() || isWrite() && isEpoll()) ? Errno.EINVAL : 0;
    }

    /**
     * EPOLL_CTL_MOD of an item that an epoll instance does not hold is ENOENT; on another file it is EINVAL. It is
     * harmless on a duplicate of this kqueue, which holds the eventfd with this very mask.
     */
    private boolean isEpoll() {
        return knotes.calls.ctl(descriptor.fd, EPOLL_CTL_MOD, knotes.epoll.eventfd(), EPOLLIN) != Errno.EINVAL;
    }

    private int poll() {
        return knotes.calls.poll(descriptor.fd, ANYTHING);
    }

    private int openSide() {
        try {
            side = knotes.files.own(knotes.calls.create());
        } catch (KeventException e) {
            return e.errno();
        }
        return knotes.calls.ctl(side, EPOLL_CTL_ADD, descriptor.fd, mask());
    }

    private int mask() {
        return isWrite() ? EPOLLOUT : EPOLLIN | EPOLLRDHUP;
    }

    private int ctl(int op, int mask) {
        return knotes.calls.ctl(knotes.epoll.epfd(), op, side >= 0 ? side : descriptor.fd, mask, token);
    }

    /** Makes epoll report the state of the descriptor, and each change after that. Returns the errno. */
    private int arm() {
        int mask = (side >= 0 ? EPOLLIN : mask()) | EPOLLET;
        int errno = ctl(armed ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, mask);
        if (errno == Errno.EEXIST) {
            // An earlier item of the same number and file: dup2 has put the file back.
            errno = ctl(EPOLL_CTL_MOD, mask);
        }
        armed = errno == 0;
        return errno;
    }

    /**
     * Takes the item of a disabled knote out of epoll. That of an anonymous file stays without a mask, and reports HUP
     * and ERR only: {@link #isAnotherFile} needs it. ELOOP, for a kqueue in a cycle, comes when the knote is enabled.
     */
    private void silence() {
        if (descriptor.file.isAnonymous()) {
            armed = ctl(armed ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, EPOLLET) == 0;
        } else if (armed) {
            ctl(EPOLL_CTL_DEL, 0);
            armed = false;
        }
    }

    @Override
    int touch(Change change) {
        super.touch(change);
        if (disabled) {
            silence();
            return 0;
        }
        changed = true;
        return arm();
    }

    @Override
    boolean isToldByEpoll() {
        return true;
    }

    @Override
    public void ready() {
        knotes.queue.activate(this);
    }

    @Override
    boolean isGone() {
        return descriptor.isGone(knotes.calls) || !descriptor.hasOwnInode() && isAnotherFile();
    }

    /** epoll tells files apart whatever their inode: it refuses a second item of the same number and file. */
    private boolean isAnotherFile() {
        DescriptorKnote owner = descriptor.owner;
        if (owner == null || !owner.armed || owner.ctl(EPOLL_CTL_ADD, EPOLLET) != 0) {
            return false;
        }
        owner.ctl(EPOLL_CTL_DEL, 0);
        return true;
    }

    @Override
    boolean evaluate() {
        boolean ready = knotes.condition.evaluate(this, poll());
        if (ready && isWrite() && descriptor.unnamedPipe && (eventFlags & KeventFlags.EV_EOF) != 0) {
            flags |= KeventFlags.EV_ONESHOT;
        }
        if (!ready && fresh && descriptor.isUnixStream()) {
            // epoll does not report that a client was connected. If no timer can be had, the next change finds it.
            knotes.rechecks.add(this);
        }
        return ready && !isRepetition();
    }

    /**
     * Whether a knote with EV_CLEAR has reported this state, and nothing can have happened since: nobody writes after
     * the end of a local stream, and what is queued in a kqueue already is not queued again.
     */
    private boolean isRepetition() {
        return !changed && has(KeventFlags.EV_CLEAR)
                && (hung && endReported && isWrite() && descriptor.isUnixStream()
                || arrivals != 0 && arrivals == reportedArrivals);
    }

    @Override
    void delivered() {
        changed = false;
        endReported = hung;
        reportedArrivals = arrivals;
    }

    @Override
    void waiting(boolean isWaiting) {
        if (disabled) {
            silence();
        }
    }

    /** For a fresh socket: epoll does not report that it was connected. */
    @Override
    public boolean lookAgain() {
        if (disabled || isGone()) {
            return false;
        }
        if (Condition.isFresh(poll())) {
            return true;
        }
        knotes.queue.consider(this);
        return false;
    }

    @Override
    public boolean isAwaited() {
        return true;
    }

    @Override
    void detach() {
        knotes.rechecks.remove(this);
        knotes.sources.remove(token);
        if (side >= 0) {
            knotes.files.close(side);
        } else if (armed && !isGone()) {
            ctl(EPOLL_CTL_DEL, 0);
        }
        if (descriptor.owner == this) {
            descriptor.owner = null;
        }
    }
}
