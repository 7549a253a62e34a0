package org.kqueue.robust;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.kqueue.ChangeList;
import org.kqueue.EventList;
import org.kqueue.KeventFlags;
import org.kqueue.Kqueue;
import org.kqueue.Wakeup;

/** A kqueue that passes calls on to a real one, with planned faults in all calls or in the next ones. */
public final class FaultyKqueue extends KqueueInFront {

    /** The fault of one call, made before the real kqueue is called. */
    public interface Fault {
        /** Returns the result of the call, or null to call the real kqueue. */
        Integer call(ChangeList changes, EventList events);
    }

    private final Faults faults;
    private final List<Fault> next = new ArrayList<>();
    /** Each call's changes as text. */
    public final List<String> calls = new ArrayList<>();
    /** Whether {@code forget} is passed on. A kernel needs no such call. */
    public boolean isKernel;

    /** Without faults but those of {@link #next}. */
    public FaultyKqueue(Kqueue behind) {
        this(behind, Faults.NONE);
    }

    /** With the faults of a plan. */
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
