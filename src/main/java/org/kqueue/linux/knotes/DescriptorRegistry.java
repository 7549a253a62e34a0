package org.kqueue.linux.knotes;

import static org.kqueue.linux.epoll.EpollCalls.EPOLLERR;

import java.util.Arrays;
import org.kqueue.Errno;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.KeventFlags;
import org.kqueue.linux.changes.Change;
import org.kqueue.linux.epoll.CallFailed;
import org.kqueue.linux.epoll.EpollInstance;
import org.kqueue.linux.epoll.FileStatus;
import org.kqueue.linux.epoll.LinuxCalls;
import org.kqueue.linux.epoll.OpenFiles;

/**
 * The knotes on descriptors. Each is an epoll item of its own ({@link EpollItems}), so that epoll's ready list, first
 * in, first out, is the kqueue's queue. Guarded by the kqueue's lock.
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
    private final LinuxCalls calls;
    private final EpollItems items;
    private final Condition condition;
    private final QueuedKnotes queue;
    private final Rechecks rechecks;
    private final Slots<DescriptorKnote> slots = new Slots<>();
    private Descriptor[] byNumber = new Descriptor[64];
    /** How many knotes the scan {@link #keptBy} has delivered and left in the queue. */
    private int kept;
    private long keptBy;

    DescriptorRegistry(EpollInstance epoll, LinuxCalls calls, OpenFiles files, Condition condition,
            Rechecks rechecks) {
        kqfd = epoll.epfd();
        this.calls = calls;
        this.condition = condition;
        this.rechecks = rechecks;
        items = new EpollItems(epoll, calls, files);
        queue = new QueuedKnotes(calls, items, condition);
    }

    /** What a kqueue that watches this one has to know. */
    int queued() {
        return queue.count(byNumber);
    }

    /** How many knotes were queued, ever. */
    long enqueued() {
        return queue.enqueued();
    }

    /** A scan has ended; {@code all}: it has seen all that was ready. */
    void scanned(long scan, boolean all) {
        queue.scanned(byNumber, scan, all);
    }

    /** Applies a change. Returns 0, the errno, or {@link #IS_FILE}. */
    int change(Change change) {
        if (change.ident < 0 || change.ident > Integer.MAX_VALUE) {
            return Errno.EBADF;
        }
        int fd = (int) change.ident;
        Descriptor descriptor = find(fd);
        FileStatus now = calls.look(fd);
        if (descriptor != null && (!descriptor.isSame(calls, now) || items.isAnother(descriptor))) {
            forget(descriptor);
            descriptor = null;
        }
        if (now.errno() != 0) {
            return now.errno();
        }
        if (now.isFile()) {
            return IS_FILE;
        }
        DescriptorKnote knote = descriptor == null ? null : descriptor.knote(change.filter);
        if (knote == null) {
            return change.has(KeventFlags.EV_ADD) ? attach(change, descriptor, now) : Errno.ENOENT;
        }
        if (change.has(KeventFlags.EV_DELETE)) {
            remove(knote);
            return 0;
        }
        return modify(change, knote);
    }

    private Descriptor find(int fd) {
        return fd < byNumber.length ? byNumber[fd] : null;
    }

    private int attach(Change change, Descriptor known, FileStatus file) {
        try {
            return attach(change, known != null ? known : new Descriptor((int) change.ident, file, calls));
        } catch (CallFailed e) {
            // Closed meanwhile, or a call that this system does not have: the change's error.
            return e.errno();
        }
    }

    private int attach(Change change, Descriptor descriptor) {
        int errno = refusal(change, descriptor);
        if (errno != 0) {
            return errno;
        }
        DescriptorKnote knote = new DescriptorKnote(change, descriptor, slots);
        errno = descriptor.owner == null ? 0 : items.openSide(knote);
        if (errno == 0 && descriptor.owner == null) {
            descriptor.owner = knote;
        }
        descriptor.set(change.filter, knote);
        if (errno == 0 && !knote.disabled) {
            errno = items.arm(knote);
        } else if (errno == 0 && descriptor.file.isAnonymous()) {
            items.armMuted(knote);
        }
        if (errno != 0) {
            remove(knote);
            // A device without poll, such as /dev/null.
            return errno == Errno.EPERM ? Errno.ENODEV : errno;
        }
        condition.remember(descriptor);
        if (descriptor.fd >= byNumber.length) {
            byNumber = Arrays.copyOf(byNumber, Math.max(descriptor.fd + 1, 2 * byNumber.length));
        }
        byNumber[descriptor.fd] = descriptor;
        return 0;
    }

    /** The errno for a filter that does not fit the object, 0 where it does. */
    private int refusal(Change change, Descriptor descriptor) {
        boolean write = change.filter == Filter.EVFILT_WRITE;
        if (write && descriptor.unnamedPipe && (condition.poll(descriptor.fd) & EPOLLERR) != 0) {
            return Errno.EPIPE;
        }
        return descriptor.file.isAnonymous()
                && (descriptor.fd == kqfd || write && items.isEpoll(descriptor.fd)) ? Errno.EINVAL : 0;
    }

    private int modify(Change change, DescriptorKnote knote) {
        knote.sfflags = change.fflags;
        knote.sdata = change.data;
        knote.modify(change);
        if (knote.disabled) {
            items.mute(knote);
            return 0;
        }
        knote.changed = true;
        int errno = knote.forced ? items.force(knote) : items.arm(knote);
        if (errno == Errno.ENOENT) {
            // The number names another file of the same inode, such as another kqueue.
            forget(knote.descriptor);
            if (change.has(KeventFlags.EV_ADD)) {
                FileStatus now = calls.look(knote.descriptor.fd);
                return now.errno() != 0 ? now.errno() : attach(change, null, now);
            }
        }
        return errno;
    }

    private void remove(DescriptorKnote knote) {
        items.disarm(knote);
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
    int event(long token, EventList events, long scan) {
        DescriptorKnote knote = slots.get(token);
        if (knote == null) {
            return 0;
        }
        if (knote.disabled) {
            items.silence(knote);
            knote.queued = false;
            return 0;
        }
        Descriptor descriptor = knote.descriptor;
        if (!descriptor.isOpen(calls)) {
            forget(descriptor);
            return 0;
        }
        if (knote.deliveredBy == scan) {
            items.arm(knote);
            return SEEN;
        }
        if ((!condition.evaluate(knote) || knote.isRepetition()) && !knote.forced) {
            knote.queued = false;
            if (knote.fresh && descriptor.isUnixStream()) {
                // connect wakes nobody who waits for the client. Without a timer it is found by the next change.
                rechecks.add(new FreshSocket(knote));
            }
            return 0;
        }
        boolean pipeBroken = descriptor.unnamedPipe && knote.filter == Filter.EVFILT_WRITE
                && (knote.eventFlags & KeventFlags.EV_EOF) != 0;
        if (pipeBroken) {
            knote.flags |= KeventFlags.EV_ONESHOT;
        }
        boolean level = !knote.has(KeventFlags.EV_ONESHOT | KeventFlags.EV_CLEAR | KeventFlags.EV_DISPATCH);
        if (level && items.arm(knote) != 0) {
            // The exact test of identity: epoll finds the item by number and file.
            forget(descriptor);
            return 0;
        }
        queue.enqueue(knote);
        knote.delivered();
        knote.queued = level;
        if (level) {
            kept = kept(scan) + 1;
            keptBy = scan;
        }
        knote.deliver(events, scan);
        if (knote.has(KeventFlags.EV_ONESHOT)) {
            remove(knote);
        } else if (knote.has(KeventFlags.EV_DISPATCH)) {
            knote.disabled = true;
            items.silence(knote);
        }
        return 1;
    }

    /** How many knotes a scan has delivered and left in the queue. */
    int kept(long scan) {
        return keptBy == scan ? kept : 0;
    }

    /** An event of epoll's that was fetched and is not wanted now: it goes to the tail of epoll's list. */
    void putBack(long token) {
        DescriptorKnote knote = slots.get(token);
        if (knote != null && knote.armed && !knote.disabled) {
            // An error means that the descriptor was closed: the next change finds that.
            items.arm(knote);
        }
    }

    /** A socket that is not connected yet: epoll has reported that, and says nothing when it is. */
    private final class FreshSocket implements Rechecks.Check {

        private final DescriptorKnote knote;

        FreshSocket(DescriptorKnote knote) {
            this.knote = knote;
        }

        @Override
        public boolean lookAgain() {
            boolean waits = slots.get(knote.token) == knote && !knote.disabled && knote.descriptor.isOpen(calls);
            if (waits && !Condition.isFresh(condition.poll(knote.descriptor.fd))) {
                // An error means that the descriptor was closed: the next change finds that.
                items.arm(knote);
                return false;
            }
            return waits;
        }

        @Override
        public boolean isAwaited() {
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
