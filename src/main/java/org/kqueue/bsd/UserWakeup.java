package org.kqueue.bsd;

import java.io.IOException;
import org.kqueue.ChangeList;
import org.kqueue.ClosedKqueueException;
import org.kqueue.Errno;
import org.kqueue.Filter;
import org.kqueue.KeventException;
import org.kqueue.KeventFlags;
import org.kqueue.KeventLayout;
import org.kqueue.Note;
import org.kqueue.Wakeup;

/**
 * A wakeup by a user event. Without {@code EV_CLEAR} (level) it stays on once signalled. Its changes are prepared once
 * and never changed, so that any thread may submit them.
 */
final class UserWakeup implements Wakeup {

    private final Submitter kqueue;
    private final ChangeList trigger;
    private final ChangeList delete;
    private volatile boolean closed;

    UserWakeup(Submitter kqueue, KeventLayout layout, long ident, long udata, boolean level) throws IOException {
        this.kqueue = kqueue;
        // Triggered without EV_CLEAR, which would cancel the trigger on all but macOS, and with the udata, which every
        // change replaces.
        trigger = new ChangeList(layout, 1).add(ident, Filter.EVFILT_USER, 0, layout.number(Note.NOTE_TRIGGER), 0,
                udata);
        delete = new ChangeList(layout, 1).add(ident, Filter.EVFILT_USER, KeventFlags.EV_DELETE, udata);
        // Added without NOTE_TRIGGER, which a new knote would lose on FreeBSD and NetBSD.
        int flags = level ? KeventFlags.EV_ADD : KeventFlags.EV_ADD | KeventFlags.EV_CLEAR;
        kqueue.submit(new ChangeList(layout, 1).add(ident, Filter.EVFILT_USER, flags, udata));
    }

    @Override
    public void signal() throws IOException {
        if (closed) {
            return;
        }
        try {
            kqueue.submit(trigger);
        } catch (KeventException e) {
            // ENOENT: closed at this moment.
            if (!closed || e.errno() != Errno.ENOENT) {
                throw e;
            }
        }
    }

    @Override
    public void acknowledge() {
        // The kernel has reset it when it was delivered.
    }

    @Override
    public void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        try {
            kqueue.submit(delete);
        } catch (ClosedKqueueException e) {
            // The knote went with the kqueue.
        }
    }
}
