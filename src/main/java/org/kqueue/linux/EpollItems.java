package org.kqueue.linux;

import static org.kqueue.linux.EpollLibrary.EPOLLET;
import static org.kqueue.linux.EpollLibrary.EPOLLIN;
import static org.kqueue.linux.EpollLibrary.EPOLLOUT;
import static org.kqueue.linux.EpollLibrary.EPOLLRDHUP;
import static org.kqueue.linux.EpollLibrary.EPOLL_CTL_ADD;
import static org.kqueue.linux.EpollLibrary.EPOLL_CTL_DEL;
import static org.kqueue.linux.EpollLibrary.EPOLL_CTL_MOD;

import com.sun.jna.Native;
import org.kqueue.Filter;

/**
 * A kqueue's knotes as items of its epoll instance, one each, edge triggered. Where a descriptor has two knotes, the
 * second is a small epoll instance that holds only the descriptor. Guarded by the kqueue's lock.
 */
final class EpollItems {

    private final int kqfd;
    private final OpenFiles files;

    EpollItems(int kqfd, OpenFiles files) {
        this.kqfd = kqfd;
        this.files = files;
    }

    /** {@code epoll_ctl} on the kqueue. Returns 0 or the errno. */
    private int control(Memory memory, int operation, int fd, int mask, long token) {
        return EpollLibrary.epoll_ctl(kqfd, operation, fd, memory.event(mask, token)) == 0 ? 0 : Native.getLastError();
    }

    /**
     * Files without an inode of their own, such as kqueues, are told apart by epoll only: it refuses a second item of
     * the same number and file. So their items stay in epoll while they are disabled.
     */
    boolean isAnother(Memory memory, Descriptor descriptor) {
        DescriptorKnote owner = descriptor.owner;
        if (!descriptor.isAnonymous() || owner == null || !owner.armed
                || control(memory, EPOLL_CTL_ADD, descriptor.fd, EPOLLET, owner.token) != 0) {
            return false;
        }
        control(memory, EPOLL_CTL_DEL, descriptor.fd, 0, 0);
        return true;
    }

    /** Makes the second item of a descriptor. Returns 0 or the errno. */
    int openSide(Memory memory, DescriptorKnote knote) {
        int side = files.own(EpollLibrary.epoll_create1(EpollLibrary.EPOLL_CLOEXEC));
        if (side < 0) {
            return Native.getLastError();
        }
        knote.side = side;
        return EpollLibrary.epoll_ctl(side, EPOLL_CTL_ADD, knote.descriptor.fd, memory.event(mask(knote), 0)) == 0 ? 0
                : Native.getLastError();
    }

    private static int mask(DescriptorKnote knote) {
        return knote.filter == Filter.EVFILT_READ ? EPOLLIN | EPOLLRDHUP : EPOLLOUT;
    }

    /**
     * Makes epoll look at the descriptor and report what it sees, and each change after that. Returns 0 or the errno.
     */
    int arm(Memory memory, DescriptorKnote knote) {
        int mask = (knote.side >= 0 ? EPOLLIN : mask(knote)) | EPOLLET;
        int errno = control(memory, knote.armed ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, knote.item(), mask, knote.token);
        if (errno == Linux.EEXIST) {
            // The item of an earlier life of this number, of the same file: dup2 has brought it back.
            errno = control(memory, EPOLL_CTL_MOD, knote.item(), mask, knote.token);
        }
        knote.armed = errno == 0;
        return errno;
    }

    void disarm(Memory memory, DescriptorKnote knote) {
        if (knote.armed) {
            // ENOENT, EBADF: the descriptor was closed meanwhile, and the item is gone or out of reach; its token is
            // not looked at any more.
            control(memory, EPOLL_CTL_DEL, knote.item(), 0, 0);
            knote.armed = false;
        }
    }

    /**
     * A disabled knote keeps its place in the queue until a scan gets to it. Without a mask the item wakes nobody but
     * for HUP and ERR, which epoll always adds.
     */
    void mute(Memory memory, DescriptorKnote knote) {
        if (knote.armed && control(memory, EPOLL_CTL_MOD, knote.item(), EPOLLET, knote.token) != 0) {
            knote.armed = false;
        }
    }

    /** An eventfd that has a count stands for the knote from now on: epoll reports it whatever its descriptor does. */
    int force(Memory memory, DescriptorKnote knote) {
        disarm(memory, knote);
        closeSide(knote);
        if (knote.descriptor.owner == knote) {
            knote.descriptor.owner = null;
        }
        knote.side = files.own(EpollLibrary.eventfd(1, EpollLibrary.EFD_CLOEXEC | EpollLibrary.EFD_NONBLOCK));
        return knote.side >= 0 ? arm(memory, knote) : Native.getLastError();
    }

    /** Out of the queue: epoll need not tell of the item. */
    void silence(Memory memory, DescriptorKnote knote) {
        if (knote.descriptor.isAnonymous()) {
            mute(memory, knote);
        } else {
            disarm(memory, knote);
        }
    }

    /** A disabled knote of a kqueue: its item shows when the number names another one. */
    void armMuted(Memory memory, DescriptorKnote knote) {
        // ELOOP: a kqueue of a cycle, which is refused when it is enabled.
        knote.armed = control(memory, EPOLL_CTL_ADD, knote.item(), EPOLLET, knote.token) == 0;
    }

    void closeSide(DescriptorKnote knote) {
        if (knote.side >= 0) {
            files.close(knote.side);
        }
    }
}
