package org.kqueue;

import java.util.Objects;
import java.util.OptionalInt;

/**
 * One event, copied out of an {@link EventList}, for code that prefers objects to indexes. Immutable; prints itself as
 * {@link KeventFormat} does.
 */
public final class Event {

    private final KeventLayout layout;
    private final long ident;
    private final int filterNumber;
    private final int flags;
    private final int fflags;
    private final long data;
    private final long udata;

    Event(EventList list, int index) {
        layout = list.layout();
        ident = list.ident(index);
        filterNumber = list.filterNumber(index);
        flags = list.flags(index);
        fflags = list.fflags(index);
        data = list.data(index);
        udata = list.udata(index);
    }

    /**
     * What the event is about.
     *
     * @return the descriptor, pid, signal number, or number of the program's choice
     */
    public long ident() {
        return ident;
    }

    /**
     * The filter that fired.
     *
     * @return the filter, or null for a number the layout does not know
     */
    public Filter filter() {
        return layout.filter(filterNumber);
    }

    /**
     * The event's {@code EV_} flags.
     *
     * @return the flags
     */
    public int flags() {
        return flags;
    }

    /**
     * The filter-specific flags, as the layout numbers them.
     *
     * @return the {@code NOTE_} flags; beside {@link #isEof()} on a socket its error
     */
    public int fflags() {
        return fflags;
    }

    /**
     * The filter's data: bytes readable, free space, connections waiting, expirations, signals, wait status; each
     * factory of {@link Filter} says which. In the result of a change the errno, 0 for a receipt.
     *
     * @return the data
     */
    public long data() {
        return data;
    }

    /**
     * What the program gave with the subscription.
     *
     * @return the user data
     */
    public long udata() {
        return udata;
    }

    /**
     * Whether the other side has ended: {@link KeventFlags#EV_EOF}. On {@code READ} there may still be {@link #data()}
     * bytes to read. On {@code WRITE} it says that nothing can be sent any more, which a peer's half-close is not. Set
     * on each exit of a process.
     *
     * @return true at the end
     */
    public boolean isEof() {
        return (flags & KeventFlags.EV_EOF) != 0;
    }

    /**
     * Whether this is the result of a change ({@link KeventFlags#EV_ERROR}) and no event at all.
     *
     * @return true for a receipt or an error
     */
    public boolean isChangeResult() {
        return (flags & KeventFlags.EV_ERROR) != 0;
    }

    /**
     * The error of a failed change, or the pending error of a socket whose end was seen.
     *
     * @return the errno's name, null where there is none
     */
    public String errorName() {
        boolean socketError = isEof() && (filter() == Filter.EVFILT_READ || filter() == Filter.EVFILT_WRITE);
        int errno = isChangeResult() ? (int) data : socketError ? fflags : 0;
        return errno == 0 ? null : Errno.name(errno, layout.errnos());
    }

    /**
     * Whether a {@code NOTE_} flag is set.
     *
     * @param note the flag
     * @return true if it belongs to this event's filter, exists in this ABI and is set
     */
    public boolean has(Note note) {
        Filter filter = filter();
        return filter != null && note.belongsTo(filter) && layout.has(note)
                && (fflags & layout.number(note)) == layout.number(note);
    }

    /**
     * The exit code of a process, from a {@link Note#NOTE_EXIT} event: {@code WEXITSTATUS} of {@code data}.
     *
     * @return the code; empty where a signal ended the process or the event is another
     */
    public OptionalInt exitCode() {
        boolean exited = has(Note.NOTE_EXIT) && (data & 0x7F) == 0;
        return exited ? OptionalInt.of((int) (data >> 8) & 0xFF) : OptionalInt.empty();
    }

    /**
     * The signal that ended a process, from a {@link Note#NOTE_EXIT} event: {@code WTERMSIG} of {@code data}.
     *
     * @return the signal's number; empty where the process exited by itself or the event is another
     */
    public OptionalInt termSignal() {
        boolean killed = has(Note.NOTE_EXIT) && (data & 0x7F) != 0;
        return killed ? OptionalInt.of((int) data & 0x7F) : OptionalInt.empty();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Event event && layout == event.layout && ident == event.ident
                && filterNumber == event.filterNumber && flags == event.flags && fflags == event.fflags
                && data == event.data && udata == event.udata;
    }

    @Override
    public int hashCode() {
        return Objects.hash(ident, filterNumber, flags, fflags, data, udata);
    }

    @Override
    public String toString() {
        return KeventFormat.format(layout, ident, filterNumber, flags, fflags, data, udata);
    }
}
