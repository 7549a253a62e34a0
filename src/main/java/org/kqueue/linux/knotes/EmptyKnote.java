package org.kqueue.linux.knotes;

import org.kqueue.Errno;
import org.kqueue.KeventFlags;
import org.kqueue.linux.changes.Change;

/**
 * EVFILT_EMPTY: a socket's send buffer is empty; with TCP, when everything was acknowledged. Linux tells how much is in
 * the buffer but does not report when it becomes empty, so {@link Rechecks} polls it. Guarded by the kqueue's lock.
 */
final class EmptyKnote extends Knote implements Rechecks.Check {

    private final Knotes knotes;
    private final FileStatus file;
    private boolean local;
    /** With EV_CLEAR: was reported, and the buffer has not been seen filled since. */
    private boolean reported;

    EmptyKnote(Change change, Knotes knotes, FileStatus file) {
        super(change);
        this.knotes = knotes;
        this.file = file;
    }

    @Override
    int attach() {
        if (!file.isSocket()) {
            return Errno.EINVAL;
        }
        local = Descriptor.isUnix(knotes.calls, file.fd());
        // Throws for a kind of socket that cannot tell.
        isEmpty();
        return knotes.rechecks.add(this);
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

    /** A local socket passes data to its peer at once, and keeps none. */
    private boolean isEmpty() {
        long unsent = local ? 0 : knotes.calls.unsent(file.fd());
        // EINVAL: a listener, which has no buffer.
        if (unsent < 0 && unsent != -Errno.EINVAL) {
            throw new CallFailed("ioctl(SIOCOUTQ)", file.fd(), (int) -unsent);
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
            knotes.rechecks.add(this);
        }
    }

    @Override
    public boolean lookAgain() {
        if (isGone()) {
            return false;
        }
        knotes.queue.consider(this);
        return true;
    }

    @Override
    public boolean isAwaited() {
        // Not after it was reported: only a write can change that, and the next scan evaluates it.
        return !disabled && !queued && !reported;
    }

    @Override
    boolean isGone() {
        return knotes.calls.isGone(file);
    }

    @Override
    void detach() {
        knotes.rechecks.remove(this);
    }
}
