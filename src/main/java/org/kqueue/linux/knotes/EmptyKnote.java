package org.kqueue.linux.knotes;

import org.kqueue.Errno;
import org.kqueue.KeventFlags;
import org.kqueue.linux.changes.Change;
import org.kqueue.linux.epoll.CallFailed;
import org.kqueue.linux.epoll.LinuxCalls;

/**
 * EVFILT_EMPTY: everything written to a socket was taken off its send buffer, by TCP when it was acknowledged. Linux
 * tells how much there is, but wakes nobody when it is gone, so {@link Rechecks} looks. Guarded by the kqueue's lock.
 */
final class EmptyKnote extends SoftKnote implements Rechecks.Check {

    private final LinuxCalls calls;
    private final SoftQueue queue;
    private final Rechecks rechecks;
    private FileIdentity file;
    private boolean local;
    /** With EV_CLEAR: was reported, and was not seen with something in its buffer since. */
    private boolean reported;

    EmptyKnote(Change change, LinuxCalls calls, SoftQueue queue, Rechecks rechecks) {
        super(change);
        this.calls = calls;
        this.queue = queue;
        this.rechecks = rechecks;
    }

    @Override
    int attach() {
        file = FileIdentity.of(calls, ident);
        if (file.errno() != 0) {
            return file.errno();
        }
        if (!file.status().isSocket()) {
            return Errno.EINVAL;
        }
        local = Descriptor.isUnix(calls, file.fd());
        // Fails for a socket of a kind that has no number for it.
        isEmpty();
        return rechecks.add(this);
    }

    @Override
    int touch(Change change) {
        // The condition is looked at anew by every change.
        reported = false;
        return 0;
    }

    @Override
    boolean evaluate() {
        eventData = 0;
        boolean empty = isEmpty();
        reported &= empty;
        return empty && !reported;
    }

    /** A local socket hands over to its peer at once and keeps nothing. */
    private boolean isEmpty() {
        long unsent = local ? 0 : calls.unsent(file.fd());
        // EINVAL: a listener, which has no buffer.
        if (unsent < 0 && unsent != -Errno.EINVAL) {
            throw CallFailed.of("ioctl(SIOCOUTQ)", file.fd(), (int) -unsent);
        }
        return unsent <= 0;
    }

    @Override
    void delivered() {
        reported = has(KeventFlags.EV_CLEAR);
    }

    @Override
    void waiting(boolean isWaiting) {
        if (isWaiting) {
            rechecks.add(this);
        }
    }

    @Override
    public boolean lookAgain() {
        if (isGone()) {
            return false;
        }
        queue.consider(this);
        return true;
    }

    @Override
    public boolean isAwaited() {
        // Not after it was reported: only a write can change that, and the scan after it looks.
        return !disabled && !queued && !reported;
    }

    @Override
    boolean isGone() {
        return file.isGone(calls);
    }

    @Override
    void detach() {
        rechecks.remove(this);
    }
}
