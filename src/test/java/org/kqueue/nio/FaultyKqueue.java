package org.kqueue.nio;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.kqueue.ChangeList;
import org.kqueue.EventList;
import org.kqueue.KeventException;
import org.kqueue.KeventFlags;
import org.kqueue.Kqueue;
import org.kqueue.Wakeup;
import org.kqueue.robust.KqueueInFront;

/**
 * A kqueue that counts calls, refuses what it is told to refuse, and reports what it is told to report; else as the one
 * behind.
 */
final class FaultyKqueue extends KqueueInFront {

    /** The fault of one call, before the kqueue behind is asked. */
    interface Fault {
        /** Returns the result of the call, or null to ask the kqueue behind. */
        Integer call(ChangeList changes, EventList events);
    }

    private final List<Fault> faults = new ArrayList<>();
    /** Each call's changes as text. */
    final List<String> calls = new ArrayList<>();
    boolean refuseWakeups;
    /** Whether it lets the kqueue behind forget descriptors, as a kernel's needs no such call. */
    boolean isKernel;

    FaultyKqueue(Kqueue behind) {
        super(behind);
    }

    /** For the next call that has changes or, later, for the calls after it, one each. */
    void next(Fault fault) {
        faults.add(fault);
    }

    /** Answers every change of the next call that has changes with an error, and applies none. */
    void refuseChanges(int errno) {
        next((changes, events) -> {
            if (changes == null || changes.size() == 0) {
                return null;
            }
            events.prepare(changes.size());
            for (int i = 0; i < changes.size(); i++) {
                events.append(changes.ident(i), changes.filterNumber(i), KeventFlags.EV_ERROR, 0, errno,
                        changes.udata(i));
            }
            return events.size();
        });
    }

    @Override
    protected int call(ChangeList changes, EventList events, long timeoutNanos) {
        calls.add(String.valueOf(changes));
        Integer result = faults.isEmpty() ? null : faults.get(0).call(changes, events);
        if (result != null) {
            faults.remove(0);
            return result;
        }
        try {
            return ask(changes, events, timeoutNanos);
        } catch (KeventException e) {
            return -e.errno();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** With lists of its own: a list is in use by one call at a time. */
    private int ask(ChangeList changes, EventList events, long timeoutNanos) throws IOException {
        ChangeList ownChanges = behind.newChangeList(8);
        for (int i = 0; changes != null && i < changes.size(); i++) {
            ownChanges.add(changes.ident(i), changes.filterNumber(i), changes.flags(i), changes.fflags(i),
                    changes.data(i),
                    changes.udata(i));
        }
        EventList ownEvents = behind.newEventList(events == null ? 0 : events.capacity());
        int n = behind.kevent(ownChanges, ownEvents, timeoutNanos);
        if (events != null) {
            events.prepare(0);
            for (int i = 0; i < n; i++) {
                events.append(ownEvents.ident(i), ownEvents.filterNumber(i), ownEvents.flags(i), ownEvents.fflags(i),
                        ownEvents.data(i), ownEvents.udata(i));
            }
        }
        return n;
    }

    @Override
    public boolean forget(long ident) throws IOException {
        return !isKernel && super.forget(ident);
    }

    @Override
    public boolean dispatches() {
        return isKernel || super.dispatches();
    }

    @Override
    public Wakeup newWakeup(long udata) throws IOException {
        if (refuseWakeups) {
            throw new IOException("no wakeup");
        }
        return super.newWakeup(udata);
    }

    @Override
    public String toString() {
        return "faulty " + behind;
    }
}
