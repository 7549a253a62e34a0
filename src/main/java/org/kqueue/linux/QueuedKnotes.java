package org.kqueue.linux;

import org.kqueue.Errno;

/**
 * How many knotes on descriptors are queued, for a kqueue that watches this one: epoll does not show its ready list, so
 * it is told from the knotes' conditions and from what was delivered. Costs nothing as long as nobody watches. Guarded
 * by the kqueue's lock.
 */
final class QueuedKnotes {

    private final EpollItems items;
    private final Errno.Numbering errnos;
    private long enqueued;
    /** Whether another kqueue asks for {@link #count}. */
    private boolean watched;

    QueuedKnotes(EpollItems items, Errno.Numbering errnos) {
        this.items = items;
        this.errnos = errnos;
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

    int count(Memory memory, Descriptor[] byNumber) {
        int count = 0;
        for (Descriptor descriptor : byNumber) {
            if (descriptor != null) {
                count += isQueued(memory, descriptor.read) ? 1 : 0;
                count += isQueued(memory, descriptor.write) ? 1 : 0;
            }
        }
        watched = true;
        return count;
    }

    /** A knote that was queued counts until a scan finds that its condition no longer holds. */
    private boolean isQueued(Memory memory, DescriptorKnote knote) {
        if (knote == null || Descriptor.look(memory, knote.descriptor.fd) != 0 || !knote.descriptor.is(memory)
                || items.isAnother(memory, knote.descriptor)) {
            return false;
        }
        knote.queued &= watched;
        if (!knote.queued && isReady(memory, knote)) {
            enqueue(knote);
        }
        return knote.queued;
    }

    /** A scan has ended; {@code all}: it has seen all that was ready. */
    void scanned(Memory memory, Descriptor[] byNumber, long scan, boolean all) {
        if (!watched) {
            return;
        }
        for (Descriptor descriptor : byNumber) {
            if (descriptor != null) {
                passOver(memory, descriptor.read, scan, all);
                passOver(memory, descriptor.write, scan, all);
            }
        }
    }

    /** epoll does not say which items a scan has dropped: those that it has not delivered and that are not ready. */
    private void passOver(Memory memory, DescriptorKnote knote, long scan, boolean all) {
        if (knote != null && knote.queued && knote.deliveredBy != scan) {
            knote.queued = !all && isReady(memory, knote);
        }
    }

    private boolean isReady(Memory memory, DescriptorKnote knote) {
        return !knote.disabled && Descriptor.look(memory, knote.descriptor.fd) == 0
                && knote.descriptor.is(memory) && Condition.evaluate(memory, knote, errnos);
    }
}
