package org.kqueue;

import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;

/** Collects what a {@link KeventLayout} consists of. Not thread-safe. */
final class KeventLayoutBuilder {

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
     * Begins a layout of 32 bytes with a 16-bit filter and flags, without filters or notes, errors numbered as on BSD,
     * for a {@code kevent} of that name that counts in {@code int} and re-enables as FreeBSD does.
     */
    KeventLayoutBuilder(String name) {
        this.name = Objects.requireNonNull(name, "name");
    }

    /** Begins with what another layout is. */
    KeventLayoutBuilder(KeventLayout layout) {
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

    /** The size of one kevent in bytes, a multiple of 8. */
    KeventLayoutBuilder size(int bytes) {
        if (bytes <= 0 || bytes % 8 != 0) {
            throw new IllegalArgumentException("size of a kevent: " + bytes);
        }
        size = bytes;
        return this;
    }

    /** How wide filter and flags are, 2 or 4 bytes. */
    KeventLayoutBuilder filterWidth(int bytes) {
        if (bytes != 2 && bytes != 4) {
            throw new IllegalArgumentException("width of filter: " + bytes);
        }
        filterWidth = bytes;
        return this;
    }

    KeventLayoutBuilder errnos(Errno.Numbering numbering) {
        errnos = Objects.requireNonNull(numbering, "numbering");
        return this;
    }

    /** A filter and its number, from -16 to 15. */
    KeventLayoutBuilder filter(Filter filter, int number) {
        if (number < -KeventLayout.FILTER_BIAS || number >= KeventLayout.FILTER_BIAS) {
            throw new IllegalArgumentException(filter + " = " + number);
        }
        filters.put(filter, number);
        return this;
    }

    KeventLayoutBuilder note(Note note, int number) {
        notes.put(note, number);
        return this;
    }

    /** Takes a note away that a kernel older than the header does not have. */
    KeventLayoutBuilder without(Note note) {
        notes.remove(note);
        return this;
    }

    KeventLayoutBuilder keventSymbol(String symbol) {
        keventSymbol = Objects.requireNonNull(symbol, "symbol");
        return this;
    }

    KeventLayoutBuilder countsInSizeT(boolean value) {
        countsInSizeT = value;
        return this;
    }

    KeventLayoutBuilder dispatches(boolean value) {
        dispatches = value;
        return this;
    }

    KeventLayoutBuilder reportsUnixClose(boolean value) {
        reportsUnixClose = value;
        return this;
    }

    KeventLayoutBuilder takesAnySignal(boolean value) {
        takesAnySignal = value;
        return this;
    }

    KeventLayoutBuilder forceOneshot(int flag) {
        forceOneshot = flag;
        return this;
    }

    KeventLayoutBuilder timerHints(int bits) {
        timerHints = bits;
        return this;
    }

    KeventLayout build() {
        return new KeventLayout(this);
    }
}
