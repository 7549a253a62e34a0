package org.kqueue.bsd;

import java.io.IOException;
import org.kqueue.ChangeList;
import org.kqueue.ClosedKqueueException;
import org.kqueue.Errno;
import org.kqueue.KeventException;
import org.kqueue.Wakeup;

/**
 * A wakeup by an event that a change makes active and that needs no descriptor. Its changes are prepared once and never
 * changed, so that any thread may hand them over.
 */
abstract class EventWakeup implements Wakeup {

    private final Submitter kqueue;
    private final ChangeList activate;
    private final ChangeList delete;
    private volatile boolean closed;

    EventWakeup(Submitter kqueue, ChangeList activate, ChangeList delete) {
        this.kqueue = kqueue;
        this.activate = activate;
        this.delete = delete;
    }

    @Override
    public final void signal() throws IOException {
        if (closed) {
            return;
        }
        try {
            kqueue.submit(activate);
        } catch (KeventException e) {
            // ENOENT: closed at this moment.
            if (!closed || e.errno() != Errno.ENOENT) {
                throw e;
            }
        }
    }

    @Override
    public final void acknowledge() {
        // The kernel has reset or deleted it when it was delivered.
    }

    @Override
    public final void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        try {
            deleteIfThere();
        } catch (ClosedKqueueException e) {
            // The knote went with the kqueue.
        }
    }

    final void deleteIfThere() throws IOException {
        try {
            kqueue.submit(delete);
        } catch (KeventException e) {
            // ENOENT: a one-shot that was delivered.
            if (e.errno() != Errno.ENOENT) {
                throw e;
            }
        }
    }
}
