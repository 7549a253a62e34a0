package org.kqueue.nio;

import static org.kqueue.KeventFlags.EV_ADD;
import static org.kqueue.KeventFlags.EV_DELETE;
import static org.kqueue.KeventFlags.EV_RECEIPT;
import static org.kqueue.nio.ReadyOps.READ;
import static org.kqueue.nio.ReadyOps.WRITE;

import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.kqueue.ChangeList;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.Kqueue;

/**
 * Keeps the kernel's knotes in line with the keys' interest. Changes are gathered and go with the wait, in one kevent call.
 *
 * <p>A filter whose events could make nothing ready is <em>held back</em>: its knote is deleted, or not added, and the key watched
 * until its interest or its channel's state has changed. Examples are {@code OP_CONNECT} on a channel that is connected, or data on
 * one whose {@code finishConnect} has not been called: level-triggered events that nobody can consume would be a busy loop. No
 * event tells of a change of state, so while keys are watched a wait is cut into slices.
 *
 * <p>Guarded by the selector's monitor.
 */
final class Knotes {

    private static final int MAX_EVENTS = 8192;
    private static final long SLICE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private final Observation observation;
    private final InterestQueue interestQueue;
    private final int readFilter;
    private final int writeFilter;
    private final boolean forgetsClosed;
    private final ChangeList changes;
    private final EventList events;
    private final ChangeList deletes;
    private final EventList receipts;

    /** Keys with changes in the list; their {@code registered} is true if the call succeeds. */
    private KqueueSelectionKey[] changed = new KqueueSelectionKey[8];
    private int changedSize;
    /** Keys that hold something back. */
    private KqueueSelectionKey[] watched = new KqueueSelectionKey[8];
    private int watchedSize;

    Knotes(Kqueue kqueue, InterestQueue interestQueue, Observation observation) {
        this.observation = observation;
        this.interestQueue = interestQueue;
        readFilter = kqueue.layout().number(Filter.EVFILT_READ);
        writeFilter = kqueue.layout().number(Filter.EVFILT_WRITE);
        forgetsClosed = kqueue.forgetsClosed();
        changes = kqueue.newChangeList(64);
        events = kqueue.newEventList(256);
        deletes = kqueue.newChangeList(16);
        receipts = kqueue.newEventList(16);
    }

    /** Gathers the changes of the keys whose interest has changed since the last select. */
    void drainInterest() {
        int n = interestQueue.drain();
        for (int i = 0; i < n; i++) {
            update(interestQueue.drained(i));
        }
    }

    /**
     * One kevent call with the changes gathered so far.
     *
     * @return the events and results of changes, valid until the next call
     */
    EventList kevent(long timeoutNanos) throws IOException {
        updateWatched();
        // A slot for every change: DragonFly writes one result per failed change, whatever the capacity.
        if (events.size() == events.capacity() && events.capacity() < MAX_EVENTS || changes.size() > events.capacity()) {
            events.resize(Math.max(2 * events.capacity(), changes.size()));
        }
        boolean applied = false;
        try {
            observation.kevent(changes, events, watchedSize > 0 ? Math.min(timeoutNanos, SLICE_NANOS) : timeoutNanos);
            applied = true;
        } finally {
            changes.clear();
            forgetChanged(applied);
        }
        return events;
    }

    /** After a call that failed nobody knows which changes were applied: all are made again, additions as deletions. */
    private void forgetChanged(boolean applied) {
        for (int i = 0; i < changedSize; i++) {
            KqueueSelectionKey key = changed[i];
            changed[i] = null;
            if (!applied) {
                key.registered = (byte) ((READ | WRITE) & ~ReadyOps.filters(key.interest()));
                interestQueue.add(key);
            }
        }
        changedSize = 0;
    }

    private void update(KqueueSelectionKey key) {
        if (!key.isValid()) {
            return;
        }
        int interest = key.interest();
        int wanted = ReadyOps.filters(interest);
        key.heldBack = (byte) heldBack(key, interest, wanted);
        if (key.heldBack != 0) {
            watch(key);
        }
        int target = wanted & ~key.heldBack;
        if (target == key.registered) {
            return;
        }
        // WRITE first: with a failed connect the kernel reports in this order, and OP_CONNECT must see the socket's error.
        change(key, WRITE, target);
        change(key, READ, target);
        key.registered = (byte) target;
        if (changedSize == changed.length) {
            changed = Arrays.copyOf(changed, 2 * changedSize);
        }
        changed[changedSize++] = key;
    }

    private static int heldBack(KqueueSelectionKey key, int interest, int wanted) {
        if ((wanted & ~key.registered & READ) != 0 && key.isUnboundListener()) {
            return READ;
        }
        int held = key.heldBack & wanted;
        if (held != 0) {
            ReadyOps.State state = key.state();
            for (int filter = READ; filter <= WRITE; filter++) {
                if ((held & filter) != 0 && ReadyOps.ready(state, filter, 0, 0, interest) != 0) {
                    held &= ~filter;
                }
            }
        }
        return held;
    }

    private void change(KqueueSelectionKey key, int filter, int target) {
        int flags = (target & ~key.registered & filter) != 0 ? EV_ADD
                : (key.registered & ~target & filter) != 0 ? EV_DELETE : 0;
        if (flags != 0) {
            changes.add(key.fd, filter == READ ? readFilter : writeFilter, flags, 0, 0, key.udata);
        }
    }

    private void watch(KqueueSelectionKey key) {
        if (!key.watched) {
            key.watched = true;
            if (watchedSize == watched.length) {
                watched = Arrays.copyOf(watched, 2 * watchedSize);
            }
            watched[watchedSize++] = key;
        }
    }

    private void updateWatched() {
        int kept = 0;
        for (int i = 0; i < watchedSize; i++) {
            KqueueSelectionKey key = watched[i];
            watched[i] = null;
            update(key);
            if (key.isValid() && key.heldBack != 0) {
                watched[kept++] = key;
            } else {
                key.watched = false;
            }
        }
        watchedSize = kept;
    }

    /** The bit of the filter that an entry is about. */
    int filter(int index) {
        return events.filterNumber(index) == readFilter ? READ : WRITE;
    }

    /** An event that makes nothing ready: the filter is held back. */
    void hold(KqueueSelectionKey key, int filter) {
        key.heldBack |= (byte) filter;
        // The kernel has a knote, whatever we believed.
        key.registered |= (byte) filter;
        watch(key);
    }

    /**
     * An event with the udata of no key. Its knote is deleted, unless the descriptor has a key by now that wants this filter: then
     * the knote is given to that one.
     */
    void deleteStray(int index, KqueueSelectionKey subscriber) {
        int number = events.filterNumber(index);
        boolean ours = number == readFilter || number == writeFilter;
        if (ours && subscriber != null && (subscriber.registered & filter(index)) != 0) {
            changes.add(subscriber.fd, number, EV_ADD, 0, 0, subscriber.udata);
        } else {
            changes.add(events.ident(index), number, EV_DELETE, 0, 0, events.udata(index));
        }
    }

    /** The kernel has deleted the knote; the next select adds it again, if it is still wanted. */
    void gone(KqueueSelectionKey key, int filter) {
        key.registered &= (byte) ~filter;
        interestQueue.add(key);
    }

    /**
     * A change was refused.
     *
     * @return true where it was an addition, so that the kernel will not tell when the channel is ready; the next select tries again
     */
    boolean refused(KqueueSelectionKey key, int filter) {
        if ((key.registered & filter) == 0) {
            // A deletion. ENOENT: the knote went with a descriptor that was replaced under its number. EBADF: the same, and the
            // number is free. Whatever the errno, a knote that is still there has its event, which deletes it again.
            return false;
        }
        gone(key, filter);
        return true;
    }

    /**
     * Deletes the knotes of keys that are about to be deregistered. Those of channels that are open go with the next call. A
     * channel that is closed gives its descriptor back now, and its knotes go with that where the kernel sees to it; else a
     * call of their own deletes them before.
     */
    void delete(KqueueSelectionKey[] keys, int n) throws IOException {
        deletes.clear();
        for (int i = 0; i < n; i++) {
            KqueueSelectionKey key = keys[i];
            if (key.channel().isOpen()) {
                // Should the number change its meaning before that call, it is refused, and nothing comes of that.
                delete(key, changes, EV_DELETE);
            } else if (!forgetsClosed) {
                // EV_RECEIPT: so that the call takes no event, which nobody would see.
                delete(key, deletes, EV_DELETE | EV_RECEIPT);
            }
            key.registered = 0;
            key.heldBack = 0;
        }
        if (deletes.size() > 0) {
            if (deletes.size() > receipts.capacity()) {
                receipts.resize(2 * deletes.size());
            }
            // The receipts may carry ENOENT and EBADF, for the reasons above.
            observation.kevent(deletes, receipts, 0);
        }
    }

    private void delete(KqueueSelectionKey key, ChangeList list, int flags) {
        for (int filter = READ; filter <= WRITE; filter++) {
            if ((key.registered & filter) != 0) {
                list.add(key.fd, filter == READ ? readFilter : writeFilter, flags, 0, 0, key.udata);
            }
        }
    }
}
