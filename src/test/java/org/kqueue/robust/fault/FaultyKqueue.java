package org.kqueue.robust.fault;

import java.io.IOException;
import org.kqueue.BackendCalls;
import org.kqueue.ChangeList;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.Kqueue;
import org.kqueue.Wakeup;

/** A kqueue in front of a real one, between the two a plan of faults. */
final class FaultyKqueue extends Kqueue {

    private final Kqueue real;
    private final Faults faults;

    FaultyKqueue(Kqueue real, Faults faults) {
        super(real.layout());
        this.real = real;
        this.faults = faults;
    }

    @Override
    protected int call(ChangeList changes, EventList events, long timeoutNanos) {
        return faults.kevent(real, changes, events, timeoutNanos);
    }

    @Override
    public void forget(long ident) {
        real.forget(ident);
    }

    @Override
    public Wakeup newWakeup(long udata) throws IOException {
        faults.newWakeup();
        Wakeup wakeup = real.newWakeup(udata);
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
    public int fd() {
        return real.fd();
    }

    @Override
    public boolean supports(Filter filter) {
        return real.supports(filter);
    }

    @Override
    protected void interruptCalls() throws IOException {
        BackendCalls.interruptCalls(real);
    }

    @Override
    protected void release() throws IOException {
        real.close();
    }

    @Override
    public String toString() {
        return "faulty, over " + real;
    }
}
