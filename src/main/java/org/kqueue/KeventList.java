package org.kqueue;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.util.Objects;

/**
 * Kevents in one off-heap block, in the layout of one ABI. Reading and writing a field is a plain memory access:
 * nothing is allocated and nothing native is called. Not thread-safe; a list must not be touched while a {@code kevent}
 * call uses it.
 */
public abstract sealed class KeventList permits ChangeList, EventList {

    final KeventLayout layout;
    private final boolean wideFilter;
    /** Whether filter, flags and fflags are one 64-bit word, as on all systems but NetBSD. */
    private final boolean packed;
    // in words of 64 bits
    private final int stride;
    private final int dataWord;
    private final int udataWord;
    private ByteBuffer memory;
    /**
     * The same memory: what is 64 bits wide is aligned, and an aligned access costs the JIT less than one of a byte
     * buffer.
     */
    private LongBuffer words;
    /** 0 until it is asked for: a kqueue that is no C function never does, and needs no JNA. */
    private long address;
    private int slots;
    int size;

    KeventList(KeventLayout layout, int slots) {
        this.layout = Objects.requireNonNull(layout, "layout");
        wideFilter = layout.filterWidth() == 4;
        packed = !wideFilter && layout.filterOffset() == 8 && layout.fflagsOffset() == 12
                && ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;
        stride = layout.size() / Long.BYTES;
        dataWord = layout.dataOffset() / Long.BYTES;
        udataWord = layout.udataOffset() / Long.BYTES;
        allocate(slots);
    }

    static int requireNotNegative(String list, int capacity) {
        if (capacity < 0) {
            throw new IllegalArgumentException("capacity of " + list + ": " + capacity);
        }
        return capacity;
    }

    private void allocate(int newSlots) {
        memory = ByteBuffer.allocateDirect(Math.multiplyExact(Math.max(newSlots, 1), layout.size()))
                .order(ByteOrder.nativeOrder());
        words = memory.asLongBuffer();
        address = 0;
        slots = newSlots;
    }

    /** Makes room for at least {@code wanted} kevents, whatever the list's own limit; what is in the list stays. */
    final void reserve(int wanted) {
        if (wanted > slots) {
            ByteBuffer old = memory.clear().limit(size * layout.size());
            allocate(wanted);
            memory.put(old).clear();
        }
    }

    final void checkIndex(int index) {
        Objects.checkIndex(index, size);
    }

    /** Writes all fields of a slot. Bytes after udata are 0 from the allocation on and never written. */
    final void write(int index, long ident, int filter, int flags, int fflags, long data, long udata) {
        int base = index * stride;
        words.put(base, ident);
        if (packed) {
            words.put(base + 1, filter & 0xFFFFL | (flags & 0xFFFFL) << Short.SIZE | (long) fflags << Integer.SIZE);
        } else {
            writeFilter(index * layout.size(), filter, flags, fflags);
        }
        words.put(base + dataWord, data);
        words.put(base + udataWord, udata);
    }

    private void writeFilter(int base, int filter, int flags, int fflags) {
        memory.putInt(base + layout.fflagsOffset(), fflags);
        if (wideFilter) {
            memory.putInt(base + layout.filterOffset(), filter);
            memory.putInt(base + layout.flagsOffset(), flags);
        } else {
            memory.putShort(base + layout.filterOffset(), (short) filter);
            memory.putShort(base + layout.flagsOffset(), (short) flags);
        }
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
     * Where the list lies in memory, for a native call. Valid until the list next grows; the list must stay reachable
     * ({@link java.lang.ref.Reference#reachabilityFence}) while the address is in use.
     *
     * @return the address of the first kevent
     */
    public final long address() {
        if (address == 0) {
            address = Pointer.nativeValue(Native.getDirectBufferPointer(memory));
        }
        return address;
    }

    /**
     * What a kevent is about: a descriptor, pid, signal or a number of the program's choice.
     *
     * @param index of the kevent
     * @return its ident
     */
    public final long ident(int index) {
        checkIndex(index);
        return words.get(index * stride);
    }

    /**
     * A kevent's filter by number.
     *
     * @param index of the kevent
     * @return the {@code EVFILT_} number of the layout
     */
    public final int filterNumber(int index) {
        checkIndex(index);
        if (packed) {
            return (short) words.get(index * stride + 1);
        }
        int offset = index * layout.size() + layout.filterOffset();
        return wideFilter ? memory.getInt(offset) : memory.getShort(offset);
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
        if (packed) {
            return (int) (words.get(index * stride + 1) >>> Short.SIZE) & 0xFFFF;
        }
        int offset = index * layout.size() + layout.flagsOffset();
        return wideFilter ? memory.getInt(offset) : memory.getShort(offset) & 0xFFFF;
    }

    /**
     * A kevent's filter-specific flags.
     *
     * @param index of the kevent
     * @return the {@code NOTE_} flags as the layout numbers them
     */
    public final int fflags(int index) {
        checkIndex(index);
        return packed ? (int) (words.get(index * stride + 1) >>> Integer.SIZE)
                : memory.getInt(index * layout.size() + layout.fflagsOffset());
    }

    /**
     * A kevent's data, whose meaning depends on the filter.
     *
     * @param index of the kevent
     * @return the data
     */
    public final long data(int index) {
        checkIndex(index);
        return words.get(index * stride + dataWord);
    }

    /**
     * A kevent's user data.
     *
     * @param index of the kevent
     * @return what the program gave with the change
     */
    public final long udata(int index) {
        checkIndex(index);
        return words.get(index * stride + udataWord);
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
