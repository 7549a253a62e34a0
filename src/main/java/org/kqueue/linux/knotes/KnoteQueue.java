package org.kqueue.linux.knotes;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashSet;
import java.util.Set;
import org.kqueue.EventList;
import org.kqueue.KeventFlags;
import org.kqueue.linux.epoll.EpollInstance;

/**
 * The queue of active knotes, first in, first out. An eventfd stands for it in the kqueue's epoll instance: it has a
 * count while the queue is not empty, which ends waits and makes the kqueue's descriptor readable. Guarded by the
 * kqueue's lock.
 */
final class KnoteQueue {

    private final EpollInstance epoll;
    private final LinuxCalls calls;
    private final Sources sources;
    private final Set<Knote> queue = new LinkedHashSet<>();
    /** How many ready knotes were queued, ever; a level one that stays after its delivery is not queued anew. */
    private long enqueued;
    /** Whether the eventfd has a count. */
    private boolean signalled;
    private long scans;

    KnoteQueue(EpollInstance epoll, LinuxCalls calls, Sources sources) {
        this.epoll = epoll;
        this.calls = calls;
        this.sources = sources;
    }

    boolean isEmpty() {
        return queue.isEmpty();
    }

    long enqueued() {
        return enqueued;
    }

    /** epoll has reported a knote: appends it. It is evaluated when it is at the head. */
    void activate(Knote knote) {
        if (!knote.disabled && !knote.queued) {
            append(knote);
        }
    }

    /** Evaluates a knote after a change or an event, and appends it if it is ready and enabled. */
    void consider(Knote knote) {
        if (!knote.disabled && !knote.queued && isReady(knote)) {
            if (!sources.isTaking()) {
                // What became ready before is queued before.
                sources.takeAll();
                // Even if there is a count already: a kqueue that watches this one needs an edge for each arrival.
                signal();
            }
            activate(knote);
            prove(knote);
        }
        knote.waiting(!knote.disabled && !knote.queued);
    }

    private boolean isReady(Knote knote) {
        try {
            // Evaluated in any case, for what its event says.
            return knote.evaluate() || knote.forced;
        } catch (CallFailed e) {
            if (knote.isGone()) {
                // The next scan or change removes it.
                return false;
            }
            // It must not block the others in the next scan.
            remove(knote);
            throw e;
        }
    }

    private void append(Knote knote) {
        knote.queued = true;
        queue.add(knote);
    }

    private void prove(Knote knote) {
        if (!knote.proven) {
            knote.proven = true;
            enqueued++;
        }
    }

    void remove(Knote knote) {
        knote.queued = false;
        knote.proven = false;
        queue.remove(knote);
    }

    private void signal() {
        signalled = true;
        try {
            epoll.wake();
        } catch (IOException e) {
            // EAGAIN after 2^64 signals, EBADF for a program that closes what is not its own.
            throw new UncheckedIOException(e);
        }
    }

    /** To be called before the lock is released. */
    void settle() {
        if (queue.isEmpty() && signalled) {
            signalled = false;
            calls.drain(epoll.eventfd());
        } else if (!queue.isEmpty() && !signalled) {
            signal();
        }
    }

    /** A scan: delivers knotes from the head, each once, as long as there is room; level ones go to the tail. */
    void deliver(EventList events, Knotes knotes) {
        long scan = ++scans;
        while (!queue.isEmpty() && events.size() < events.capacity()) {
            Knote knote = queue.iterator().next();
            if (knote.deliveredBy == scan) {
                return;
            }
            knote.refresh();
            if (isDue(knote, knotes)) {
                prove(knote);
                queue.remove(knote);
                knote.deliver(events, scan);
                delivered(knote, knotes);
            }
        }
    }

    /** Whether a queued knote is to be delivered, or counts. One that is not leaves the queue. */
    private boolean isDue(Knote knote, Knotes knotes) {
        if (knote.isGone()) {
            knotes.remove(knote);
            return false;
        }
        if (!knote.disabled && isReady(knote)) {
            return true;
        }
        remove(knote);
        knote.waiting(!knote.disabled);
        return false;
    }

    private void delivered(Knote knote, Knotes knotes) {
        knote.delivered();
        if (knote.has(KeventFlags.EV_ONESHOT)) {
            knotes.remove(knote);
            return;
        }
        if (knote.has(KeventFlags.EV_DISPATCH)) {
            knote.disabled = true;
            remove(knote);
        } else if (knote.has(KeventFlags.EV_CLEAR)) {
            remove(knote);
        } else {
            append(knote);
        }
        knote.waiting(!knote.disabled && !knote.queued);
    }

    /** How many knotes are queued. One that was ready counts until a scan finds that it no longer is. */
    int size(Knotes knotes) {
        int size = 0;
        for (Knote knote : queue.toArray(new Knote[0])) {
            if (knote.proven && !knote.isGone()) {
                size++;
            } else if (isDue(knote, knotes)) {
                prove(knote);
                size++;
            }
        }
        return size;
    }
}
