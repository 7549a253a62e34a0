package org.kqueue.linux.knotes;

import org.kqueue.Errno;
import org.kqueue.KeventFlags;
import org.kqueue.KeventLayout;
import org.kqueue.linux.changes.Change;

/** EVFILT_SIGNAL: counts what {@link Signals} reports. Guarded by the kqueue's lock. */
final class SignalKnote extends SoftKnote {

    private final KeventLayout layout;
    private final SoftQueue queue;
    private final Object lock;
    private long count;
    private boolean watching;
    private boolean detached;

    SignalKnote(Change change, KeventLayout layout, SoftQueue queue, Object lock) {
        super(change);
        this.layout = layout;
        this.queue = queue;
        this.lock = lock;
        flags |= KeventFlags.EV_CLEAR;
    }

    @Override
    int attach() {
        if (Signals.name(ident) == null) {
            // FreeBSD takes any number, and none of these is ever sent.
            return layout.takesAnySignal() ? 0 : Errno.EINVAL;
        }
        watching = Signals.watch(this);
        return watching || Signals.isUncatchable(ident) ? 0 : Errno.EINVAL;
    }

    /** The signal was delivered. In a thread of the JVM's, without locks held. */
    void received() {
        synchronized (lock) {
            if (!detached) {
                count++;
                queue.consider(this);
            }
        }
    }

    @Override
    boolean evaluate() {
        eventData = count;
        return count > 0;
    }

    @Override
    void delivered() {
        count = 0;
    }

    @Override
    void detach() {
        detached = true;
        if (watching) {
            Signals.unwatch(this);
        }
    }
}
