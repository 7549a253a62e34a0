package org.kqueue.nio;

import static org.kqueue.KeventFlags.EV_DELETE;

import java.nio.channels.SelectableChannel;
import org.kqueue.Kqueue;

/**
 * Knotes of keys that were cancelled while their channels stayed open. They are kept as long as selects only poll, for
 * the channel may be registered again: then its new key takes them over, at the price of one change. Nothing is deleted
 * for a channel that was closed meanwhile: its knotes went with it, and a change that is refused ends a wait. Guarded
 * by the selector's monitor.
 */
final class LeftOverKnotes {

    private static final int MAX_KEYS = 32;

    private final Kqueue kqueue;
    private final KnoteChanges changes;
    private final KqueueSelectionKey[] keys = new KqueueSelectionKey[MAX_KEYS];
    private int size;

    LeftOverKnotes(Kqueue kqueue, KnoteChanges changes) {
        this.kqueue = kqueue;
        this.changes = changes;
    }

    boolean isEmpty() {
        return size == 0;
    }

    void add(KqueueSelectionKey key) {
        if (size == keys.length) {
            delete(0);
        }
        keys[size++] = key;
    }

    void deleteAll() {
        while (size > 0) {
            delete(size - 1);
        }
    }

    private void delete(int index) {
        KqueueSelectionKey key = keys[index];
        keys[index] = keys[--size];
        keys[size] = null;
        SelectableChannel channel = key.channel();
        // One that is registered elsewhere keeps its descriptor, and so its knotes, until it is closed there too.
        if (channel.isOpen() || channel.isRegistered()) {
            changes.deleteAll(key, 0);
        } else {
            kqueue.forget(key.fd);
            key.registered = 0;
        }
    }

    /**
     * Takes an event of a knote that is left over, as only a poll sees. The first are passed over, as the channel may
     * be about to be closed; then the knote is deleted: once, since a second deletion would be refused, and that ends a
     * wait.
     *
     * @return whether the udata is that of a key that has left knotes over
     */
    boolean passOver(long udata, int filter) {
        for (int i = 0; i < size; i++) {
            KqueueSelectionKey key = keys[i];
            if (key.udata == udata) {
                if (key.strikes < Knotes.MAX_STRIKES) {
                    key.strikes++;
                } else if ((key.registered & filter) != 0) {
                    changes.add(key, filter, EV_DELETE);
                    key.registered &= (byte) ~filter;
                }
                return true;
            }
        }
        return false;
    }

    /**
     * Those on a new key's descriptor go: to the key, whose EV_ADD replaces their udata, if the channel is the same;
     * else it was closed, and its number is another's.
     */
    void giveTo(KqueueSelectionKey key) {
        for (int i = size - 1; i >= 0; i--) {
            KqueueSelectionKey old = keys[i];
            if (old.fd == key.fd) {
                if (old.channel() == key.channel() && old.asleep == 0) {
                    old.registered &= (byte) ~ReadyOps.filters(key.interest());
                }
                delete(i);
            }
        }
    }
}
