package org.kqueue.robust;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.kqueue.ChangeList;
import org.kqueue.EventList;
import org.kqueue.KeventFlags;
import org.kqueue.Kqueue;
import org.kqueue.Wakeup;

/** A kqueue in front of a real one, between the two a plan of faults, for all calls or for the next ones. */
public final class FaultyKqueue extends KqueueInFront {

    /** The fault of one call, before the kqueue behind is asked. */
    public interface Fault {
        /** Returns the result of the call, or null to ask the kqueue behind. */
        Integer call(ChangeList changes, EventList events);
    }

    private final Faults faults;
    private final List<Fault> next = new ArrayList<>();
    /** Each call's changes as text. */
    public final List<String> calls = new ArrayList<>();
    /** Whether it lets the kqueue behind forget descriptors, as a kernel's needs no such call. */
    public boolean isKernel;

    /** Nothing goes wrong but what {@link #next} says. */
    public FaultyKqueue(Kqueue behind) {
        this(behind, Faults.NONE);
    }

    /** All calls go by the plan. */
    public FaultyKqueue(Kqueue behind, Faults faults) {
        super(behind);
        this.faults = faults;
    }

    /** For the next call that has changes or, later, for the calls after it, one each. */
    public void next(Fault fault) {
        next.add(fault);
    }

    /** Answers every change of the next call that has changes with an error, and applies none. */
    public void refuseChanges(int errno) {
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
        Integer result = next.isEmpty() ? null : next.get(0).call(changes, events);
        if (result != null) {
            next.remove(0);
            return result;
        }
        return faults.kevent(behind, changes, events, timeoutNanos);
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
        faults.newWakeup();
        Wakeup wakeup = super.newWakeup(udata);
        return new Wakeup() {
            @Override
            public void signal() throws IOException {
                faults.signal();
                wakeup.signal();
            }

            @Override
            public void acknowledge() throws IOException {
                wakeup.acknowledge();
            }

            @Override
            public void close() throws IOException {
                wakeup.close();
            }
        };
    }

    @Override
    public String toString() {
        return "faulty, over " + behind;
    }
}
