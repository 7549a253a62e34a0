package org.kqueue;

import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;

/** Collects what a {@link KeventLayout} consists of. Not thread-safe. */
public final class KeventLayoutBuilder {

    final String name;
    final Map<Filter, Integer> filters = new EnumMap<>(Filter.class);
    final Map<Note, Integer> notes = new EnumMap<>(Note.class);
    Errno.Numbering errnos = Errno.Numbering.BSD;
    int size = 32;
    int filterWidth = 2;
    String keventSymbol = "kevent";
    boolean countsInSizeT;
    boolean dispatches = true;
    boolean reportsUnixClose = true;
    boolean takesAnySignal;
    int forceOneshot;
    int timerHints;

    /**
     * Begins a layout of 32 bytes with a 16-bit filter and flags, without filters or notes, errors numbered as on
     * BSD, for a {@code kevent} of that name that counts in {@code int} and re-enables as FreeBSD does.
     *
     * @param name the value of {@code org.kqueue.abi} that selects it
     */
    public KeventLayoutBuilder(String name) {
        this.name = Objects.requireNonNull(name, "name");
    }

    /**
     * Begins with what another layout is.
     *
     * @param layout the layout
     */
    public KeventLayoutBuilder(KeventLayout layout) {
        name = layout.name();
        for (Filter filter : Filter.ALL) {
            if (layout.has(filter)) {
                filters.put(filter, layout.number(filter));
            }
        }
        for (Note note : Note.ALL) {
            if (layout.has(note)) {
                notes.put(note, layout.number(note));
            }
        }
        errnos = layout.errnos();
        size = layout.size();
        filterWidth = layout.filterWidth();
        keventSymbol = layout.keventSymbol();
        countsInSizeT = layout.countsInSizeT();
        dispatches = layout.dispatches();
        reportsUnixClose = layout.reportsUnixClose();
        takesAnySignal = layout.takesAnySignal();
        forceOneshot = layout.forceOneshot();
        timerHints = layout.timerHints();
    }

    /**
     * Sets the size of one kevent.
     *
     * @param bytes the size, a multiple of 8
     * @return this builder
     */
    public KeventLayoutBuilder size(int bytes) {
        if (bytes <= 0 || bytes % 8 != 0) {
            throw new IllegalArgumentException("size of a kevent: " + bytes);
        }
        size = bytes;
        return this;
    }

    /**
     * Sets the width of {@code filter} and {@code flags}.
     *
     * @param bytes 2 or 4
     * @return this builder
     */
    public KeventLayoutBuilder filterWidth(int bytes) {
        if (bytes != 2 && bytes != 4) {
            throw new IllegalArgumentException("width of filter: " + bytes);
        }
        filterWidth = bytes;
        return this;
    }

    /**
     * Sets how errors are numbered.
     *
     * @param numbering the system's numbering
     * @return this builder
     */
    public KeventLayoutBuilder errnos(Errno.Numbering numbering) {
        errnos = Objects.requireNonNull(numbering, "numbering");
        return this;
    }

    /**
     * Adds a filter.
     *
     * @param filter the filter
     * @param number its number, from -16 to 15
     * @return this builder
     */
    public KeventLayoutBuilder filter(Filter filter, int number) {
        if (number < -KeventLayout.FILTER_BIAS || number >= KeventLayout.FILTER_BIAS) {
            throw new IllegalArgumentException(filter + " = " + number);
        }
        filters.put(filter, number);
        return this;
    }

    /**
     * Adds a {@code NOTE_} constant.
     *
     * @param note the constant
     * @param number its value
     * @return this builder
     */
    public KeventLayoutBuilder note(Note note, int number) {
        notes.put(note, number);
        return this;
    }

    /**
     * Takes a {@code NOTE_} constant away: that of a kernel older than the header.
     *
     * @param note the constant
     * @return this builder
     */
    public KeventLayoutBuilder without(Note note) {
        notes.remove(note);
        return this;
    }

    /**
     * Sets {@link KeventLayout#keventSymbol()}.
     *
     * @param symbol the name
     * @return this builder
     */
    public KeventLayoutBuilder keventSymbol(String symbol) {
        keventSymbol = Objects.requireNonNull(symbol, "symbol");
        return this;
    }

    /**
     * Sets {@link KeventLayout#countsInSizeT()}.
     *
     * @param value true for {@code size_t}
     * @return this builder
     */
    public KeventLayoutBuilder countsInSizeT(boolean value) {
        countsInSizeT = value;
        return this;
    }

    /**
     * Sets {@link KeventLayout#dispatches()}.
     *
     * @param value whether {@code EV_ENABLE} reports what is pending
     * @return this builder
     */
    public KeventLayoutBuilder dispatches(boolean value) {
        dispatches = value;
        return this;
    }

    /**
     * Sets {@link KeventLayout#reportsUnixClose()}.
     *
     * @param value true unless set
     * @return this builder
     */
    public KeventLayoutBuilder reportsUnixClose(boolean value) {
        reportsUnixClose = value;
        return this;
    }

    /**
     * Sets {@link KeventLayout#takesAnySignal()}.
     *
     * @param value whether it does
     * @return this builder
     */
    public KeventLayoutBuilder takesAnySignal(boolean value) {
        takesAnySignal = value;
        return this;
    }

    /**
     * Sets {@link KeventLayout#forceOneshot()}.
     *
     * @param flag the flag
     * @return this builder
     */
    public KeventLayoutBuilder forceOneshot(int flag) {
        forceOneshot = flag;
        return this;
    }

    /**
     * Sets {@link KeventLayout#timerHints()}.
     *
     * @param bits the bits
     * @return this builder
     */
    public KeventLayoutBuilder timerHints(int bits) {
        timerHints = bits;
        return this;
    }

    /**
     * Makes the layout.
     *
     * @return a new layout
     */
    public KeventLayout build() {
        return new KeventLayout(this);
    }
}
