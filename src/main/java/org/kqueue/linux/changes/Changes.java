package org.kqueue.linux.changes;

import org.kqueue.ChangeList;
import org.kqueue.Errno;
import org.kqueue.EventList;
import org.kqueue.KeventFlags;
import org.kqueue.KeventLayout;

/**
 * Applies lists of changes to the knotes of one kqueue: each by itself, in order, with an entry in the event list for
 * one that fails or wants a receipt. Not for two threads at once.
 */
public final class Changes {

    /** A result of {@link #apply}: the call goes on with its events. */
    public static final int GO_ON = Integer.MAX_VALUE;

    /** For an errno: there is no room for a receipt. */
    private static final int NO_ROOM = -1;

    /** The knotes that changes are applied to. Errnos are Linux' numbers. */
    public interface Knotes {

        /**
         * Applies one change.
         *
         * @param change used again afterwards
         * @return 0 or the errno
         */
        int change(Change change);

        /**
         * Called after each change, so that what the kernel must be told can wait for the next.
         *
         * @param next the ident of the change that follows; -1 where none does
         * @return 0 or the errno, which is the change's
         */
        default int flush(long next) {
            return 0;
        }
    }

    private final Knotes knotes;
    private final Errno.Numbering errnos;
    private final Change change;

    /**
     * For one kqueue.
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
     * @return what the call is to return at once: the number of entries, or the negative errno as the ABI numbers it;
     *     {@link #GO_ON} where it goes on
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
        int n = changes.size();
        for (int i = 0; i < n; i++) {
            change.read(changes, i);
            if (change.filterNumber == 0 && change.filter == null) {
                // As FreeBSD: a zeroed slot is no change.
                continue;
            }
            int errno = knotes.change(change);
            boolean receipt = change.has(KeventFlags.EV_RECEIPT);
            // Also after a change that failed: the kernel may not know of those before it.
            int flushed = knotes.flush(receipt || i + 1 == n ? -1 : changes.ident(i + 1));
            errno = errno == 0 ? flushed : errno;
            if (errno == 0 && !receipt) {
                continue;
            }
            if (events == null || events.size() == events.capacity()) {
                // A receipt without room ends the call with 0, and hides the entries before it.
                if (events != null) {
                    events.filled(0);
                }
                return errno == 0 ? NO_ROOM : errno;
            }
            events.append(change.ident, change.filterNumber, KeventFlags.EV_ERROR, change.fflags, bsdErrno(errno),
                    change.udata);
        }
        return 0;
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
