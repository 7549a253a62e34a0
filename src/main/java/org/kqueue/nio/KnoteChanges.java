package org.kqueue.nio;

import static org.kqueue.KeventFlags.EV_ADD;
import static org.kqueue.KeventFlags.EV_DELETE;
import static org.kqueue.nio.ReadyOps.READ;
import static org.kqueue.nio.ReadyOps.WRITE;

import org.kqueue.ChangeList;
import org.kqueue.Filter;
import org.kqueue.Kqueue;

/** A change list in terms of keys and of the two filters of a descriptor. Guarded by the selector's monitor. */
final class KnoteChanges {

    private final ChangeList list;
    private final int readFilter;
    private final int writeFilter;

    KnoteChanges(Kqueue kqueue, int capacity) {
        list = kqueue.newChangeList(capacity);
        readFilter = kqueue.layout().number(Filter.EVFILT_READ);
        writeFilter = kqueue.layout().number(Filter.EVFILT_WRITE);
    }

    ChangeList list() {
        return list;
    }

    void add(KqueueSelectionKey key, int filter, int flags) {
        list.add(key.fd, filter == READ ? readFilter : writeFilter, flags, 0, 0, key.udata);
    }

    /** Deletes the knotes that a key is known to have. */
    void deleteAll(KqueueSelectionKey key, int flags) {
        for (int filter = READ; filter <= WRITE; filter++) {
            if ((key.registered & filter) != 0) {
                add(key, filter, EV_DELETE | flags);
            }
        }
        key.registered = 0;
    }

    /** Gives a knote that is there to a key. */
    void give(KqueueSelectionKey key, int number) {
        list.add(key.fd, number, EV_ADD, 0, 0, key.udata);
    }

    /** Deletes a knote of nobody. */
    void delete(long ident, int number, long udata) {
        list.add(ident, number, EV_DELETE, 0, 0, udata);
    }

    /** The bit of a filter. */
    int filter(int number) {
        return number == readFilter ? READ : WRITE;
    }

    boolean isOurs(int number) {
        return number == readFilter || number == writeFilter;
    }
}
