package org.kqueue.bsd;

import java.io.IOException;
import org.kqueue.ChangeList;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.KeventFlags;
import org.kqueue.Kqueue;

/**
 * Whether a library's {@code kevent} goes on to wait when it has answered a change, found out once. No kernel does. Libkqueue
 * does where the event list has room left, and so an answer would stay unread for as long as the wait lasts.
 */
final class AnswerProbe {

    private final SystemLibrary library;
    // guarded by this
    private Boolean goesOn;

    AnswerProbe(SystemLibrary library) {
        this.library = library;
    }

    /** Has a ready event beside an answer: a kernel returns the answer only. */
    synchronized boolean goesOn() {
        if (goesOn != null) {
            return goesOn;
        }
        // For the kqueue of the probe itself, and where no probe can be made: safe, and a call more for a wait.
        goesOn = true;
        if (!library.hasPipe()) {
            return true;
        }
        try (Kqueue scratch = new SystemKqueue(library)) {
            int[] ends = library.pipe();
            try {
                int flags = KeventFlags.EV_ADD | KeventFlags.EV_RECEIPT;
                ChangeList add = scratch.newChangeList(1).add(ends[1], Filter.EVFILT_WRITE, flags, 0);
                EventList events = scratch.newEventList(2);
                goesOn = scratch.kevent(add, events, 0) != 1;
            } finally {
                library.close(ends[0]);
                library.close(ends[1]);
            }
            return goesOn;
        } catch (IOException e) {
            // No descriptor left: the next kqueue asks again.
            goesOn = null;
            return true;
        }
    }
}
