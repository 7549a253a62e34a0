package org.kqueue.linux.knotes;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.kqueue.EventList;
import org.kqueue.KeventFlags;
import org.kqueue.linux.epoll.CallFailed;
import org.kqueue.linux.epoll.EpollInstance;
import org.kqueue.linux.epoll.LinuxCalls;

/**
 * The queue of active soft knotes, first in, first out. An eventfd, edge triggered in the kqueue's epoll instance,
 * stands for it among the descriptors: it is written when the queue has something to deliver, and every write puts it
 * into epoll's ready list anew, so it never needs to be read. Guarded by the kqueue's lock.
 */
final class SoftQueue {

    private final EpollInstance epoll;
    private final LinuxCalls calls;
    private SoftKnote head;
    private SoftKnote tail;
    private int size;
    /** How many knotes were queued, ever; a level one that stays after its delivery is not queued anew. */
    private long enqueued;
    /** Whether the eventfd's event is in epoll's ready list, or fetched and not yet handled. */
    private boolean signalled;
    /** Whether a scan is about to look at the queue, which then need not be announced. */
    private boolean scanning;

    SoftQueue(EpollInstance epoll, LinuxCalls calls) {
        this.epoll = epoll;
        this.calls = calls;
    }

    int size() {
        return size;
    }

    long enqueued() {
        return enqueued;
    }

    /** What each change and each source's event ends with: a knote that is ready and enabled gets into the queue. */
    void consider(SoftKnote knote) {
        if (!knote.disabled && !knote.queued && isReady(knote)) {
            append(knote);
            enqueued++;
            signal();
        }
        knote.waiting(!knote.disabled && !knote.queued);
    }

    private static boolean isReady(SoftKnote knote) {
        try {
            // Evaluated in any case, for what its event says.
            return knote.evaluate() || knote.forced;
        } catch (CallFailed e) {
            if (!knote.isGone()) {
                throw e;
            }
            // The next change finds that.
            return false;
        }
    }

    /** The eventfd's event was fetched; {@link #take} follows. */
    void fetched() {
        signalled = false;
    }

    /** A source's event was fetched; {@link #take} follows what it does. */
    void beginScan() {
        scanning = true;
    }

    /** What was not taken is announced. */
    void endScan() {
        scanning = false;
        if (head != null) {
            signal();
        }
    }

    private void append(SoftKnote knote) {
        knote.queued = true;
        knote.previous = tail;
        knote.next = null;
        if (tail == null) {
            head = knote;
        } else {
            tail.next = knote;
        }
        tail = knote;
        size++;
    }

    void remove(SoftKnote knote) {
        if (!knote.queued) {
            return;
        }
        if (knote.previous == null) {
            head = knote.next;
        } else {
            knote.previous.next = knote.next;
        }
        if (knote.next == null) {
            tail = knote.previous;
        } else {
            knote.next.previous = knote.previous;
        }
        knote.previous = null;
        knote.next = null;
        knote.queued = false;
        size--;
    }

    /**
     * After knotes were taken out by changes: a kqueue with nothing queued must not look readable to who watches it.
     */
    void silenceIfEmpty() {
        if (head == null && signalled) {
            signalled = false;
            // Without a count the eventfd's place in epoll's ready list is no event.
            calls.drain(epoll.eventfd());
        }
    }

    void signal() {
        if (!signalled && !scanning) {
            signalled = true;
            try {
                epoll.wake();
            } catch (IOException e) {
                // EAGAIN after 2^64 signals, EBADF for a program that closes what is not its own.
                throw new UncheckedIOException(e);
            }
        }
    }

    /**
     * Delivers up to {@code room} knotes from the head; level ones go to the tail.
     *
     * @return the number delivered, or -1 where the head has been delivered by this scan before
     */
    int take(EventList events, int room, long scan, SoftRegistry registry) {
        int delivered = 0;
        boolean wrapped = false;
        while (head != null && delivered < room) {
            SoftKnote knote = head;
            wrapped = knote.deliveredBy == scan;
            if (wrapped) {
                break;
            }
            knote.refresh();
            remove(knote);
            if (knote.isGone()) {
                registry.remove(knote);
            } else if (!knote.disabled && isReady(knote)) {
                knote.deliver(events, scan);
                delivered++;
                after(knote, registry);
            } else {
                knote.waiting(!knote.disabled);
            }
        }
        if (head != null) {
            signal();
        }
        return delivered == 0 && wrapped ? -1 : delivered;
    }

    /** The eventfd's event was fetched and is not wanted now. */
    void putBack() {
        signalled = false;
        if (head != null) {
            signal();
        }
    }

    private void after(SoftKnote knote, SoftRegistry registry) {
        knote.delivered();
        if (knote.has(KeventFlags.EV_ONESHOT)) {
            registry.remove(knote);
            return;
        }
        if (knote.has(KeventFlags.EV_DISPATCH)) {
            knote.disabled = true;
        } else if (!knote.has(KeventFlags.EV_CLEAR)) {
            append(knote);
        }
        knote.waiting(!knote.disabled && !knote.queued);
    }
}
