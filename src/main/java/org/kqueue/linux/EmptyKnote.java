package org.kqueue.linux;

import org.kqueue.Errno;
import org.kqueue.KeventFlags;

/**
 * EVFILT_EMPTY: everything written to a socket was taken off its send buffer, by TCP when it was acknowledged. Linux
 * tells how much there is, but wakes nobody when it is gone, so {@link Rechecks} looks. Guarded by the kqueue's lock.
 */
final class EmptyKnote extends SoftKnote implements Rechecks.Check {

    private final SoftQueue queue;
    private final Rechecks rechecks;
    private FileIdentity file;
    private boolean local;
    /** With EV_CLEAR: was reported, and was not seen with something in its buffer since. */
    private boolean reported;

    EmptyKnote(Change change, SoftQueue queue, Rechecks rechecks) {
        super(change);
        this.queue = queue;
        this.rechecks = rechecks;
    }

    @Override
    int attach(Memory memory) {
        int errno = FileIdentity.errno(memory, ident, 0);
        if (errno != 0) {
            return errno;
        }
        if ((memory.mode() & LinuxLibrary.S_IFMT) != LinuxLibrary.S_IFSOCK) {
            return Errno.EINVAL;
        }
        file = FileIdentity.of((int) ident, memory);
        local = Descriptor.option(memory, file.fd(), LinuxLibrary.SO_DOMAIN) == LinuxLibrary.AF_UNIX;
        return rechecks.add(memory, this);
    }

    @Override
    int touch(Memory memory, Change change) {
        // The condition is looked at anew by every change.
        reported = false;
        return 0;
    }

    @Override
    boolean evaluate(Memory memory) {
        eventData = 0;
        boolean empty = isEmpty(memory);
        reported &= empty;
        return empty && !reported;
    }

    /** A local socket hands over to its peer at once and keeps nothing. */
    private boolean isEmpty(Memory memory) {
        // EINVAL: a listener, which has no buffer.
        return local || LinuxLibrary.ioctl(file.fd(), LinuxLibrary.SIOCOUTQ, memory.number(0)) != 0
                || memory.intNumber() == 0;
    }

    @Override
    void delivered() {
        reported = has(KeventFlags.EV_CLEAR);
    }

    @Override
    void waiting(Memory memory, boolean isWaiting) {
        if (isWaiting) {
            rechecks.add(memory, this);
        }
    }

    @Override
    public boolean lookAgain(Memory memory) {
        if (isGone(memory)) {
            return false;
        }
        queue.consider(memory, this);
        return true;
    }

    @Override
    public boolean isAwaited(Memory memory) {
        // Not after it was reported: only a write can change that, and the scan after it looks.
        return !disabled && !queued && !reported;
    }

    @Override
    boolean isGone(Memory memory) {
        return file.isGone(memory);
    }

    @Override
    void detach(Memory memory) {
        rechecks.remove(this);
    }
}
