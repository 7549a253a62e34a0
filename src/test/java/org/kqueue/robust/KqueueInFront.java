package org.kqueue.robust;

import java.io.IOException;
import org.kqueue.BackendCalls;
import org.kqueue.Filter;
import org.kqueue.Kqueue;
import org.kqueue.Wakeup;

/**
 * A kqueue in front of another, which it is but for what a subclass changes. Not in {@code org.kqueue}: a backend of
 * the tests extends it, and is found on the class path also where that package is a module's.
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
