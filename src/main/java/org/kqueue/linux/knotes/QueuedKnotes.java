package org.kqueue.linux.knotes;

import org.kqueue.linux.epoll.LinuxCalls;

/**
 * How many knotes on descriptors are queued, for a kqueue that watches this one: epoll does not show its ready list, so
 * it is told from the knotes' conditions and from what was delivered. Costs nothing as long as nobody watches. Guarded
 * by the kqueue's lock.
 */
final class QueuedKnotes {

    private final LinuxCalls calls;
    private final EpollItems items;
    private final Condition condition;
    private long enqueued;
    /** Whether another kqueue asks for {@link #count}. */
    private boolean watched;

    QueuedKnotes(LinuxCalls calls, EpollItems items, Condition condition) {
        this.calls = calls;
        this.items = items;
        this.condition = condition;
    }

    /** How many knotes were queued, ever, as far as a kqueue that watches this one has to know. */
    long enqueued() {
        return enqueued;
    }

    /** For a kqueue that watches this one, and counts what gets into the queue. */
    void enqueue(DescriptorKnote knote) {
        if (!knote.queued) {
            knote.queued = true;
            enqueued++;
        }
    }

    int count(Descriptor[] byNumber) {
        int count = 0;
        for (Descriptor descriptor : byNumber) {
            if (descriptor != null) {
                count += isQueued(descriptor.read) ? 1 : 0;
                count += isQueued(descriptor.write) ? 1 : 0;
            }
        }
        watched = true;
        return count;
    }

    /** A knote that was queued counts until a scan finds that its condition no longer holds. */
    private boolean isQueued(DescriptorKnote knote) {
        if (knote == null || !knote.descriptor.isOpen(calls) || items.isAnother(knote.descriptor)) {
            return false;
        }
        knote.queued &= watched;
        if (!knote.queued && isReady(knote)) {
            enqueue(knote);
        }
        return knote.queued;
    }

    /** A scan has ended; {@code all}: it has seen all that was ready. */
    void scanned(Descriptor[] byNumber, long scan, boolean all) {
        if (!watched) {
            return;
        }
        for (Descriptor descriptor : byNumber) {
            if (descriptor != null) {
                passOver(descriptor.read, scan, all);
                passOver(descriptor.write, scan, all);
            }
        }
    }

    /** epoll does not say which items a scan has dropped: those that it has not delivered and that are not ready. */
    private void passOver(DescriptorKnote knote, long scan, boolean all) {
        if (knote != null && knote.queued && knote.deliveredBy != scan) {
            knote.queued = !all && isReady(knote);
        }
    }

    private boolean isReady(DescriptorKnote knote) {
        return !knote.disabled && knote.descriptor.isOpen(calls) && condition.evaluate(knote);
    }
}
