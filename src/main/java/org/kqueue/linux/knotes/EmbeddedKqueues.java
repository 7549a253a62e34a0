package org.kqueue.linux.knotes;

import java.io.IOException;
import java.lang.ref.WeakReference;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.kqueue.KeventLayout;
import org.kqueue.Kqueue;

/**
 * Opens kqueues with all filters and full detail, and knows those that are open by descriptor: a knote whose descriptor
 * is a kqueue has as data how many events are queued there, which epoll does not tell. Thread-safe.
 */
public final class EmbeddedKqueues {

    private final Map<Integer, WeakReference<EmbeddedKqueue>> open = new ConcurrentHashMap<>();

    /** None is open yet. */
    public EmbeddedKqueues() {
    }

    /** {@return why none can be opened here, or null} */
    public String whyNot() {
        return LinuxCalls.whyNot();
    }

    /**
     * Opens a kqueue.
     *
     * @param layout the ABI
     * @return a new kqueue
     * @throws org.kqueue.KqueueUnavailableException where the system lacks a call
     * @throws IOException if the system refuses
     */
    public Kqueue open(KeventLayout layout) throws IOException {
        EmbeddedKqueue kqueue = EmbeddedKqueue.open(layout, this);
        open.put(kqueue.fd(), new WeakReference<>(kqueue));
        return kqueue;
    }

    void closed(int fd) {
        open.remove(fd);
    }

    /** Asked of a knote whose descriptor epoll finds readable. 1 where it is no kqueue of ours. */
    int queued(DescriptorKnote watcher) {
        WeakReference<EmbeddedKqueue> reference = open.get(watcher.descriptor.fd);
        EmbeddedKqueue kqueue = reference == null ? null : reference.get();
        watcher.arrivals = 0;
        return kqueue == null ? 1 : kqueue.queued(watcher);
    }
}
