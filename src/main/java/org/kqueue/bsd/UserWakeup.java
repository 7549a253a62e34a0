package org.kqueue.bsd;

import java.io.IOException;
import org.kqueue.ChangeList;
import org.kqueue.Filter;
import org.kqueue.KeventFlags;
import org.kqueue.KeventLayout;
import org.kqueue.Note;

/** A wakeup by a user event. Without {@code EV_CLEAR} (level) it stays on once signalled. */
final class UserWakeup extends EventWakeup {

    UserWakeup(Submitter kqueue, KeventLayout layout, long ident, long udata, boolean level) throws IOException {
        // Triggered without EV_CLEAR, which would cancel the trigger on all but macOS, and with the udata, which every
        // change replaces.
        super(kqueue,
                new ChangeList(layout, 1).add(ident, Filter.EVFILT_USER, 0, layout.number(Note.NOTE_TRIGGER), 0, udata),
                new ChangeList(layout, 1).add(ident, Filter.EVFILT_USER, KeventFlags.EV_DELETE, udata));
        // Added without NOTE_TRIGGER, which a new knote would lose on FreeBSD and NetBSD.
        int flags = level ? KeventFlags.EV_ADD : KeventFlags.EV_ADD | KeventFlags.EV_CLEAR;
        kqueue.submit(new ChangeList(layout, 1).add(ident, Filter.EVFILT_USER, flags, udata));
    }
}
