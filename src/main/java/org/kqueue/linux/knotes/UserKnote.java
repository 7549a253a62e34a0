package org.kqueue.linux.knotes;

import org.kqueue.KeventFlags;
import org.kqueue.Note;
import org.kqueue.linux.changes.Change;

/** EVFILT_USER by FreeBSD's rules. Guarded by the kqueue's lock. */
final class UserKnote extends Knote {

    private static final int NOTE_FFLAGSMASK = 0x00FFFFFF;

    private final Knotes knotes;
    private boolean triggered;

    /** The fflags are stored as given, control bits included, and NOTE_TRIGGER does not trigger a new knote. */
    UserKnote(Change change, Knotes knotes) {
        super(change);
        this.knotes = knotes;
    }

    @Override
    int touch(Change change) {
        if ((change.fflags & knotes.number(Note.NOTE_TRIGGER)) != 0) {
            triggered = true;
        }
        int bits = change.fflags & NOTE_FFLAGSMASK;
        // NOTE_FFCOPY is both bits of the operation, so it is their mask, too.
        int copy = knotes.number(Note.NOTE_FFCOPY);
        int operation = change.fflags & copy;
        if (operation == copy) {
            sfflags = bits;
        } else if (operation == knotes.number(Note.NOTE_FFAND)) {
            sfflags &= bits;
        } else if (operation == knotes.number(Note.NOTE_FFOR)) {
            sfflags |= bits;
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
