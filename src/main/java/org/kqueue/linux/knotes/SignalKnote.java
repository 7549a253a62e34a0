package org.kqueue.linux.knotes;

import org.kqueue.Errno;
import org.kqueue.KeventFlags;
import org.kqueue.linux.changes.Change;

/** EVFILT_SIGNAL: counts what {@link Signals} reports. Guarded by the kqueue's lock. */
final class SignalKnote extends Knote {

    private final Knotes knotes;
    private long count;
    private boolean watching;
    private boolean detached;

    SignalKnote(Change change, Knotes knotes) {
        super(change);
        this.knotes = knotes;
        flags |= KeventFlags.EV_CLEAR;
    }

    /** Asked here, because {@link Signals} cannot be loaded without the class. */
    private static final class Probe {
        static final boolean AVAILABLE = isThere("sun.misc.SignalHandler");

        private static boolean isThere(String name) {
            try {
                Class.forName(name);
                return true;
            } catch (ClassNotFoundException e) {
                return false;
            }
        }
    }

    /** False in a runtime without the module jdk.unsupported. */
    static boolean isAvailable() {
        return Probe.AVAILABLE;
    }

    @Override
    int attach() {
        if (Signals.name(ident) == null) {
            // FreeBSD takes any number, and none of these is ever sent.
            return knotes.layout.takesAnySignal() ? 0 : Errno.EINVAL;
        }
        watching = Signals.watch(this);
        return watching || Signals.isUncatchable(ident) ? 0 : Errno.EINVAL;
    }

    /** The signal was delivered. In a thread of the JVM's, without locks held. */
    void received() {
        synchronized (knotes.lock) {
            if (!detached) {
                count++;
                knotes.queue.consider(this);
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
