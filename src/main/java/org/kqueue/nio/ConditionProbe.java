package org.kqueue.nio;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.ClosedSelectorException;
import org.kqueue.ChangeList;
import org.kqueue.Errno;
import org.kqueue.Event;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.KeventException;
import org.kqueue.KeventFlags;
import org.kqueue.Kqueue;
import org.kqueue.KqueueConfig;

/**
 * Asks the kernel what it knows of a descriptor now, by a knote that lives no longer than the question, in a kqueue of
 * its own with full detail. The selector's own events are not kept for this: they would be of the past, and would cost
 * every key memory and every event time. Opened when first asked. Thread-safe.
 */
final class ConditionProbe implements Closeable {

    // all guarded by this
    private Kqueue kqueue;
    private ChangeList change;
    private EventList event;
    private boolean closed;

    /**
     * What an event of a descriptor says now.
     *
     * @return null where the filter is not ready
     * @throws KeventException if the kernel refuses the filter for this descriptor
     */
    synchronized Event look(int fd, Filter filter) throws IOException {
        if (closed) {
            throw new ClosedSelectorException();
        }
        if (kqueue == null) {
            kqueue = Kqueue.open(KqueueConfig.fromSystemProperties());
            change = kqueue.newChangeList(1);
            event = kqueue.newEventList(1);
        }
        change.clear().add(fd, filter, KeventFlags.EV_ADD | KeventFlags.EV_ONESHOT, 0);
        if (kqueue.kevent(change, event, 0) == 0) {
            delete(fd, filter);
            return null;
        }
        if (event.isChangeResult(0)) {
            int errno = event.errno(0);
            throw new KeventException("kevent", kqueue.fd(), errno, Errno.name(errno, kqueue.layout().errnos()),
                    event.toString(0));
        }
        return event.event(0);
    }

    private void delete(int fd, Filter filter) throws IOException {
        try {
            kqueue.kevent(change.clear().add(fd, filter, KeventFlags.EV_DELETE, 0), null, 0);
        } catch (KeventException e) {
            // The descriptor was closed meanwhile, and its knote is gone with it.
            if (e.errno() != Errno.ENOENT && e.errno() != Errno.EBADF) {
                throw e;
            }
        }
    }

    @Override
    public synchronized void close() throws IOException {
        closed = true;
        if (kqueue != null) {
            kqueue.close();
        }
    }
}
