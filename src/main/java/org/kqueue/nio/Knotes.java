package org.kqueue.nio;

import static org.kqueue.KeventFlags.EV_ADD;
import static org.kqueue.KeventFlags.EV_DELETE;
import static org.kqueue.KeventFlags.EV_DISPATCH;
import static org.kqueue.KeventFlags.EV_ENABLE;
import static org.kqueue.KeventFlags.EV_RECEIPT;
import static org.kqueue.nio.ReadyOps.READ;
import static org.kqueue.nio.ReadyOps.WRITE;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.kqueue.ChangeList;
import org.kqueue.EventList;
import org.kqueue.Kqueue;

/**
 * Keeps the kernel's knotes in line with the keys' interest. Changes are gathered and go with the wait, in one kevent
 * call.
 *
 * <p>A filter whose events could make nothing ready is <em>held back</em>: its knote is deleted, or not added, and the
 * key watched until its interest or its channel's state has changed. Examples are {@code OP_CONNECT} on a channel that
 * is connected, or data on one whose {@code finishConnect} has not been called: level-triggered events that nobody can
 * consume would be a busy loop. No event tells of a change of state, so while keys are watched a wait is cut into
 * slices.
 *
 * <p>Three things save calls. Deletions are <em>put off</em> as long as selects only poll, and never made if the
 * interest comes back or the channel is registered again ({@link LeftOverKnotes}): a poll can pass over an event that
 * nobody wants, a wait cannot. Nothing is deleted for a channel that is closed; its close does that. And a key whose
 * OP_READ goes as soon as it was selected and comes back later, because a worker reads, gets {@code EV_DISPATCH}: the
 * kernel silences the knote by itself, and only the way back is a change.
 *
 * <p>Guarded by the selector's monitor.
 */
final class Knotes {

    private static final int MAX_EVENTS = 8192;
    /** Events that a knote whose deletion is put off may cost. */
    static final int MAX_STRIKES = 2;
    private static final long SLICE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private final Observation observation;
    private final InterestQueue interestQueue;
    private final KnoteChanges changes;
    private final EventList events;
    private final KnoteChanges deletes;
    private final EventList receipts;
    private final LeftOverKnotes leftOver;
    /**
     * Not on NetBSD, where an EV_ENABLE of a knote that was dispatched does not look whether there is data; nor in a
     * library that is no kernel, as its events need not tell by EV_DISPATCH that their knote is silent now.
     */
    private final boolean hasDispatch;

    /** Keys with changes in the list; their {@code registered} is true if the call succeeds. */
    private final KeyList changed = new KeyList();
    /** Keys that hold something back. */
    private final KeyList watched = new KeyList();
    /** Keys with a deletion that is put off. */
    private final KeyList putOff = new KeyList();
    /** Keys whose knote has silenced itself in the last select. */
    private final KeyList dispatched = new KeyList();

    Knotes(Kqueue kqueue, InterestQueue interestQueue, Observation observation) {
        this.observation = observation;
        this.interestQueue = interestQueue;
        changes = new KnoteChanges(kqueue, 64);
        events = kqueue.newEventList(256);
        deletes = new KnoteChanges(kqueue, 16);
        receipts = kqueue.newEventList(16);
        leftOver = new LeftOverKnotes(kqueue, changes);
        hasDispatch = kqueue.forgetsClosed() && !kqueue.layout().name().startsWith("netbsd");
    }

    /**
     * Gathers the changes of the keys whose interest has changed since the last select.
     *
     * @param lastSelect the number of the last select
     */
    void drainInterest(int lastSelect) {
        int n = interestQueue.drain();
        for (int i = 0; i < n; i++) {
            KqueueSelectionKey key = interestQueue.drained(i);
            if (key.countedBy == lastSelect && (key.registered & ~ReadyOps.filters(key.interest()) & READ) != 0) {
                key.dispatch = hasDispatch;
            }
            update(key);
        }
        if (dispatched.size() > 0) {
            awake();
        }
    }

    /** Keys that were dispatched, and whose interest has not been taken away: level-triggered again. */
    private void awake() {
        for (int i = 0, n = dispatched.drain(); i < n; i++) {
            KqueueSelectionKey key = dispatched.take(i);
            if ((key.asleep & ReadyOps.filters(key.interest()) & ~key.heldBack) != 0 && key.isValid()) {
                key.dispatch = false;
                key.asleep = 0;
                // A knote's kind is settled when it is made.
                changes.add(key, READ, EV_DELETE);
                changes.add(key, READ, EV_ADD);
                changed.add(key);
            }
        }
    }

    /**
     * One kevent call with the changes gathered so far.
     *
     * @return the events and results of changes, valid until the next call
     */
    EventList kevent(long timeoutNanos) throws IOException {
        updateWatched();
        if (timeoutNanos != 0) {
            deleteAll();
        }
        ChangeList list = changes.list();
        // A slot for every change: DragonFly writes one result per failed change, whatever the capacity.
        if (events.size() == events.capacity() && events.capacity() < MAX_EVENTS || list.size() > events.capacity()) {
            events.resize(Math.max(2 * events.capacity(), list.size()));
        }
        boolean applied = false;
        try {
            observation.kevent(list, events, watched.size() > 0 ? Math.min(timeoutNanos, SLICE_NANOS) : timeoutNanos);
            applied = true;
        } finally {
            list.clear();
            forgetChanged(applied);
        }
        return events;
    }

    /** After a call that failed nobody knows which changes were applied: all are made again, additions as deletions. */
    private void forgetChanged(boolean applied) {
        for (int i = 0, n = changed.drain(); i < n; i++) {
            KqueueSelectionKey key = changed.take(i);
            if (!applied) {
                key.asleep = 0;
                key.registered = (byte) ((READ | WRITE) & ~ReadyOps.filters(key.interest()));
                interestQueue.add(key);
            }
        }
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
        key.strikes = 0;
        int wrong = target & (~key.registered | key.asleep) | key.registered & key.heldBack;
        if (wrong != 0) {
            become(key, target);
        } else if ((key.registered & ~target & ~key.asleep) != 0 && !key.putOff) {
            key.putOff = true;
            putOff.add(key);
        }
    }

    /** Gathers all changes that leave a key with the knotes of these filters. */
    private void become(KqueueSelectionKey key, int target) {
        if (!leftOver.isEmpty()) {
            leftOver.giveTo(key);
        }
        // WRITE first: with a failed connect the kernel reports in this order, and OP_CONNECT must see the socket's
        // error.
        change(key, WRITE, target);
        change(key, READ, target);
        key.asleep = (byte) (key.asleep & ~target & key.registered);
        key.registered = (byte) (target | key.asleep);
        changed.add(key);
    }

    /** Makes all deletions that were put off. */
    private void deleteAll() {
        for (int i = 0, n = putOff.drain(); i < n; i++) {
            KqueueSelectionKey key = putOff.take(i);
            key.putOff = false;
            deleteUnwanted(key);
        }
        leftOver.deleteAll();
    }

    private void deleteUnwanted(KqueueSelectionKey key) {
        int target = ReadyOps.filters(key.interest()) & ~key.heldBack & key.registered;
        if (key.isValid() && (key.registered & ~target & ~key.asleep) != 0) {
            become(key, target);
        }
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
        if ((target & ~key.registered & filter) != 0) {
            changes.add(key, filter, filter == READ && key.dispatch ? EV_ADD | EV_DISPATCH : EV_ADD);
        } else if ((target & key.asleep & filter) != 0) {
            changes.add(key, filter, EV_ENABLE);
        } else if ((key.registered & ~target & ~key.asleep & filter) != 0) {
            changes.add(key, filter, EV_DELETE);
        }
    }

    private void watch(KqueueSelectionKey key) {
        if (!key.watched) {
            key.watched = true;
            watched.add(key);
        }
    }

    private void updateWatched() {
        for (int i = 0, n = watched.drain(); i < n; i++) {
            KqueueSelectionKey key = watched.take(i);
            update(key);
            if (key.isValid() && key.heldBack != 0) {
                watched.add(key);
            } else {
                key.watched = false;
            }
        }
    }

    /** The bit of the filter that an entry is about. */
    int filter(int index) {
        return changes.filter(events.filterNumber(index));
    }

    /** An event of a knote with EV_DISPATCH, which is silent now. */
    void dispatched(KqueueSelectionKey key, int filter) {
        key.asleep |= (byte) filter;
        dispatched.add(key);
    }

    /**
     * An event that makes nothing ready.
     *
     * @return true where it comes of a deletion that was put off
     */
    boolean passOver(KqueueSelectionKey key, int filter) {
        if (!key.putOff || (ReadyOps.filters(key.interest()) & filter) != 0) {
            return false;
        }
        if (++key.strikes == MAX_STRIKES) {
            deleteUnwanted(key);
        }
        return true;
    }

    /** An event that makes nothing ready: the filter is held back. */
    void hold(KqueueSelectionKey key, int filter) {
        key.heldBack |= (byte) filter;
        // The kernel has a knote, whatever we believed.
        key.registered |= (byte) filter;
        watch(key);
    }

    /**
     * An event with the udata of no key. Its knote is deleted, unless the descriptor has a key by now that wants this
     * filter: then the knote is given to that one.
     */
    void deleteStray(int index, KqueueSelectionKey subscriber) {
        if (leftOver.passOver(events.udata(index), filter(index))) {
            return;
        }
        int number = events.filterNumber(index);
        if (changes.isOurs(number) && subscriber != null && (subscriber.registered & filter(index)) != 0) {
            changes.give(subscriber, number);
        } else {
            changes.delete(events.ident(index), number, events.udata(index));
        }
    }

    /** The kernel has deleted the knote; the next select adds it again, if it is still wanted. */
    void gone(KqueueSelectionKey key, int filter) {
        key.registered &= (byte) ~filter;
        key.asleep &= (byte) ~filter;
        interestQueue.add(key);
    }

    /**
     * A change was refused.
     *
     * @return true where it was an addition, so that the kernel will not tell when the channel is ready; the next
     *     select tries again
     */
    boolean refused(KqueueSelectionKey key, int filter) {
        if ((key.registered & filter) == 0) {
            // A deletion. ENOENT: the knote went with a descriptor that was replaced under its number. EBADF: the same,
            // and the number is free. Whatever the errno, a knote that is still there has its event, which deletes it
            // again.
            return false;
        }
        gone(key, filter);
        return true;
    }

    /** A key that has been deregistered, of a channel that is open or was open a moment ago. */
    void leave(KqueueSelectionKey key) {
        key.heldBack = 0;
        key.strikes = 0;
        if (key.registered != 0) {
            leftOver.add(key);
        }
    }

    /**
     * Deletes the knotes of keys that leave, for a kqueue that would keep them: from now on their channels may be
     * closed at any time, and a number that has a knote already may never be told of for its next channel.
     */
    void deleteLeaving(KqueueSelectionKey[] keys, int n) throws IOException {
        deletes.list().clear();
        for (int i = 0; i < n; i++) {
            deletes.deleteAll(keys[i], EV_RECEIPT);
        }
        if (deletes.list().size() > 0) {
            // Receipts, and room for no more: so that the call takes no event, which nobody would see.
            receipts.resize(deletes.list().size());
            // The receipts may carry ENOENT and EBADF: the knote is gone already.
            observation.kevent(deletes.list(), receipts, 0);
        }
    }
}
