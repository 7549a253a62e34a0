package org.kqueue;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.util.Arrays;
import java.util.Objects;

/**
 * Kevents in the layout of one ABI. Reading and writing a field is a plain memory access: nothing is allocated and
 * nothing native is called. A C function gets a copy. Not thread-safe; a list must not be touched while a {@code
 * kevent} call uses it.
 */
public abstract sealed class KeventList permits ChangeList, EventList {

    private static final long INT_MASK = 0xFFFF_FFFFL;

    final KeventLayout layout;
    private final boolean wideFilter;
    private final long filterMask;
    // where fields are: in words of 64 bits, and bits in a word
    private final int stride;
    private final int filterShift;
    private final int flagsShift;
    private final int fflagsWord;
    private final int fflagsShift;
    private final int dataWord;
    private final int udataWord;
    /** An array, as the access to a buffer is slow until it is compiled. */
    private long[] words;
    /** For C, null until it is asked for: a kqueue that is no C function never does, and needs no JNA. */
    private LongBuffer copy;
    private long address;
    int size;

    KeventList(KeventLayout layout, int slots) {
        this.layout = Objects.requireNonNull(layout, "layout");
        wideFilter = layout.filterWidth() == Integer.BYTES;
        filterMask = wideFilter ? INT_MASK : 0xFFFF;
        stride = layout.size() / Long.BYTES;
        filterShift = shift(layout.filterOffset(), layout.filterWidth());
        flagsShift = shift(layout.flagsOffset(), layout.filterWidth());
        fflagsWord = layout.fflagsOffset() / Long.BYTES;
        fflagsShift = shift(layout.fflagsOffset(), Integer.BYTES);
        dataWord = layout.dataOffset() / Long.BYTES;
        udataWord = layout.udataOffset() / Long.BYTES;
        words = new long[Math.multiplyExact(slots, stride)];
    }

    private static int shift(int offset, int width) {
        int bytes = offset % Long.BYTES;
        return Byte.SIZE * (ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN ? bytes : Long.BYTES - width - bytes);
    }

    static int requireNotNegative(String list, int capacity) {
        if (capacity < 0) {
            throw new IllegalArgumentException("capacity of " + list + ": " + capacity);
        }
        return capacity;
    }

    /** Makes room for at least {@code wanted} kevents, whatever the list's own limit; what is in the list stays. */
    final void reserve(int wanted) {
        if (wanted > words.length / stride) {
            words = Arrays.copyOf(words, Math.multiplyExact(wanted, stride));
            copy = null;
        }
    }

    final void checkIndex(int index) {
        Objects.checkIndex(index, size);
    }

    /** Writes all fields of a slot. Words after udata are always 0. */
    final void write(int index, long ident, int filter, int flags, int fflags, long data, long udata) {
        int base = index * stride;
        long filterAndFlags = (filter & filterMask) << filterShift | (flags & filterMask) << flagsShift;
        words[base] = ident;
        words[base + 1] = filterAndFlags;
        words[base + fflagsWord] = (fflagsWord == 1 ? filterAndFlags : 0) | (fflags & INT_MASK) << fflagsShift;
        words[base + dataWord] = data;
        words[base + udataWord] = udata;
    }

    /**
     * The layout the kevents are in.
     *
     * @return the layout
     */
    public final KeventLayout layout() {
        return layout;
    }

    /**
     * The number of kevents in the list.
     *
     * @return the size
     */
    public final int size() {
        return size;
    }

    /**
     * For a backend: copies the list to native memory, which has room for as many kevents as the list. Valid until the
     * list next grows; the list must stay reachable ({@link java.lang.ref.Reference#reachabilityFence}) while the
     * address is in use.
     *
     * @return the address of the first kevent
     */
    public final long address() {
        if (copy == null) {
            ByteBuffer memory = ByteBuffer.allocateDirect(Math.multiplyExact(Math.max(words.length, 1), Long.BYTES))
                    .order(ByteOrder.nativeOrder());
            copy = memory.asLongBuffer();
            address = Pointer.nativeValue(Native.getDirectBufferPointer(memory));
        }
        copy.put(0, words, 0, size * stride);
        return address;
    }

    /** A native call has written so many kevents to the memory at {@link #address}. */
    final void readBack(int kevents) {
        if (copy != null) {
            copy.get(0, words, 0, kevents * stride);
        }
    }

    /**
     * What a kevent is about: a descriptor, pid, signal or a number of the program's choice.
     *
     * @param index of the kevent
     * @return its ident
     */
    public final long ident(int index) {
        checkIndex(index);
        return words[index * stride];
    }

    /**
     * A kevent's filter by number.
     *
     * @param index of the kevent
     * @return the {@code EVFILT_} number of the layout
     */
    public final int filterNumber(int index) {
        checkIndex(index);
        long number = words[index * stride + 1] >> filterShift;
        return wideFilter ? (int) number : (short) number;
    }

    /**
     * A kevent's filter.
     *
     * @param index of the kevent
     * @return the filter, or null for a number the layout does not know
     */
    public final Filter filter(int index) {
        return layout.filter(filterNumber(index));
    }

    /**
     * A kevent's flags.
     *
     * @param index of the kevent
     * @return the {@code EV_} flags, never negative on systems with 16-bit flags
     */
    public final int flags(int index) {
        checkIndex(index);
        return (int) (words[index * stride + 1] >> flagsShift & filterMask);
    }

    /**
     * A kevent's filter-specific flags.
     *
     * @param index of the kevent
     * @return the {@code NOTE_} flags as the layout numbers them
     */
    public final int fflags(int index) {
        checkIndex(index);
        return (int) (words[index * stride + fflagsWord] >> fflagsShift);
    }

    /**
     * A kevent's data, whose meaning depends on the filter.
     *
     * @param index of the kevent
     * @return the data
     */
    public final long data(int index) {
        checkIndex(index);
        return words[index * stride + dataWord];
    }

    /**
     * A kevent's user data.
     *
     * @param index of the kevent
     * @return what the program gave with the change
     */
    public final long udata(int index) {
        checkIndex(index);
        return words[index * stride + udataWord];
    }

    /**
     * One kevent as text.
     *
     * @param index of the kevent
     * @return the text of {@link KeventFormat}
     */
    public final String toString(int index) {
        return KeventFormat.format(layout, ident(index), filterNumber(index), flags(index), fflags(index), data(index),
                udata(index));
    }

    @Override
    public final String toString() {
        StringBuilder text = new StringBuilder("[");
        for (int i = 0; i < size; i++) {
            text.append(i == 0 ? "" : ", ").append(toString(i));
        }
        return text.append(']').toString();
    }
}
