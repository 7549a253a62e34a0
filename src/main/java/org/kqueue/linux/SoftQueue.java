package org.kqueue.linux;

import com.sun.jna.Native;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.kqueue.EventList;
import org.kqueue.KeventFlags;

/**
 * The queue of active soft knotes, first in, first out. An eventfd, edge triggered in the kqueue's epoll instance,
 * stands for it among the descriptors: it is written when the queue has something to deliver, and every write puts it
 * into epoll's ready list anew, so it never needs to be read. Guarded by the kqueue's lock.
 */
final class SoftQueue {

    /** The 64-bit 1 that is written. */
    private static final ByteBuffer ONE = ByteBuffer.allocateDirect(Long.BYTES).order(ByteOrder.nativeOrder())
            .putLong(0, 1);
    private static final long ONE_ADDRESS = Memory.addressOf(ONE);

    private final int eventfd;
    private SoftKnote head;
    private SoftKnote tail;
    private int size;
    /** How many knotes were queued, ever; a level one that stays after its delivery is not queued anew. */
    private long enqueued;
    /** Whether the eventfd's event is in epoll's ready list, or fetched and not yet handled. */
    private boolean signalled;
    private boolean closed;
    /** Whether a scan is about to look at the queue, which then need not be announced. */
    private boolean scanning;

    SoftQueue(int eventfd) {
        this.eventfd = eventfd;
    }

    /** The eventfd's number may be somebody else's from now on. */
    void close() {
        closed = true;
    }

    int size() {
        return size;
    }

    long enqueued() {
        return enqueued;
    }

    /** What each change and each source's event ends with: a knote that is ready and enabled gets into the queue. */
    void consider(Memory memory, SoftKnote knote) {
        if (!knote.disabled && !knote.queued && isReady(memory, knote)) {
            append(knote);
            enqueued++;
            signal();
        }
        knote.waiting(memory, !knote.disabled && !knote.queued);
    }

    private static boolean isReady(Memory memory, SoftKnote knote) {
        // Evaluated in any case, for what its event says.
        return knote.evaluate(memory) || knote.forced;
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
    void silenceIfEmpty(Memory memory) {
        if (head == null && signalled && !closed) {
            signalled = false;
            // Without a count the eventfd's place in epoll's ready list is no event. EAGAIN: it had none.
            LinuxLibrary.read(eventfd, memory.number(0), Long.BYTES);
        }
    }

    void signal() {
        if (!signalled && !scanning && !closed) {
            signalled = true;
            signal(eventfd);
        }
    }

    /** Counts an eventfd up, so that epoll reports it. */
    static void signal(int eventfd) {
        if (EpollLibrary.write(eventfd, ONE_ADDRESS, Long.BYTES) != Long.BYTES) {
            // EAGAIN after 2^64 signals, EBADF for a program that closes what is not its own: nothing that can go on.
            throw new IllegalStateException("write(eventfd=" + eventfd + "): errno " + Native.getLastError());
        }
    }

    /**
     * Delivers up to {@code room} knotes from the head; level ones go to the tail.
     *
     * @return the number delivered, or -1 where the head has been delivered by this scan before
     */
    int take(Memory memory, EventList events, int room, long scan, SoftRegistry registry) {
        int delivered = 0;
        boolean wrapped = false;
        while (head != null && delivered < room) {
            SoftKnote knote = head;
            wrapped = knote.deliveredBy == scan;
            if (wrapped) {
                break;
            }
            knote.refresh(memory);
            remove(knote);
            if (knote.isGone(memory)) {
                registry.remove(memory, knote);
            } else if (!knote.disabled && isReady(memory, knote)) {
                knote.deliver(events, scan);
                delivered++;
                after(memory, knote, registry);
            } else {
                knote.waiting(memory, !knote.disabled);
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

    private void after(Memory memory, SoftKnote knote, SoftRegistry registry) {
        knote.delivered();
        if (knote.has(KeventFlags.EV_ONESHOT)) {
            registry.remove(memory, knote);
            return;
        }
        if (knote.has(KeventFlags.EV_DISPATCH)) {
            knote.disabled = true;
        } else if (!knote.has(KeventFlags.EV_CLEAR)) {
            append(knote);
        }
        knote.waiting(memory, !knote.disabled && !knote.queued);
    }
}
