package org.kqueue.linux;

import static org.kqueue.linux.EpollLibrary.EPOLLET;
import static org.kqueue.linux.EpollLibrary.EPOLLIN;
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
 * Descriptors in full detail. Each knote is an epoll item of its own, so that epoll's ready list, first in, first out,
 * is the kqueue's queue. Where a descriptor has two knotes, the second is a small epoll instance that holds only the
 * descriptor.
 *
 * <p>Every item is edge triggered. An event says "look again": {@link Condition} does, and a level knote that is ready
 * is delivered and queued again by EPOLL_CTL_MOD, which makes epoll look at the file anew. So what kqueue keeps silent
 * about and epoll cannot mask (HUP of a fresh socket, an item whose descriptor was closed while its file lives on)
 * costs one event and never spins.
 */
final class EdgeDescriptors extends Descriptors {

    private final OpenFiles files;
    private final Errno.Numbering errnos;
    private final Rechecks rechecks;
    private final Slots<DescriptorKnote> slots = new Slots<>();
    private Descriptor[] byNumber = new Descriptor[64];
    /** How many knotes the scan {@link #keptBy} has delivered and left in the queue. */
    private int kept;
    private long keptBy;
    /** Whether another kqueue asks for {@link #ready}. */
    private boolean watched;

    EdgeDescriptors(int kqfd, OpenFiles files, Errno.Numbering errnos, Rechecks rechecks) {
        super(kqfd);
        this.files = files;
        this.errnos = errnos;
        this.rechecks = rechecks;
    }

    @Override
    int change(Memory memory, Change change) {
        if (change.ident < 0 || change.ident > Integer.MAX_VALUE) {
            return Errno.EBADF;
        }
        int fd = (int) change.ident;
        Descriptor descriptor = find(fd);
        int errno = Descriptor.look(memory, fd);
        if (descriptor != null && (errno != 0 || !descriptor.is(memory) || isAnother(memory, descriptor))) {
            forget(descriptor);
            descriptor = null;
        }
        if (errno != 0) {
            return errno;
        }
        if (FileKnote.isFile(memory)) {
            return IS_FILE;
        }
        DescriptorKnote knote = descriptor == null ? null : descriptor.knote(change.filter);
        if (knote == null) {
            if (!change.has(KeventFlags.EV_ADD)) {
                return Errno.ENOENT;
            }
            return attach(memory, change, descriptor == null ? new Descriptor(fd, memory) : descriptor);
        }
        if (change.has(KeventFlags.EV_DELETE)) {
            remove(memory, knote);
            return 0;
        }
        return modify(memory, change, knote);
    }

    private Descriptor find(int fd) {
        return fd < byNumber.length ? byNumber[fd] : null;
    }

    /**
     * Files without an inode of their own, such as kqueues, are told apart by epoll only: it refuses a second item of
     * the same number and file. So their items stay in epoll while they are disabled.
     */
    private boolean isAnother(Memory memory, Descriptor descriptor) {
        DescriptorKnote owner = descriptor.owner;
        if (!descriptor.isAnonymous() || owner == null || !owner.armed
                || control(memory, EPOLL_CTL_ADD, descriptor.fd, EPOLLET, owner.token) != 0) {
            return false;
        }
        control(memory, EPOLL_CTL_DEL, descriptor.fd, 0, 0);
        return true;
    }

    private int attach(Memory memory, Change change, Descriptor descriptor) {
        int errno = refusal(memory, change, descriptor);
        if (errno != 0) {
            return errno;
        }
        DescriptorKnote knote = new DescriptorKnote(change, descriptor, slots);
        errno = descriptor.owner == null ? 0 : openSide(memory, knote);
        if (errno == 0 && descriptor.owner == null) {
            descriptor.owner = knote;
        }
        descriptor.set(change.filter, knote);
        if (errno == 0 && !knote.disabled) {
            errno = arm(memory, knote);
        } else if (errno == 0 && descriptor.isAnonymous()) {
            // ELOOP: a kqueue of a cycle, which is refused when it is enabled.
            knote.armed = control(memory, EPOLL_CTL_ADD, knote.item(), EPOLLET, knote.token) == 0;
        }
        if (errno != 0) {
            remove(memory, knote);
            // A device without poll, such as /dev/null.
            return errno == Errno.EPERM ? Errno.ENODEV : errno;
        }
        Condition.remember(memory, descriptor);
        if (descriptor.fd >= byNumber.length) {
            byNumber = Arrays.copyOf(byNumber, Math.max(descriptor.fd + 1, 2 * byNumber.length));
        }
        byNumber[descriptor.fd] = descriptor;
        return 0;
    }

    /** The errno for a filter that does not fit the object, 0 where it does. */
    private int refusal(Memory memory, Change change, Descriptor descriptor) {
        if (change.filter == Filter.EVFILT_WRITE && descriptor.isAnonymousPipe()
                && (Condition.poll(memory, descriptor.fd) & EpollLibrary.EPOLLERR) != 0) {
            return Errno.EPIPE;
        }
        if (descriptor.isAnonymous() && (descriptor.fd == kqfd
                || change.filter == Filter.EVFILT_WRITE && isEpoll(memory, descriptor.fd))) {
            return Errno.EINVAL;
        }
        return 0;
    }

    /** Only an epoll instance takes epoll_ctl: it says ENOENT for a descriptor it does not hold, others say EINVAL. */
    private static boolean isEpoll(Memory memory, int fd) {
        int stranger = EpollLibrary.eventfd(0, EpollLibrary.EFD_CLOEXEC);
        if (stranger < 0) {
            return false;
        }
        boolean refused = EpollLibrary.epoll_ctl(fd, EPOLL_CTL_DEL, stranger, memory.event(0, 0)) != 0
                && Native.getLastError() == Errno.EINVAL;
        EpollLibrary.close(stranger);
        return !refused;
    }

    private int openSide(Memory memory, DescriptorKnote knote) {
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

    private int arm(Memory memory, DescriptorKnote knote) {
        int mask = (knote.side >= 0 ? EPOLLIN : mask(knote)) | EPOLLET;
        int errno = control(memory, knote.armed ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, knote.item(), mask, knote.token);
        if (errno == Linux.EEXIST) {
            // The item of an earlier life of this number, of the same file: dup2 has brought it back.
            errno = control(memory, EPOLL_CTL_MOD, knote.item(), mask, knote.token);
        }
        knote.armed = errno == 0;
        return errno;
    }

    private void disarm(Memory memory, DescriptorKnote knote) {
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
    private void mute(Memory memory, DescriptorKnote knote) {
        if (knote.armed && control(memory, EPOLL_CTL_MOD, knote.item(), EPOLLET, knote.token) != 0) {
            knote.armed = false;
        }
    }

    /** An eventfd that has a count stands for the knote from now on: epoll reports it whatever its descriptor does. */
    private int force(Memory memory, DescriptorKnote knote) {
        disarm(memory, knote);
        if (knote.side >= 0) {
            files.close(knote.side);
        } else if (knote.descriptor.owner == knote) {
            knote.descriptor.owner = null;
        }
        knote.side = files.own(EpollLibrary.eventfd(1, EpollLibrary.EFD_CLOEXEC | EpollLibrary.EFD_NONBLOCK));
        return knote.side >= 0 ? arm(memory, knote) : Native.getLastError();
    }

    /** Out of the queue: epoll need not tell of the item. */
    private void silence(Memory memory, DescriptorKnote knote) {
        if (knote.descriptor.isAnonymous()) {
            mute(memory, knote);
        } else {
            disarm(memory, knote);
        }
    }

    private int modify(Memory memory, Change change, DescriptorKnote knote) {
        knote.sfflags = change.fflags;
        knote.sdata = change.data;
        knote.modify(change);
        if (knote.disabled) {
            mute(memory, knote);
            return 0;
        }
        knote.changed = true;
        int errno = knote.forced ? force(memory, knote) : arm(memory, knote);
        if (errno == Errno.ENOENT) {
            // The number names another file of the same inode, such as another kqueue.
            forget(knote.descriptor);
            if (change.has(KeventFlags.EV_ADD)) {
                errno = Descriptor.look(memory, knote.descriptor.fd);
                return errno != 0 ? errno : attach(memory, change, new Descriptor(knote.descriptor.fd, memory));
            }
        }
        return errno;
    }

    private void remove(Memory memory, DescriptorKnote knote) {
        disarm(memory, knote);
        drop(knote);
        Descriptor descriptor = knote.descriptor;
        if (descriptor.isUnused() && find(descriptor.fd) == descriptor) {
            byNumber[descriptor.fd] = null;
        }
    }

    /** The descriptor was closed or names another file: its knotes are gone. */
    private void forget(Descriptor descriptor) {
        byNumber[descriptor.fd] = null;
        if (descriptor.read != null) {
            drop(descriptor.read);
        }
        if (descriptor.write != null) {
            drop(descriptor.write);
        }
    }

    private void drop(DescriptorKnote knote) {
        slots.remove(knote.token);
        if (knote.side >= 0) {
            files.close(knote.side);
        }
        Descriptor descriptor = knote.descriptor;
        descriptor.set(knote.filter, null);
        if (descriptor.owner == knote) {
            descriptor.owner = null;
        }
    }

    @Override
    int flush(Memory memory, long next) {
        return 0;
    }

    @Override
    int ask(int room) {
        return room;
    }

    @Override
    int room(int epollEvents) {
        return epollEvents;
    }

    @Override
    int event(Memory memory, long token, int ready, EventList events, int room, long scan) {
        DescriptorKnote knote = slots.get(token);
        if (knote == null) {
            return 0;
        }
        if (knote.disabled) {
            silence(memory, knote);
            knote.queued = false;
            return 0;
        }
        Descriptor descriptor = knote.descriptor;
        if (Descriptor.look(memory, descriptor.fd) != 0 || !descriptor.is(memory)) {
            forget(descriptor);
            return 0;
        }
        if (knote.deliveredBy == scan) {
            arm(memory, knote);
            return SEEN;
        }
        if ((!Condition.evaluate(memory, knote, errnos) || knote.isRepetition()) && !knote.forced) {
            knote.queued = false;
            if (knote.fresh && descriptor.isUnixStream()) {
                // connect wakes nobody who waits for the client. Without a timer it is found by the next change.
                rechecks.add(memory, new FreshSocket(knote));
            }
            return 0;
        }
        boolean pipeBroken = descriptor.isAnonymousPipe() && knote.filter == Filter.EVFILT_WRITE
                && (knote.eventFlags & KeventFlags.EV_EOF) != 0;
        if (pipeBroken) {
            knote.flags |= KeventFlags.EV_ONESHOT;
        }
        if (!knote.has(KeventFlags.EV_ONESHOT | KeventFlags.EV_DISPATCH | KeventFlags.EV_CLEAR)
                && arm(memory, knote) != 0) {
            // The exact test of identity: epoll finds the item by number and file.
            forget(descriptor);
            return 0;
        }
        enqueue(knote);
        knote.delivered();
        knote.queued = !knote.has(KeventFlags.EV_ONESHOT | KeventFlags.EV_CLEAR | KeventFlags.EV_DISPATCH);
        if (knote.queued) {
            kept = kept(scan) + 1;
            keptBy = scan;
        }
        knote.deliver(events, scan);
        if (knote.has(KeventFlags.EV_ONESHOT)) {
            remove(memory, knote);
        } else if (knote.has(KeventFlags.EV_DISPATCH)) {
            knote.disabled = true;
            silence(memory, knote);
        }
        return 1;
    }

    @Override
    int kept(long scan) {
        return keptBy == scan ? kept : 0;
    }

    @Override
    void putBack(Memory memory, long token) {
        DescriptorKnote knote = slots.get(token);
        if (knote != null && knote.armed && !knote.disabled) {
            // An error means that the descriptor was closed: the next change finds that.
            arm(memory, knote);
        }
    }

    /** For a kqueue that watches this one, and counts what gets into the queue. */
    private void enqueue(DescriptorKnote knote) {
        if (!knote.queued) {
            knote.queued = true;
            enqueued++;
        }
    }

    @Override
    int ready(Memory memory) {
        int count = 0;
        for (Descriptor descriptor : byNumber) {
            if (descriptor != null) {
                count += isQueued(memory, descriptor.read) ? 1 : 0;
                count += isQueued(memory, descriptor.write) ? 1 : 0;
            }
        }
        watched = true;
        return count;
    }

    /** A knote that was queued counts until a scan finds that its condition no longer holds. */
    private boolean isQueued(Memory memory, DescriptorKnote knote) {
        if (knote == null || Descriptor.look(memory, knote.descriptor.fd) != 0 || !knote.descriptor.is(memory)
                || isAnother(memory, knote.descriptor)) {
            return false;
        }
        knote.queued &= watched;
        if (!knote.queued && isReady(memory, knote)) {
            enqueue(knote);
        }
        return knote.queued;
    }

    @Override
    void scanned(Memory memory, long scan, boolean all) {
        if (!watched) {
            return;
        }
        for (Descriptor descriptor : byNumber) {
            if (descriptor != null) {
                passOver(memory, descriptor.read, scan, all);
                passOver(memory, descriptor.write, scan, all);
            }
        }
    }

    /** epoll does not say which items a scan has dropped: those that it has not delivered and that are not ready. */
    private void passOver(Memory memory, DescriptorKnote knote, long scan, boolean all) {
        if (knote != null && knote.queued && knote.deliveredBy != scan) {
            knote.queued = !all && isReady(memory, knote);
        }
    }

    /** A socket that is not connected yet: epoll has reported that, and says nothing when it is. */
    private final class FreshSocket implements Rechecks.Check {

        private final DescriptorKnote knote;

        FreshSocket(DescriptorKnote knote) {
            this.knote = knote;
        }

        @Override
        public boolean lookAgain(Memory memory) {
            boolean waits = slots.get(knote.token) == knote && !knote.disabled
                    && Descriptor.look(memory, knote.descriptor.fd) == 0 && knote.descriptor.is(memory);
            if (waits && !Condition.isFresh(Condition.poll(memory, knote.descriptor.fd))) {
                // An error means that the descriptor was closed: the next change finds that.
                arm(memory, knote);
                return false;
            }
            return waits;
        }

        @Override
        public boolean isAwaited(Memory memory) {
            return true;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof FreshSocket socket && socket.knote == knote;
        }

        @Override
        public int hashCode() {
            return knote.hashCode();
        }
    }

    private boolean isReady(Memory memory, DescriptorKnote knote) {
        return !knote.disabled && Descriptor.look(memory, knote.descriptor.fd) == 0
                && knote.descriptor.is(memory) && Condition.evaluate(memory, knote, errnos);
    }
}
