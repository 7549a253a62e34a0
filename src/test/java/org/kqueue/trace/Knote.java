package org.kqueue.trace;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import org.kqueue.KeventFlags;

/** What a trace's own record says about a knote. */
final class Knote {

    /**
     * What wakes a descriptor's waiters without changing a condition, done to the descriptor itself or to its other
     * end; INSIDE is what happens to the knotes of a watched kqueue.
     */
    enum Cause { READ, PEER_READ, WRITE, PEER_WRITE, SHUT, CHANGE, CONNECT, INSIDE }

    final String kqueue;
    final String name;
    final String filter;
    /** The file that it was added for. */
    final OpenFile file;
    /** The EV_ flags of its first ADD. */
    final int flags;
    long udataOfAdd;
    long udataOfChange;
    /** What happened to the descriptor since it last fired. */
    final Set<Cause> woken = EnumSet.noneOf(Cause.class);
    /** Whether an event of it has shown EOF, on either system. */
    boolean hasReportedEnd;
    /** Whether the recording kernel has reported that. */
    boolean isEndRecorded;
    /** When it expires; null where it is no timer. */
    TimerClock timer;
    /** Whether an event has deleted it here, and not on the recording kernel. */
    boolean isGone;
    /** Whether an event has disabled it here, and not on the recording kernel. */
    boolean isIdle;
    /** Whether its last event was recorded and not seen. */
    boolean isMissed;

    Knote(String kqueue, Kevent change, OpenFile file) {
        this.kqueue = kqueue;
        name = change.name();
        filter = change.filter();
        flags = change.flags();
        this.file = file;
    }

    boolean isClear() {
        return (flags & KeventFlags.EV_CLEAR) != 0;
    }

    boolean isDispatch() {
        return (flags & KeventFlags.EV_DISPATCH) != 0;
    }

    boolean isWoken(Cause... causes) {
        return Arrays.stream(causes).anyMatch(woken::contains);
    }

    Kevent change(int changeFlags) {
        return Kevent.change(name, filter, changeFlags, udataOfChange);
    }

    /** Takes note of an event that was recorded or seen. */
    void fired(Kevent event) {
        woken.clear();
        hasReportedEnd |= event.isEof();
    }
}
