package org.kqueue.bsd;

import com.sun.jna.Pointer;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.KeventFlags;
import org.kqueue.Wakeup;

/** Corrects in memory what a library has written to an event list. */
final class Entries {

    private Entries() {
    }

    /** The memory of an entry, which may lie beyond the list's capacity. */
    static Pointer at(EventList events, int index) {
        return new Pointer(events.address() + (long) index * events.layout().size());
    }

    /** Into the ABI's numbers: the errors in answers and, beside EV_EOF, of sockets. */
    static void translateErrors(EventList events, SystemLibrary library) {
        for (int i = 0; i < events.size(); i++) {
            int flags = events.flags(i);
            if ((flags & KeventFlags.EV_ERROR) != 0) {
                at(events, i).setLong(events.layout().dataOffset(), library.abiErrno(events.errno(i)));
            } else if ((flags & KeventFlags.EV_EOF) != 0 && events.fflags(i) != 0
                    && (events.filter(i) == Filter.EVFILT_READ || events.filter(i) == Filter.EVFILT_WRITE)) {
                at(events, i).setInt(events.layout().fflagsOffset(), library.abiErrno(events.fflags(i)));
            }
        }
    }

    /**
     * Takes out the event of a wakeup by a pipe.
     *
     * @return how many entries are left
     */
    static int remove(EventList events, Wakeup wakeup) {
        int kept = 0;
        for (int i = 0; i < events.size(); i++) {
            if (!(wakeup instanceof PipeWakeup pipe && pipe.isEvent(events, i))) {
                if (kept < i) {
                    byte[] bytes = at(events, i).getByteArray(0, events.layout().size());
                    at(events, kept).write(0, bytes, 0, bytes.length);
                }
                kept++;
            }
        }
        events.filled(kept);
        return kept;
    }
}
