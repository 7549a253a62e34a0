package org.kqueue.robust.fault;

import org.kqueue.BackendCalls;
import org.kqueue.ChangeList;
import org.kqueue.EventList;
import org.kqueue.KeventFlags;
import org.kqueue.Kqueue;
import org.kqueue.robust.Faults;

/** Applies changes one at a time as a BSD does, and answers some of them with an error of the plan's choice. */
abstract class RefusedChanges implements Faults {

    /** The errno with which a change is to fail, 0 to let it be. */
    abstract int errno(ChangeList changes, int index);

    @Override
    public int kevent(Kqueue real, ChangeList changes, EventList events, long timeoutNanos) {
        boolean any = false;
        for (int i = 0; changes != null && i < changes.size(); i++) {
            any |= errno(changes, i) != 0;
        }
        return any ? apply(real, changes, events) : BackendCalls.call(real, changes, events, timeoutNanos);
    }

    private int apply(Kqueue real, ChangeList changes, EventList events) {
        if (events != null) {
            events.prepare(changes.size());
        }
        ChangeList one = real.newChangeList(1);
        for (int i = 0; i < changes.size(); i++) {
            int errno = errno(changes, i);
            if (errno == 0) {
                errno = -BackendCalls.call(real, copy(changes, i, one.clear()), null, 0);
            }
            if (errno != 0) {
                if (events == null || events.size() == events.capacity()) {
                    return -errno;
                }
                events.append(changes.ident(i), changes.filterNumber(i), KeventFlags.EV_ERROR, 0, errno,
                        changes.udata(i));
            }
        }
        return events == null ? 0 : events.size();
    }

    static ChangeList copy(ChangeList from, int index, ChangeList to) {
        return to.add(from.ident(index), from.filterNumber(index), from.flags(index), from.fflags(index),
                from.data(index),
                from.udata(index));
    }
}
