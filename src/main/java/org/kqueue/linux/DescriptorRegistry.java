package org.kqueue.linux;

import static org.kqueue.linux.EpollLibrary.EPOLL_CTL_DEL;

import com.sun.jna.Native;
import java.util.Arrays;
import org.kqueue.Errno;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.KeventFlags;

/**
 * The knotes on descriptors, in full detail. Each is an epoll item of its own ({@link EpollItems}), so that epoll's
 * ready list, first in, first out, is the kqueue's queue. Guarded by the kqueue's lock.
 *
 * <p>Every item is edge triggered. An event says "look again": {@link Condition} does, and a level knote that is ready
 * is delivered and queued again by EPOLL_CTL_MOD, which makes epoll look at the file anew. So what kqueue keeps silent
 * about and epoll cannot mask (HUP of a fresh socket, an item whose descriptor was closed while its file lives on)
 * costs one event and never spins.
 */
final class DescriptorRegistry {

    /** A result of {@link #event}: the knote was delivered by this scan before, so the scan has seen all there is. */
    static final int SEEN = -1;

    /** A result of {@link #change}: the descriptor is of a file, which epoll does not take. */
    static final int IS_FILE = -1;

    private final int kqfd;
    private final EpollItems items;
    private final QueuedKnotes queue;
    private final Errno.Numbering errnos;
    private final Rechecks rechecks;
    private final Slots<DescriptorKnote> slots = new Slots<>();
    private Descriptor[] byNumber = new Descriptor[64];
    /** How many knotes the scan {@link #keptBy} has delivered and left in the queue. */
    private int kept;
    private long keptBy;

    DescriptorRegistry(int kqfd, OpenFiles files, Errno.Numbering errnos, Rechecks rechecks) {
        this.kqfd = kqfd;
        this.errnos = errnos;
        this.rechecks = rechecks;
        items = new EpollItems(kqfd, files);
        queue = new QueuedKnotes(items, errnos);
    }

    /** What a kqueue that watches this one has to know. */
    int queued(Memory memory) {
        return queue.count(memory, byNumber);
    }

    /** How many knotes were queued, ever. */
    long enqueued() {
        return queue.enqueued();
    }

    /** A scan has ended; {@code all}: it has seen all that was ready. */
    void scanned(Memory memory, long scan, boolean all) {
        queue.scanned(memory, byNumber, scan, all);
    }

    /** Applies a change. Returns 0, the errno, or {@link #IS_FILE}. */
    int change(Memory memory, Change change) {
        if (change.ident < 0 || change.ident > Integer.MAX_VALUE) {
            return Errno.EBADF;
        }
        int fd = (int) change.ident;
        Descriptor descriptor = find(fd);
        int errno = Descriptor.look(memory, fd);
        if (descriptor != null && (errno != 0 || !descriptor.is(memory) || items.isAnother(memory, descriptor))) {
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

    private int attach(Memory memory, Change change, Descriptor descriptor) {
        int errno = refusal(memory, change, descriptor);
        if (errno != 0) {
            return errno;
        }
        DescriptorKnote knote = new DescriptorKnote(change, descriptor, slots);
        errno = descriptor.owner == null ? 0 : items.openSide(memory, knote);
        if (errno == 0 && descriptor.owner == null) {
            descriptor.owner = knote;
        }
        descriptor.set(change.filter, knote);
        if (errno == 0 && !knote.disabled) {
            errno = items.arm(memory, knote);
        } else if (errno == 0 && descriptor.isAnonymous()) {
            items.armMuted(memory, knote);
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

    private int modify(Memory memory, Change change, DescriptorKnote knote) {
        knote.sfflags = change.fflags;
        knote.sdata = change.data;
        knote.modify(change);
        if (knote.disabled) {
            items.mute(memory, knote);
            return 0;
        }
        knote.changed = true;
        int errno = knote.forced ? items.force(memory, knote) : items.arm(memory, knote);
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
        items.disarm(memory, knote);
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
        items.closeSide(knote);
        Descriptor descriptor = knote.descriptor;
        descriptor.set(knote.filter, null);
        if (descriptor.owner == knote) {
            descriptor.owner = null;
        }
    }

    /**
     * Turns epoll's event into a kevent.
     *
     * @return the number appended, or {@link #SEEN}
     */
    int event(Memory memory, long token, EventList events, long scan) {
        DescriptorKnote knote = slots.get(token);
        if (knote == null) {
            return 0;
        }
        if (knote.disabled) {
            items.silence(memory, knote);
            knote.queued = false;
            return 0;
        }
        Descriptor descriptor = knote.descriptor;
        if (Descriptor.look(memory, descriptor.fd) != 0 || !descriptor.is(memory)) {
            forget(descriptor);
            return 0;
        }
        if (knote.deliveredBy == scan) {
            items.arm(memory, knote);
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
                && items.arm(memory, knote) != 0) {
            // The exact test of identity: epoll finds the item by number and file.
            forget(descriptor);
            return 0;
        }
        queue.enqueue(knote);
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
            items.silence(memory, knote);
        }
        return 1;
    }

    /** How many knotes a scan has delivered and left in the queue. */
    int kept(long scan) {
        return keptBy == scan ? kept : 0;
    }

    /** An event of epoll's that was fetched and is not wanted now: it goes to the tail of epoll's list. */
    void putBack(Memory memory, long token) {
        DescriptorKnote knote = slots.get(token);
        if (knote != null && knote.armed && !knote.disabled) {
            // An error means that the descriptor was closed: the next change finds that.
            items.arm(memory, knote);
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
                items.arm(memory, knote);
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
}
