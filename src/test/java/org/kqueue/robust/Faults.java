package org.kqueue.robust;

import java.io.IOException;
import org.kqueue.BackendCalls;
import org.kqueue.ChangeList;
import org.kqueue.EventList;
import org.kqueue.Kqueue;

/** A plan of what goes wrong at the system-call line. Each method does the right thing unless it is overridden. */
public interface Faults {

    /** Nothing goes wrong. */
    Faults NONE = new Faults() {
    };

    /** {@code kqueue()}: throws where it is to fail. */
    default void kqueue() throws IOException {
    }

    /** The registration of the wakeup: throws where it is to fail. */
    default void newWakeup() throws IOException {
    }

    /** The trigger of the wakeup: throws where it is to fail. */
    default void signal() throws IOException {
    }

    /** One {@code kevent} call: a count, or the negative errno. */
    default int kevent(Kqueue real, ChangeList changes, EventList events, long timeoutNanos) {
        return BackendCalls.call(real, changes, events, timeoutNanos);
    }
}
