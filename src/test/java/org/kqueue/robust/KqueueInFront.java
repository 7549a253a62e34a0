package org.kqueue.robust;

import java.io.IOException;
import org.kqueue.BackendCalls;
import org.kqueue.Filter;
import org.kqueue.Kqueue;
import org.kqueue.Wakeup;

/**
 * A kqueue that passes everything on to another. Subclasses change that. Not in {@code org.kqueue}, which may be a
 * module's package, while the backend of the tests that extends this is on the class path.
 */
public abstract class KqueueInFront extends Kqueue {

    protected final Kqueue behind;

    protected KqueueInFront(Kqueue behind) {
        super(behind.layout());
        this.behind = behind;
    }

    @Override
    public final int fd() {
        return behind.fd();
    }

    @Override
    public final boolean supports(Filter filter) {
        return behind.supports(filter);
    }

    @Override
    public boolean forget(long ident) throws IOException {
        return behind.forget(ident);
    }

    @Override
    public boolean dispatches() {
        return behind.dispatches();
    }

    @Override
    public Wakeup newWakeup(long udata) throws IOException {
        return behind.newWakeup(udata);
    }

    @Override
    protected final void interruptCalls() throws IOException {
        BackendCalls.interruptCalls(behind);
    }

    @Override
    protected final void release() throws IOException {
        behind.close();
    }
}
