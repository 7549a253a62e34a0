package org.kqueue.nio;

import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.util.function.Consumer;
import org.kqueue.EventList;
import org.kqueue.KeventFlags;

/**
 * What one select finds: turns events into ready sets, either of keys in the selected-key set or of those that an
 * action is to be called for, and counts the keys as the specification wants it. Guarded by the selector's monitor and
 * its selected-key set's.
 */
final class Selection {

    private final KqueueSelector selector;
    private final KeyTable keys;
    private final SelectedKeys selectedKeys;
    private final Knotes knotes;
    private final InterestQueue interestQueue;
    private final SelectWakeup wakeup;
    private final Observation observation;
    /** The number of the select under way; {@link KqueueSelectionKey#countedBy} of the keys it has counted. */
    private int number;
    private int counted;
    private boolean fired;
    /** Those that the action is to be called for. */
    private final KeyList ready = new KeyList();

    Selection(KqueueSelector selector, KeyTable keys, SelectedKeys selectedKeys, Knotes knotes,
            InterestQueue interestQueue, SelectWakeup wakeup, Observation observation) {
        this.selector = selector;
        this.keys = keys;
        this.selectedKeys = selectedKeys;
        this.knotes = knotes;
        this.interestQueue = interestQueue;
        this.wakeup = wakeup;
        this.observation = observation;
    }

    /**
     * To be called when a select begins.
     *
     * @return the number of the one before
     */
    int begin() {
        counted = 0;
        fired = false;
        // One that failed may have left some.
        forget(0, ready.drain());
        return number++;
    }

    private void forget(int from, int to) {
        for (int i = from; i < to; i++) {
            ready.take(i);
        }
    }

    /** How many keys were added to the selected-key set, or got a new operation into their ready set. */
    int counted() {
        return counted;
    }

    /** Whether there is a reason to return. */
    boolean hasFired() {
        return fired;
    }

    /**
     * Takes what a kevent call has returned.
     *
     * @param collect whether into the selected-key set, or for an action
     * @return whether a change was refused, which such a call answers before it looks for events
     */
    boolean process(EventList events, boolean collect) throws IOException {
        boolean refused = false;
        for (int i = 0, n = events.size(); i < n; i++) {
            int flags = events.flags(i);
            KqueueSelectionKey key = keys.find(events.udata(i));
            if (key != null && (flags & KeventFlags.EV_ERROR) == 0) {
                if (key.isValid()) {
                    fire(key, knotes.filter(i), flags, events.fflags(i), collect);
                }
            } else {
                refused |= processOther(events, i, key, collect);
            }
        }
        return refused;
    }

    /** What is no event of a key. */
    private boolean processOther(EventList events, int index, KqueueSelectionKey key, boolean collect)
            throws IOException {
        if (events.isChangeResult(index)) {
            if (key != null && key.isValid() && knotes.refused(key, knotes.filter(index))) {
                observation.refused(key, events, index);
                makeReady(key, key.interest(), collect);
            }
            return true;
        }
        if (events.udata(index) == SelectWakeup.UDATA) {
            wakeup.acknowledge();
        } else {
            knotes.deleteStray(index, subscriber(events.ident(index)));
        }
        return false;
    }

    /**
     * The key that a descriptor has now, null where it has none. Only for events that should not be: looks at all keys.
     */
    private KqueueSelectionKey subscriber(long ident) {
        for (SelectionKey one : keys) {
            KqueueSelectionKey key = (KqueueSelectionKey) one;
            if (key.fd == ident && key.isValid()) {
                return key;
            }
        }
        return null;
    }

    private void fire(KqueueSelectionKey key, int filter, int flags, int fflags, boolean collect) {
        if ((flags & (KeventFlags.EV_ONESHOT | KeventFlags.EV_DISPATCH)) != 0) {
            silenced(key, filter, flags);
        }
        int ops = ReadyOps.ready(key.state(), filter, flags, fflags, key.interest());
        if (ops != 0) {
            makeReady(key, ops, collect);
        } else if (interestQueue.contains(key)) {
            // The interest was taken away during this select; the next one deletes the knote.
            fired = true;
        } else if (!knotes.passOver(key, filter)) {
            knotes.hold(key, filter);
        }
    }

    private void silenced(KqueueSelectionKey key, int filter, int flags) {
        if ((flags & KeventFlags.EV_ONESHOT) != 0) {
            // We never ask for it: FreeBSD deletes the knote of a pipe whose reader is gone when it has reported that.
            knotes.gone(key, filter);
        }
        if ((flags & KeventFlags.EV_DISPATCH) != 0) {
            knotes.dispatched(key, filter);
        }
    }

    /** Merges operations into a key: a descriptor's two filters have an event each. */
    private void makeReady(KqueueSelectionKey key, int ops, boolean collect) {
        fired = true;
        if (collect && selectedKeys.holds(key)) {
            int before = key.ready();
            if ((ops & ~before) != 0) {
                key.ready(before | ops);
                count(key);
            }
        } else if (!collect && key.countedBy == number) {
            key.ready(key.ready() | ops);
        } else {
            key.ready(ops);
            if (collect) {
                selectedKeys.select(key);
            } else {
                ready.add(key);
            }
            count(key);
        }
    }

    private void count(KqueueSelectionKey key) {
        if (key.countedBy != number) {
            key.countedBy = number;
            counted++;
        }
    }

    /** A key leaves the selector. */
    void remove(KqueueSelectionKey key) {
        if (selectedKeys.remove(key) && key.countedBy == number) {
            counted--;
        }
    }

    /**
     * Calls an action for each key that is ready.
     *
     * @return how often
     */
    int perform(Consumer<SelectionKey> action) {
        int performed = 0;
        int n = ready.drain();
        int i = 0;
        try {
            while (i < n) {
                KqueueSelectionKey key = ready.take(i++);
                // An action before may have cancelled the key or changed its interest.
                int ops = key.ready() & key.interest();
                if (ops != 0 && key.isValid()) {
                    key.ready(ops);
                    performed++;
                    action.accept(key);
                    selector.ensureOpen();
                }
            }
        } finally {
            forget(i, n);
        }
        return performed;
    }
}
