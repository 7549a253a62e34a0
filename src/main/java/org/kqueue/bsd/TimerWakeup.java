package org.kqueue.bsd;

import java.io.IOException;
import org.kqueue.ChangeList;
import org.kqueue.ClosedKqueueException;
import org.kqueue.Errno;
import org.kqueue.Filter;
import org.kqueue.KeventException;
import org.kqueue.KeventFlags;
import org.kqueue.KeventLayout;
import org.kqueue.Wakeup;

/**
 * A wakeup by a timer of one millisecond, for a kqueue that has neither user events nor a pipe it could watch. Each
 * signal wakes one waiter, at the kernel's next tick.
 */
final class TimerWakeup implements Wakeup {

    private final Submitter kqueue;
    /** Never changed, so that any thread may hand them over. */
    private final ChangeList start;
    private final ChangeList delete;
    private volatile boolean closed;

    TimerWakeup(Submitter kqueue, KeventLayout layout, long ident, long udata) throws IOException {
        this.kqueue = kqueue;
        int once = KeventFlags.EV_ADD | KeventFlags.EV_ONESHOT;
        start = new ChangeList(layout, 1).add(ident, layout.number(Filter.EVFILT_TIMER), once, 0, 1, udata);
        delete = new ChangeList(layout, 1).add(ident, Filter.EVFILT_TIMER, KeventFlags.EV_DELETE, udata);
        // Whether the kernel has timers must show now: added, and taken back before anyone waits.
        kqueue.submit(start);
        cancel();
    }

    @Override
    public void signal() throws IOException {
        if (!closed) {
            kqueue.submit(start);
        }
    }

    @Override
    public void acknowledge() {
        // A one-shot is gone when it was delivered.
    }

    @Override
    public void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        try {
            cancel();
        } catch (ClosedKqueueException e) {
            // The knote went with the kqueue.
        }
    }

    private void cancel() throws IOException {
        try {
            kqueue.submit(delete);
        } catch (KeventException e) {
            // ENOENT: it has fired.
            if (e.errno() != Errno.ENOENT) {
                throw e;
            }
        }
    }
}
