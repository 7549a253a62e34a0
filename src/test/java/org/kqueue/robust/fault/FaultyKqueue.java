package org.kqueue.robust.fault;

import java.io.IOException;
import org.kqueue.ChangeList;
import org.kqueue.EventList;
import org.kqueue.Kqueue;
import org.kqueue.Wakeup;
import org.kqueue.robust.KqueueInFront;

/** A kqueue in front of a real one, between the two a plan of faults. */
final class FaultyKqueue extends KqueueInFront {

    private final Faults faults;

    FaultyKqueue(Kqueue real, Faults faults) {
        super(real);
        this.faults = faults;
    }

    @Override
    protected int call(ChangeList changes, EventList events, long timeoutNanos) {
        return faults.kevent(behind, changes, events, timeoutNanos);
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
