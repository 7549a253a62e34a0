package org.kqueue.linux.knotes;

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
import org.kqueue.linux.epoll.EpollCalls;
import org.kqueue.linux.epoll.EpollInstance;
import org.kqueue.linux.epoll.LinuxCalls;
import org.kqueue.linux.epoll.OpenFiles;

/**
 * A kqueue's knotes as items of its epoll instance, one each, edge triggered. Where a descriptor has two knotes, the
 * second is a small epoll instance that holds only the descriptor. Guarded by the kqueue's lock.
 */
final class EpollItems {

    private final EpollInstance epoll;
    private final LinuxCalls calls;
    private final OpenFiles files;

    EpollItems(EpollInstance epoll, LinuxCalls calls, OpenFiles files) {
        this.epoll = epoll;
        this.calls = calls;
        this.files = files;
    }

    /** {@code epoll_ctl} on the kqueue. Returns 0 or the errno. */
    private int ctl(int operation, DescriptorKnote knote, int mask) {
        return calls.ctl(epoll.epfd(), operation, knote.item(), mask, knote.token);
    }

    /**
     * Whether a descriptor is an epoll instance: that says ENOENT for what it does not hold, other files say EINVAL.
     * The change does nothing to this kqueue itself, which holds the eventfd.
     */
    boolean isEpoll(int fd) {
        return calls.ctl(fd, EPOLL_CTL_MOD, epoll.eventfd(), EPOLLIN | EPOLLET) != Errno.EINVAL;
    }

    /**
     * Files without an inode of their own, such as kqueues, are told apart by epoll only: it refuses a second item of
     * the same number and file. So their items stay in epoll while they are disabled.
     */
    boolean isAnother(Descriptor descriptor) {
        DescriptorKnote owner = descriptor.owner;
        if (!descriptor.file.isAnonymous() || owner == null || !owner.armed
                || ctl(EPOLL_CTL_ADD, owner, EPOLLET) != 0) {
            return false;
        }
        ctl(EPOLL_CTL_DEL, owner, 0);
        return true;
    }

    /** Makes the second item of a descriptor. Returns 0 or the errno. */
    int openSide(DescriptorKnote knote) {
        try {
            knote.side = files.own(calls.create());
        } catch (KeventException e) {
            return e.errno();
        }
        return calls.ctl(knote.side, EPOLL_CTL_ADD, knote.descriptor.fd, mask(knote));
    }

    private static int mask(DescriptorKnote knote) {
        return knote.filter == Filter.EVFILT_READ ? EPOLLIN | EPOLLRDHUP : EPOLLOUT;
    }

    /**
     * Makes epoll look at the descriptor and report what it sees, and each change after that. Returns 0 or the errno.
     */
    int arm(DescriptorKnote knote) {
        int mask = (knote.side >= 0 ? EPOLLIN : mask(knote)) | EPOLLET;
        int errno = ctl(knote.armed ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, knote, mask);
        if (errno == EpollCalls.EEXIST) {
            // The item of an earlier life of this number, of the same file: dup2 has brought it back.
            errno = ctl(EPOLL_CTL_MOD, knote, mask);
        }
        knote.armed = errno == 0;
        return errno;
    }

    void disarm(DescriptorKnote knote) {
        if (knote.armed) {
            // ENOENT, EBADF: the descriptor was closed meanwhile, and the item is gone or out of reach; its token is
            // not looked at any more.
            ctl(EPOLL_CTL_DEL, knote, 0);
            knote.armed = false;
        }
    }

    /**
     * A disabled knote keeps its place in the queue until a scan gets to it. Without a mask the item wakes nobody but
     * for HUP and ERR, which epoll always adds.
     */
    void mute(DescriptorKnote knote) {
        if (knote.armed && ctl(EPOLL_CTL_MOD, knote, EPOLLET) != 0) {
            knote.armed = false;
        }
    }

    /** An eventfd that has a count stands for the knote from now on: epoll reports it whatever its descriptor does. */
    int force(DescriptorKnote knote) {
        disarm(knote);
        closeSide(knote);
        if (knote.descriptor.owner == knote) {
            knote.descriptor.owner = null;
        }
        try {
            knote.side = files.own(calls.eventfd(1));
        } catch (KeventException e) {
            knote.side = -1;
            return e.errno();
        }
        return arm(knote);
    }

    /** Out of the queue: epoll need not tell of the item. */
    void silence(DescriptorKnote knote) {
        if (knote.descriptor.file.isAnonymous()) {
            mute(knote);
        } else {
            disarm(knote);
        }
    }

    /** A disabled knote of a kqueue: its item shows when the number names another one. */
    void armMuted(DescriptorKnote knote) {
        // ELOOP: a kqueue of a cycle, which is refused when it is enabled.
        knote.armed = ctl(EPOLL_CTL_ADD, knote, EPOLLET) == 0;
    }

    void closeSide(DescriptorKnote knote) {
        if (knote.side >= 0) {
            files.close(knote.side);
        }
    }
}
