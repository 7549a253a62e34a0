package org.kqueue;

import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;

/**
 * What to subscribe to: a filter, an ident and how events are to be delivered, independent of the system's numbers.
 * Made by the factories of {@link Filter} ({@code Filter.read(fd)}, {@code Filter.timer(1, Duration.ofMillis(50))},
 * ...), submitted by {@link Kqueue#add}. Immutable; every {@code with}-like method returns a new one.
 *
 * <p>Events are level triggered unless said otherwise, except where the filter itself is edge triggered (TIMER, SIGNAL,
 * PROC).
 */
public final class Subscription {

    /** A timer's time, turned into {@code data} and a unit when the ABI is known. Exactly one component is not null. */
    private record Time(Duration period, Instant at) {
    }

    private final Filter filter;
    private final long ident;
    private final Set<Note> notes;
    private final long data;
    private final Time time;
    private final int flags;
    private final long udata;

    private Subscription(Filter filter, long ident, Set<Note> notes, long data, Time time, int flags, long udata) {
        this.filter = filter;
        this.ident = ident;
        this.notes = notes;
        this.data = data;
        this.time = time;
        this.flags = flags;
        this.udata = udata;
    }

    static Subscription of(Filter filter, long ident, Note... notes) {
        Set<Note> set = EnumSet.noneOf(Note.class);
        for (Note note : notes) {
            if (!note.belongsTo(filter)) {
                throw new IllegalArgumentException(note + " does not belong to " + filter);
            }
            set.add(note);
        }
        return new Subscription(filter, ident, set, 0, null, 0, 0);
    }

    static Subscription timer(long ident, Duration period, Instant at) {
        return new Subscription(Filter.EVFILT_TIMER, ident, EnumSet.noneOf(Note.class), 0, new Time(period, at), 0, 0);
    }

    Set<Note> notes() {
        return notes;
    }

    private Subscription with(int moreFlags) {
        return new Subscription(filter, ident, notes, data, time, flags | moreFlags, udata);
    }

    /**
     * Delivers one event, then removes the subscription: {@link KeventFlags#EV_ONESHOT}. Fixed when it is first added.
     *
     * @return a new subscription
     */
    public Subscription once() {
        return with(KeventFlags.EV_ONESHOT);
    }

    /**
     * Delivers an event only when something happened since the last one: {@link KeventFlags#EV_CLEAR}. Read or write
     * until it would block before waiting again.
     *
     * @return a new subscription
     */
    public Subscription edgeTriggered() {
        return with(KeventFlags.EV_CLEAR);
    }

    /**
     * Disables the subscription when an event was delivered, until {@link Kqueue#enable}: {@link
     * KeventFlags#EV_DISPATCH}. For handing a descriptor to a worker thread.
     *
     * @return a new subscription
     */
    public Subscription dispatch() {
        return with(KeventFlags.EV_DISPATCH);
    }

    /**
     * Adds the subscription disabled: {@link KeventFlags#EV_DISABLE}.
     *
     * @return a new subscription
     */
    public Subscription disabled() {
        return with(KeventFlags.EV_DISABLE);
    }

    /**
     * Delivers no event below a number of bytes: {@link Note#NOTE_LOWAT}. For READ and WRITE of sockets. The end and an
     * error are reported below it. A modify without it takes it away. macOS keeps it within the bounds of the socket's
     * buffer; elsewhere a mark beyond the buffer is never reached.
     *
     * @param bytes the low-water mark
     * @return a new subscription
     * @throws IllegalArgumentException for another filter
     */
    public Subscription lowWaterMark(long bytes) {
        if (!Note.NOTE_LOWAT.belongsTo(filter)) {
            throw new IllegalArgumentException("no low-water mark for " + filter);
        }
        Set<Note> set = EnumSet.of(Note.NOTE_LOWAT);
        set.addAll(notes);
        return new Subscription(filter, ident, set, bytes, time, flags, udata);
    }

    /**
     * Sets what every event carries back. Each change gives it anew, {@link Kqueue#enable} and {@link Kqueue#disable}
     * too, so give them the same subscription; OpenBSD keeps that of the {@link Kqueue#add} there, but for user events.
     *
     * @param value 64 bits of the program's own
     * @return a new subscription
     */
    public Subscription udata(long value) {
        return new Subscription(filter, ident, notes, data, time, flags, value);
    }

    /**
     * The filter.
     *
     * @return the filter
     */
    public Filter filter() {
        return filter;
    }

    /**
     * What it is about.
     *
     * @return the descriptor, pid, signal number, or number of the program's choice
     */
    public long ident() {
        return ident;
    }

    /**
     * What every event carries back.
     *
     * @return the user data
     */
    public long udata() {
        return udata;
    }

    /**
     * Appends the subscription to a change list, for submitting many with the next wait.
     *
     * @param changes the list
     * @param action {@link KeventFlags#EV_ADD} and the like; a subscription's own flags go along with {@code EV_ADD}
     *     only
     * @throws UnsupportedOperationException where the list's ABI lacks the filter or one of its notes
     */
    public void appendTo(ChangeList changes, int action) {
        KeventLayout layout = changes.layout();
        boolean add = (action & KeventFlags.EV_ADD) != 0;
        int fflags = 0;
        for (Note note : notes) {
            if (note != Note.NOTE_EXITSTATUS || layout.has(note)) {
                fflags |= layout.number(note);
            }
        }
        long value = data;
        if (time != null) {
            TimerUnit unit = time.at != null ? TimerUnit.of(layout, time.at) : TimerUnit.of(layout, time.period);
            fflags |= unit.fflags();
            value = unit.data();
        }
        // fflags go along with ENABLE and DISABLE too: on FreeBSD each change overwrites the mask of VNODE and PROC.
        changes.add(ident, layout.number(filter), add ? action | flags : action, fflags, value, udata);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Subscription that && filter == that.filter && ident == that.ident
                && notes.equals(that.notes) && data == that.data && Objects.equals(time, that.time)
                && flags == that.flags && udata == that.udata;
    }

    @Override
    public int hashCode() {
        return Objects.hash(filter, ident, notes, data, time, flags, udata);
    }

    @Override
    public String toString() {
        return filter + " ident=" + ident + (notes.isEmpty() ? "" : " " + notes)
                + (time == null ? "" : time.at != null ? " at " + time.at : " every " + time.period);
    }
}
