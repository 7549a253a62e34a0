package org.kqueue.linux.knotes;

import org.kqueue.KeventFlags;
import org.kqueue.linux.changes.Change;

/** EVFILT_USER by FreeBSD's rules. Guarded by the kqueue's lock. */
final class UserKnote extends SoftKnote {

    private static final int NOTE_TRIGGER = 0x01000000;
    private static final int NOTE_FFCTRLMASK = 0xC0000000;
    private static final int NOTE_FFAND = 0x40000000;
    private static final int NOTE_FFOR = 0x80000000;
    private static final int NOTE_FFCOPY = 0xC0000000;
    private static final int NOTE_FFLAGSMASK = 0x00FFFFFF;

    private boolean triggered;

    /** The fflags are stored as given, control bits included, and NOTE_TRIGGER does not trigger a new knote. */
    UserKnote(Change change) {
        super(change);
    }

    @Override
    int touch(Change change) {
        if ((change.fflags & NOTE_TRIGGER) != 0) {
            triggered = true;
        }
        int bits = change.fflags & NOTE_FFLAGSMASK;
        switch (change.fflags & NOTE_FFCTRLMASK) {
            case NOTE_FFAND -> sfflags &= bits;
            case NOTE_FFOR -> sfflags |= bits;
            case NOTE_FFCOPY -> sfflags = bits;
            default -> { }
        }
        sdata = change.data;
        if (change.has(KeventFlags.EV_CLEAR)) {
            // Resets even its own trigger.
            triggered = false;
        }
        return 0;
    }

    /** A wakeup's signal. */
    void trigger() {
        triggered = true;
    }

    @Override
    boolean evaluate() {
        eventFflags = sfflags;
        eventData = sdata;
        return triggered;
    }

    @Override
    void delivered() {
        if (has(KeventFlags.EV_CLEAR)) {
            triggered = false;
        }
    }
}
