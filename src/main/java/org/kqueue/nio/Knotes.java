package org.kqueue.nio;

import static org.kqueue.KeventFlags.EV_ADD;
import static org.kqueue.KeventFlags.EV_DELETE;
import static org.kqueue.KeventFlags.EV_DISPATCH;
import static org.kqueue.KeventFlags.EV_ENABLE;
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
 * <p>Three things save calls. Deletions are <em>put off</em> as long as selects only poll, and never made if the interest comes back
 * or the channel is registered again: a poll can pass over an event that nobody wants, a wait cannot. Nothing is deleted for a
 * channel that is closed; its close does that. And a key whose OP_READ goes as soon as it was selected and comes back later, because
 * a worker reads, gets {@code EV_DISPATCH}: the kernel silences the knote by itself, and only the way back is a change.
 *
 * <p>Guarded by the selector's monitor.
 */
final class Knotes {

    private static final int MAX_EVENTS = 8192;
    private static final int MAX_LEFT_OVER = 32;
    /** Events that a knote whose deletion is put off may cost. */
    private static final int MAX_STRIKES = 2;
    private static final long SLICE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private final Observation observation;
    private final InterestQueue interestQueue;
    private final int readFilter;
    private final int writeFilter;
    private final ChangeList changes;
    private final EventList events;
    private final ChangeList deletes;
    private final EventList receipts;
    /**
     * Not on NetBSD, where an EV_ENABLE of a knote that was dispatched does not look whether there is data; nor in a library that
     * is no kernel, as its events need not tell by EV_DISPATCH that their knote is silent now.
     */
    private final boolean hasDispatch;

    /** Keys with changes in the list; their {@code registered} is true if the call succeeds. */
    private KqueueSelectionKey[] changed = new KqueueSelectionKey[8];
    private int changedSize;
    /** Keys that hold something back. */
    private KqueueSelectionKey[] watched = new KqueueSelectionKey[8];
    private int watchedSize;
    /** Keys with a deletion that is put off. */
    private KqueueSelectionKey[] putOff = new KqueueSelectionKey[8];
    private int putOffSize;
    /** Cancelled keys of channels that were open, with knotes that are left over. */
    private final KqueueSelectionKey[] leftOver = new KqueueSelectionKey[MAX_LEFT_OVER];
    private int leftOverSize;
    /** Keys whose knote has silenced itself in the last select. */
    private KqueueSelectionKey[] dispatched = new KqueueSelectionKey[8];
    private int dispatchedSize;

    Knotes(Kqueue kqueue, InterestQueue interestQueue, Observation observation) {
        this.observation = observation;
        this.interestQueue = interestQueue;
        readFilter = kqueue.layout().number(Filter.EVFILT_READ);
        writeFilter = kqueue.layout().number(Filter.EVFILT_WRITE);
        changes = kqueue.newChangeList(64);
        events = kqueue.newEventList(256);
        deletes = kqueue.newChangeList(16);
        receipts = kqueue.newEventList(16);
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
        if (dispatchedSize > 0) {
            awake();
        }
    }

    /** Keys that were dispatched, and whose interest has not been taken away: level-triggered again. */
    private void awake() {
        for (int i = 0; i < dispatchedSize; i++) {
            KqueueSelectionKey key = dispatched[i];
            dispatched[i] = null;
            if ((key.asleep & ReadyOps.filters(key.interest()) & ~key.heldBack) != 0 && key.isValid()) {
                key.dispatch = false;
                key.asleep = 0;
                // A knote's kind is settled when it is made.
                add(key, READ, EV_DELETE);
                add(key, READ, EV_ADD);
                remember(key);
            }
        }
        dispatchedSize = 0;
    }

    /**
     * One kevent call with the changes gathered so far.
     *
     * @return the events and results of changes, valid until the next call
     */
    EventList kevent(long timeoutNanos) throws IOException {
        updateWatched();
        if (timeoutNanos != 0 && putOffSize + leftOverSize > 0) {
            deleteAll();
        }
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
                key.asleep = 0;
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
        key.strikes = 0;
        int wrong = target & (~key.registered | key.asleep) | key.registered & key.heldBack;
        if (wrong != 0) {
            become(key, target);
        } else if ((key.registered & ~target & ~key.asleep) != 0 && !key.putOff) {
            putOff(key);
        }
    }

    /** Gathers all changes that leave a key with the knotes of these filters. */
    private void become(KqueueSelectionKey key, int target) {
        if (leftOverSize > 0) {
            takeOver(key);
        }
        // WRITE first: with a failed connect the kernel reports in this order, and OP_CONNECT must see the socket's error.
        change(key, WRITE, target);
        change(key, READ, target);
        key.asleep = (byte) (key.asleep & ~target & key.registered);
        key.registered = (byte) (target | key.asleep);
        remember(key);
    }

    private void remember(KqueueSelectionKey key) {
        if (changedSize == changed.length) {
            changed = Arrays.copyOf(changed, 2 * changedSize);
        }
        changed[changedSize++] = key;
    }

    private void putOff(KqueueSelectionKey key) {
        key.putOff = true;
        if (putOffSize == putOff.length) {
            putOff = Arrays.copyOf(putOff, 2 * putOffSize);
        }
        putOff[putOffSize++] = key;
    }

    /** Makes all deletions that were put off. */
    private void deleteAll() {
        for (int i = 0; i < putOffSize; i++) {
            KqueueSelectionKey key = putOff[i];
            putOff[i] = null;
            key.putOff = false;
            deleteUnwanted(key);
        }
        putOffSize = 0;
        while (leftOverSize > 0) {
            deleteLeftOver(leftOverSize - 1);
        }
    }

    private void deleteUnwanted(KqueueSelectionKey key) {
        int target = ReadyOps.filters(key.interest()) & ~key.heldBack & key.registered;
        if (key.isValid() && (key.registered & ~target & ~key.asleep) != 0) {
            become(key, target);
        }
    }

    private void deleteLeftOver(int index) {
        KqueueSelectionKey old = leftOver[index];
        leftOver[index] = leftOver[--leftOverSize];
        leftOver[leftOverSize] = null;
        for (int filter = READ; filter <= WRITE; filter++) {
            if ((old.registered & filter) != 0) {
                add(old, filter, EV_DELETE);
            }
        }
        old.registered = 0;
    }

    /** Deletes one knote if it is left over: once, since a second deletion would be refused, and that ends a wait. */
    private boolean deleteLeftOver(long udata, int filter) {
        for (int i = 0; i < leftOverSize; i++) {
            KqueueSelectionKey old = leftOver[i];
            if (old.udata == udata) {
                if ((old.registered & filter) != 0) {
                    add(old, filter, EV_DELETE);
                    old.registered &= (byte) ~filter;
                }
                return true;
            }
        }
        return false;
    }

    /**
     * Knotes that are left over on the key's descriptor go: to the key, whose EV_ADD replaces their udata, if the channel is
     * the same; else it was closed, and its number is another's.
     */
    private void takeOver(KqueueSelectionKey key) {
        for (int i = leftOverSize - 1; i >= 0; i--) {
            KqueueSelectionKey old = leftOver[i];
            if (old.fd == key.fd) {
                int wanted = ReadyOps.filters(key.interest());
                if (old.channel() == key.channel() && old.asleep == 0) {
                    old.registered &= (byte) ~wanted;
                }
                deleteLeftOver(i);
            }
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
            add(key, filter, filter == READ && key.dispatch ? EV_ADD | EV_DISPATCH : EV_ADD);
        } else if ((target & key.asleep & filter) != 0) {
            add(key, filter, EV_ENABLE);
        } else if ((key.registered & ~target & ~key.asleep & filter) != 0) {
            add(key, filter, EV_DELETE);
        }
    }

    private void add(KqueueSelectionKey key, int filter, int flags) {
        changes.add(key.fd, filter == READ ? readFilter : writeFilter, flags, 0, 0, key.udata);
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

    /** An event of a knote with EV_DISPATCH, which is silent now. */
    void dispatched(KqueueSelectionKey key, int filter) {
        key.asleep |= (byte) filter;
        if (dispatchedSize == dispatched.length) {
            dispatched = Arrays.copyOf(dispatched, 2 * dispatchedSize);
        }
        dispatched[dispatchedSize++] = key;
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
     * An event with the udata of no key. Its knote is deleted, unless the descriptor has a key by now that wants this filter: then
     * the knote is given to that one.
     */
    void deleteStray(int index, KqueueSelectionKey subscriber) {
        if (deleteLeftOver(events.udata(index), filter(index))) {
            return;
        }
        int number = events.filterNumber(index);
        boolean ours = number == readFilter || number == writeFilter;
        if (ours && subscriber != null && (subscriber.registered & filter(index)) != 0) {
            changes.add(subscriber.fd, number, EV_ADD, 0, 0, subscriber.udata);
        } else {
            changes.add(events.ident(index), number, EV_DELETE, 0, 0, events.udata(index));
            for (int i = 0; i < leftOverSize; i++) {
                if (leftOver[i].udata == events.udata(index)) {
                    leftOver[i].registered &= (byte) ~filter(index);
                }
            }
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

    /** A key that has been deregistered, of a channel that is open or was open a moment ago. */
    void leave(KqueueSelectionKey key) {
        key.heldBack = 0;
        if (key.registered != 0) {
            if (leftOverSize == leftOver.length) {
                deleteLeftOver(0);
            }
            leftOver[leftOverSize++] = key;
        }
    }

    /**
     * Deletes the knotes of keys that leave, for a kqueue that would keep them: from now on their channels may be closed at any
     * time, and a number that has a knote already may never be told of for its next channel.
     */
    void deleteLeaving(KqueueSelectionKey[] keys, int n) throws IOException {
        deletes.clear();
        for (int i = 0; i < n; i++) {
            KqueueSelectionKey key = keys[i];
            for (int filter = READ; filter <= WRITE; filter++) {
                if ((key.registered & filter) != 0) {
                    deletes.add(key.fd, filter == READ ? readFilter : writeFilter, EV_DELETE | EV_RECEIPT, 0, 0, key.udata);
                }
            }
            key.registered = 0;
        }
        if (deletes.size() > 0) {
            // Receipts, and room for no more: so that the call takes no event, which nobody would see.
            receipts.resize(deletes.size());
            // The receipts may carry ENOENT and EBADF: the knote is gone already.
            observation.kevent(deletes, receipts, 0);
        }
    }
}
