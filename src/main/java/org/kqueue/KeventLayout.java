package org.kqueue;

import java.util.List;
import java.util.Map;

/**
 * One system's {@code struct kevent}, its numbers and what its kernel does otherwise than others: the ABI as data.
 * Offsets and sizes are in bytes, for LP64 systems.
 *
 * <p>{@code ident}, {@code data} and {@code udata} are 8 bytes wide and {@code fflags} 4 in every layout; {@code
 * filter} and {@code flags} are either 2 or 4 (NetBSD). Bytes after {@code udata} ({@code ext} of FreeBSD 12 and NetBSD
 * 11) are always 0 in what is handed to a kernel and not read from what it returns.
 *
 * <p>Instances are immutable. There is one for each ABI ({@link #of}), and others for kernels that lack a part of
 * theirs.
 */
public final class KeventLayout {

    /**
     * {@code filter(int)} covers the numbers from {@code -FILTER_BIAS} up; all systems' numbers lie between -15 and 9.
     */
    static final int FILTER_BIAS = 16;

    private final String name;
    private final Errno.Numbering errnos;
    private final int size;
    private final int filterOffset;
    private final int filterWidth;
    private final int flagsOffset;
    private final int fflagsOffset;
    private final int dataOffset;
    private final int udataOffset;
    private final int[] filterNumbers;
    private final boolean[] filterPresent;
    private final Filter[] filtersByNumber;
    private final int[] noteNumbers;
    private final boolean[] notePresent;
    private final String keventSymbol;
    private final boolean countsInSizeT;
    private final boolean dispatches;
    private final boolean reportsUnixClose;
    private final boolean takesAnySignal;
    private final int forceOneshot;
    private final int timerHints;

    KeventLayout(KeventLayoutBuilder builder) {
        name = builder.name;
        errnos = builder.errnos;
        size = builder.size;
        filterWidth = builder.filterWidth;
        filterOffset = 8;
        flagsOffset = filterOffset + filterWidth;
        fflagsOffset = flagsOffset + filterWidth;
        dataOffset = (fflagsOffset + 4 + 7) & ~7;
        udataOffset = dataOffset + 8;
        filterNumbers = new int[Filter.ALL.length];
        filterPresent = new boolean[Filter.ALL.length];
        filtersByNumber = new Filter[2 * FILTER_BIAS];
        for (Map.Entry<Filter, Integer> entry : builder.filters.entrySet()) {
            Filter filter = entry.getKey();
            filterNumbers[filter.ordinal()] = entry.getValue();
            filterPresent[filter.ordinal()] = true;
            filtersByNumber[entry.getValue() + FILTER_BIAS] = filter;
        }
        noteNumbers = new int[Note.ALL.length];
        notePresent = new boolean[Note.ALL.length];
        for (Map.Entry<Note, Integer> entry : builder.notes.entrySet()) {
            noteNumbers[entry.getKey().ordinal()] = entry.getValue();
            notePresent[entry.getKey().ordinal()] = true;
        }
        keventSymbol = builder.keventSymbol;
        countsInSizeT = builder.countsInSizeT;
        dispatches = builder.dispatches;
        reportsUnixClose = builder.reportsUnixClose;
        takesAnySignal = builder.takesAnySignal;
        forceOneshot = builder.forceOneshot;
        timerHints = builder.timerHints;
        if (udataOffset + 8 > size) {
            throw new IllegalArgumentException(name + ": a kevent of " + size + " bytes has no room for its fields");
        }
    }

    /**
     * The layout of an ABI.
     *
     * @param abi a name as {@code org.kqueue.abi} takes it, one of {@link #names()}
     * @return always the same instance
     * @throws IllegalArgumentException for another name; the message has those that are allowed
     */
    public static KeventLayout of(String abi) {
        KeventLayout layout = Layouts.of(abi);
        if (layout == null) {
            throw new IllegalArgumentException(KqueueConfig.ABI + "=" + abi + " is unknown; allowed: "
                    + String.join(", ", Layouts.NAMES));
        }
        return layout;
    }

    /**
     * The ABIs there are.
     *
     * @return their names
     */
    public static List<String> names() {
        return Layouts.NAMES;
    }

    /**
     * The same ABI on a kernel whose timers take less than the header defines.
     *
     * @param units false for one that ignores the notes of units and counts milliseconds
     * @param absolute false for one without {@link Note#NOTE_ABSTIME}
     * @return a layout without these notes
     */
    public KeventLayout withTimers(boolean units, boolean absolute) {
        KeventLayoutBuilder builder = new KeventLayoutBuilder(this);
        if (!units) {
            builder.without(Note.NOTE_SECONDS).without(Note.NOTE_USECONDS).without(Note.NOTE_NSECONDS)
                    .note(Note.NOTE_MSECONDS, 0);
        }
        if (!absolute) {
            builder.without(Note.NOTE_ABSTIME);
        }
        return builder.build();
    }

    /**
     * The name by which {@code org.kqueue.abi} selects this layout.
     *
     * @return the name, lower case
     */
    public String name() {
        return name;
    }

    /**
     * How the ABI numbers its errors.
     *
     * @return the numbering of {@code data} in error entries and of {@code fflags} beside {@code EV_EOF}
     */
    public Errno.Numbering errnos() {
        return errnos;
    }

    /**
     * The size of one kevent.
     *
     * @return bytes from one kevent to the next in a list
     */
    public int size() {
        return size;
    }

    /**
     * Where {@code ident} (64 bits) lies.
     *
     * @return the offset in bytes
     */
    public int identOffset() {
        return 0;
    }

    /**
     * Where {@code filter} (signed) lies.
     *
     * @return the offset in bytes
     */
    public int filterOffset() {
        return filterOffset;
    }

    /**
     * How wide {@code filter} and {@code flags} are.
     *
     * @return 2 or 4 bytes
     */
    public int filterWidth() {
        return filterWidth;
    }

    /**
     * Where {@code flags} (unsigned, as wide as {@code filter}) lies.
     *
     * @return the offset in bytes
     */
    public int flagsOffset() {
        return flagsOffset;
    }

    /**
     * Where {@code fflags} (unsigned 32 bits) lies.
     *
     * @return the offset in bytes
     */
    public int fflagsOffset() {
        return fflagsOffset;
    }

    /**
     * Where {@code data} (signed 64 bits) lies.
     *
     * @return the offset in bytes
     */
    public int dataOffset() {
        return dataOffset;
    }

    /**
     * Where {@code udata} (64 bits, opaque) lies.
     *
     * @return the offset in bytes
     */
    public int udataOffset() {
        return udataOffset;
    }

    /**
     * Whether the system's header defines a filter. A kernel may still be too old for it: see {@link Kqueue#supports}.
     *
     * @param filter the filter
     * @return true where {@link #number(Filter)} answers
     */
    public boolean has(Filter filter) {
        return filterPresent[filter.ordinal()];
    }

    /**
     * The system's number of a filter.
     *
     * @param filter the filter
     * @return its {@code EVFILT_} number
     * @throws UnsupportedOperationException where the system does not have the filter
     */
    public int number(Filter filter) {
        if (!filterPresent[filter.ordinal()]) {
            throw new UnsupportedOperationException(filter + " does not exist in the " + name + " ABI");
        }
        return filterNumbers[filter.ordinal()];
    }

    /**
     * The filter that a number stands for.
     *
     * @param number a number as it stands in a kevent
     * @return the filter, or null where the system's header has none of that number
     */
    public Filter filter(int number) {
        int index = number + FILTER_BIAS;
        return index >= 0 && index < filtersByNumber.length ? filtersByNumber[index] : null;
    }

    /**
     * Whether there is a {@code NOTE_} constant: the system's header defines it, and the kernel is not known to be too
     * old for it. The layout of a kqueue ({@link Kqueue#layout()}) lacks the units of timers, and {@code NOTE_ABSTIME},
     * where its kernel does not take them.
     *
     * @param note the constant
     * @return true where {@link #number(Note)} answers
     */
    public boolean has(Note note) {
        return notePresent[note.ordinal()];
    }

    /**
     * The system's value of a {@code NOTE_} constant.
     *
     * @param note the constant
     * @return its value; for the units of a timer not always a bit of its own
     * @throws UnsupportedOperationException where the system does not have the constant
     */
    public int number(Note note) {
        if (!notePresent[note.ordinal()]) {
            throw new UnsupportedOperationException(note + " does not exist in the " + name + " ABI");
        }
        return noteNumbers[note.ordinal()];
    }

    /**
     * The name under which the C library exports the {@code kevent} that takes this layout. NetBSD renames it when the
     * ABI changes ({@code __RENAME} in {@code <sys/event.h>}), and its plain {@code kevent} takes the timespec of
     * before release 6.
     *
     * @return {@code kevent}, {@code __kevent50} or {@code __kevent100}
     */
    public String keventSymbol() {
        return keventSymbol;
    }

    /**
     * Whether {@code nchanges} and {@code nevents} of {@code kevent} are {@code size_t}, as {@code <sys/event.h>} of
     * NetBSD declares them, and not {@code int}.
     *
     * @return true on NetBSD
     */
    public boolean countsInSizeT() {
        return countsInSizeT;
    }

    /**
     * Whether an {@code EV_ENABLE} of a knote that {@code EV_DISPATCH} has disabled reports what is pending. macOS,
     * FreeBSD, OpenBSD and DragonFly ask the filter again ({@code kqueue_register} in {@code kern_event.c}; measured on
     * FreeBSD 12.3 and 15.0). NetBSD reports only what came after the last event: data that was there then, and was not
     * read, is not reported (measured on NetBSD 7.99).
     *
     * @return false on NetBSD
     */
    public boolean dispatches() {
        return dispatches;
    }

    /**
     * Whether a WRITE knote of an AF_UNIX socket reports that the peer has closed. A full socket's does not on FreeBSD
     * 15.0 (measured); a new knote does.
     *
     * @return false where a release of the system is known that does not
     */
    public boolean reportsUnixClose() {
        return reportsUnixClose;
    }

    /**
     * Whether {@code EVFILT_SIGNAL} takes a number that is no signal. FreeBSD does (measured on 12.3), the others say
     * {@code EINVAL} ({@code filt_sigattach} in {@code kern_sig.c}).
     *
     * @return true on FreeBSD
     */
    public boolean takesAnySignal() {
        return takesAnySignal;
    }

    /**
     * The flag {@code EV_FORCEONESHOT} of {@code <sys/event.h>} of FreeBSD: deliver now, whatever the condition, and
     * remove the knote. Its bit has another meaning elsewhere.
     *
     * @return the flag, 0 where there is none
     */
    public int forceOneshot() {
        return forceOneshot;
    }

    /**
     * The bits of a timer's {@code fflags} that say how exact it is to be, not what its {@code data} means: {@code
     * NOTE_LEEWAY}, {@code NOTE_CRITICAL} and {@code NOTE_BACKGROUND} of {@code <sys/event.h>} of macOS.
     *
     * @return the bits, 0 where there are none
     */
    public int timerHints() {
        return timerHints;
    }

    @Override
    public String toString() {
        return name;
    }
}
