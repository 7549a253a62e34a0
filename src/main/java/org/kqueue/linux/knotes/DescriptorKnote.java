package org.kqueue.linux.knotes;

import org.kqueue.Filter;
import org.kqueue.KeventFlags;
import org.kqueue.linux.changes.Change;

/** A knote on a descriptor. Guarded by the kqueue's lock. */
final class DescriptorKnote extends Knote {

    final Descriptor descriptor;
    /** What epoll's event carries. */
    final long token;
    /**
     * An epoll instance that holds nothing but the descriptor, where another knote has the descriptor's own item; or
     * -1.
     */
    int side = -1;
    /** Whether the item is in the kqueue's epoll instance. */
    boolean armed;
    /** Whether kqueue's queue would hold it now, as far as is known; kept where another kqueue watches. */
    boolean queued;
    /**
     * Whether both directions have ended (HUP), set when the knote is evaluated; and whether they had when it was
     * delivered.
     */
    boolean hung;
    /** Whether it is a socket without a connection, set when the knote is evaluated. */
    boolean fresh;
    private boolean endReported;
    /** Whether a change came after the last delivery. */
    boolean changed = true;
    /** On a kqueue: how many knotes were ever queued there, when evaluated and when delivered. */
    long arrivals;
    long reportedArrivals;

    DescriptorKnote(Change change, Descriptor descriptor, Slots<DescriptorKnote> slots) {
        super(change);
        this.descriptor = descriptor;
        this.token = slots.add(this);
    }

    /**
     * Whether a knote with EV_CLEAR has reported this state, and nothing can have happened since: nobody writes after
     * the end of a local stream, and what is queued in a kqueue already is not queued again.
     */
    boolean isRepetition() {
        if (changed || !has(KeventFlags.EV_CLEAR)) {
            return false;
        }
        return hung && endReported && filter == Filter.EVFILT_WRITE && descriptor.isUnixStream()
                || arrivals != 0 && arrivals == reportedArrivals;
    }

    void delivered() {
        changed = false;
        endReported = hung;
        reportedArrivals = arrivals;
    }

    /** The descriptor that stands for the knote in the kqueue's epoll instance. */
    int item() {
        return side >= 0 ? side : descriptor.fd;
    }
}
