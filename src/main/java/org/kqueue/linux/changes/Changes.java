package org.kqueue.linux.changes;

import org.kqueue.ChangeList;
import org.kqueue.Errno;
import org.kqueue.EventList;
import org.kqueue.KeventFlags;
import org.kqueue.KeventLayout;

/**
 * Applies change lists to the knotes of one kqueue, in order. A change that fails or has {@code EV_RECEIPT} gets an
 * entry in the event list. Not thread-safe.
 */
public final class Changes {

    /** A result of {@link #apply}: the call goes on with its events. */
    public static final int GO_ON = Integer.MAX_VALUE;

    /** In place of an errno: there is no room for a receipt. */
    private static final int NO_ROOM = -1;

    /** The knotes that changes are applied to. Errnos are Linux' numbers. */
    public interface Knotes {

        /**
         * Applies one change.
         *
         * @param change used again afterwards; its fflags may be set to those that an error entry is to show
         * @return 0 or the errno
         */
        int change(Change change);

        /**
         * Called after a run of changes that have the same ident, so that the kernel need be told only once. A change
         * that fails ends a run, and so does one that wants a receipt.
         *
         * @return 0, or the errno of every change of the run that had none of its own
         */
        default int flush() {
            return 0;
        }
    }

    private final Knotes knotes;
    private final Errno.Numbering errnos;
    private final Change change;

    /**
     * Applies changes to one kqueue.
     *
     * @param layout its ABI
     * @param knotes its knotes
     */
    public Changes(KeventLayout layout, Knotes knotes) {
        this.knotes = knotes;
        errnos = layout.errnos();
        change = new Change(layout);
    }

    /**
     * Applies changes and appends entries.
     *
     * @param changes null or empty for none
     * @param events where entries go; may be null
     * @return what the call returns without a scan: the number of entries, or the negative errno as the ABI numbers
     *     it; {@link #GO_ON} if the call goes on with its events
     */
    public int apply(ChangeList changes, EventList events) {
        if (changes == null || changes.size() == 0) {
            return GO_ON;
        }
        int errno = applyAll(changes, events);
        if (errno != 0) {
            return errno == NO_ROOM ? 0 : -bsdErrno(errno);
        }
        return events != null && events.size() > 0 ? events.size() : GO_ON;
    }

    /** Returns 0, the errno of an entry without room, or {@link #NO_ROOM}. */
    private int applyAll(ChangeList changes, EventList events) {
        int first = 0;
        for (int i = 0; i < changes.size(); i++) {
            change.read(changes, i);
            // As FreeBSD: a slot with filter 0 is no change.
            boolean skipped = change.filterNumber == 0 && change.filter == null;
            int errno = skipped ? 0 : knotes.change(change);
            boolean receipt = !skipped && change.has(KeventFlags.EV_RECEIPT);
            boolean runGoesOn = i + 1 < changes.size() && changes.ident(i + 1) == change.ident;
            if (runGoesOn && errno == 0 && !receipt && !skipped) {
                continue;
            }
            int flushed = knotes.flush();
            for (int k = first; k < i && flushed != 0; k++) {
                if (!append(changes, k, changes.fflags(k), flushed, events)) {
                    return flushed;
                }
            }
            first = i + 1;
            errno = errno == 0 && !skipped ? flushed : errno;
            if ((errno != 0 || receipt) && !append(changes, i, change.fflags, errno, events)) {
                return errno == 0 ? NO_ROOM : errno;
            }
        }
        return 0;
    }

    /** Appends the entry of a change. Returns false if there is no room, which ends the call and hides all entries. */
    private boolean append(ChangeList changes, int index, int fflags, int errno, EventList events) {
        if (events == null) {
            return false;
        }
        if (events.size() == events.capacity()) {
            events.filled(0);
            return false;
        }
        events.append(changes.ident(index), changes.filterNumber(index), KeventFlags.EV_ERROR, fflags,
                bsdErrno(errno), changes.udata(index));
        return true;
    }

    /**
     * Translates an errno.
     *
     * @param errno as Linux numbers it
     * @return as the ABI numbers it
     */
    public int bsdErrno(int errno) {
        return Errno.translate(errno, Errno.Numbering.LINUX, errnos);
    }
}
