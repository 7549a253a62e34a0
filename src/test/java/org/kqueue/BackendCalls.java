package org.kqueue;

import java.io.IOException;

/** What a backend's kqueue keeps protected, for decorators in the packages of tests. */
public final class BackendCalls {

    private BackendCalls() {
    }

    /** One {@code kevent} call of the backend, no retry: a count, or the negative errno. */
    public static int call(Kqueue kqueue, ChangeList changes, EventList events, long timeoutNanos) {
        return kqueue.call(changes, events, timeoutNanos);
    }

    /** Ends the calls under way. */
    public static void interruptCalls(Kqueue kqueue) throws IOException {
        kqueue.interruptCalls();
    }
}
