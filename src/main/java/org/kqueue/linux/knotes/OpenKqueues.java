package org.kqueue.linux.knotes;

import java.lang.ref.WeakReference;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The open kqueues of a backend, by descriptor. A knote whose descriptor is a kqueue has as data how many events are
 * queued there, which epoll does not tell. Thread-safe.
 */
public final class OpenKqueues {

    /** A kqueue that others may watch. */
    interface Watched {

        /** How many knotes are queued, as far as can be told. Sets what the watcher has to know of them. */
        int queued(DescriptorKnote watcher);
    }

    private final Map<Integer, WeakReference<Watched>> byFd = new ConcurrentHashMap<>();

    /** None is open yet. */
    public OpenKqueues() {
    }

    void add(int fd, Watched kqueue) {
        byFd.put(fd, new WeakReference<>(kqueue));
    }

    void remove(int fd) {
        byFd.remove(fd);
    }

    /** Asked of a knote whose descriptor epoll finds readable. 1 where it is no kqueue of ours. */
    int queued(DescriptorKnote watcher) {
        WeakReference<Watched> reference = byFd.get(watcher.descriptor.fd);
        Watched kqueue = reference == null ? null : reference.get();
        watcher.arrivals = 0;
        return kqueue == null ? 1 : kqueue.queued(watcher);
    }
}
