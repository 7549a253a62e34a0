package org.kqueue;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Iterator;
import java.util.NoSuchElementException;

/**
 * Room for the events of a {@code kevent} call. The call fills it from index 0 and sets its {@link #size()}; what an
 * earlier call put there is gone. Not thread-safe.
 *
 * <p>An entry whose flags contain {@link KeventFlags#EV_ERROR} is the result of a change ({@link #isChangeResult}), not
 * an event.
 */
public final class EventList extends KeventList implements Iterable<Event> {

    private int capacity;
    /** Whether a kevent call is filling the list. */
    private boolean inUse;
    /** A struct timespec, made when it is needed: the call that uses the list is the only one that waits with it. */
    private ByteBuffer timespec;
    private long timespecAddress;

    /**
     * Makes an empty list.
     *
     * @param layout the kqueue's layout
     * @param capacity the most events a call may return; with 0 a call returns at once
     */
    public EventList(KeventLayout layout, int capacity) {
        super(layout, requireNotNegative("an event list", capacity));
        this.capacity = capacity;
    }

    /**
     * The most events that a call may return.
     *
     * @return the capacity
     */
    public int capacity() {
        return capacity;
    }

    /**
     * Changes the capacity. The list is empty afterwards.
     *
     * @param newCapacity the most events a call may return
     * @return this list
     */
    public EventList resize(int newCapacity) {
        size = 0;
        reserve(requireNotNegative("an event list", newCapacity));
        capacity = newCapacity;
        return this;
    }

    /**
     * Whether an entry is the result of a change: a receipt, or an error.
     *
     * @param index of the entry
     * @return true where the flags contain {@link KeventFlags#EV_ERROR}
     */
    public boolean isChangeResult(int index) {
        return (flags(index) & KeventFlags.EV_ERROR) != 0;
    }

    /**
     * The error of a change.
     *
     * @param index of the entry
     * @return the errno as the layout's ABI numbers it, 0 for a receipt and for every entry that is no result of a
     *     change
     */
    public int errno(int index) {
        return isChangeResult(index) ? (int) data(index) : 0;
    }

    /**
     * For a backend: empties the list before a call, and makes room in memory for results beyond the capacity.
     * DragonFly writes one result per failed change whatever the room it is told of, so there must be a slot for each
     * change.
     *
     * @param results the number of slots that must exist in memory
     */
    public void prepare(int results) {
        size = 0;
        reserve(results);
    }

    /**
     * For a backend: says how many entries a native call has written to the memory at {@link #address}.
     *
     * @param entries the number of entries, not more than there are slots
     */
    public void filled(int entries) {
        size = Math.min(entries, capacity);
        readBack(size);
    }

    /**
     * For a backend: a timeout in memory, for the call that uses this list.
     *
     * @param seconds {@code tv_sec}
     * @param nanos {@code tv_nsec}
     * @return the address of a {@code struct timespec} of two 64-bit fields, valid until the next call with this list
     */
    public long timespec(long seconds, long nanos) {
        if (timespec == null) {
            timespec = ByteBuffer.allocateDirect(16).order(ByteOrder.nativeOrder());
            timespecAddress = Pointer.nativeValue(Native.getDirectBufferPointer(timespec));
        }
        timespec.putLong(0, seconds).putLong(8, nanos);
        return timespecAddress;
    }

    /**
     * For a backend written in Java: appends an entry.
     *
     * @param ident the ident
     * @param filter the filter's number
     * @param flags the flags
     * @param fflags the filter's flags
     * @param data the data
     * @param udata the change's udata
     * @throws IllegalStateException if the list is full
     */
    public void append(long ident, int filter, int flags, int fflags, long data, long udata) {
        if (size >= capacity) {
            throw new IllegalStateException("event list is full: " + capacity);
        }
        write(size++, ident, filter, flags, fflags, data, udata);
    }

    /**
     * An event as an object of its own, valid also after the next call.
     *
     * @param index of the event
     * @return a copy
     */
    public Event event(int index) {
        return new Event(this, index);
    }

    /**
     * The events as objects. The list must not be given to a call before the iteration ends.
     *
     * @return an iterator that allocates one {@link Event} per step
     */
    @Override
    public Iterator<Event> iterator() {
        return new Iterator<>() {
            private int next;

            @Override
            public boolean hasNext() {
                return next < size;
            }

            @Override
            public Event next() {
                if (!hasNext()) {
                    throw new NoSuchElementException();
                }
                return event(next++);
            }
        };
    }

    /**
     * A kernel writes into the list as long as a call is under way, so a second call with it is a bug of the program.
     */
    void beginUse() {
        // Not atomic: this finds the bug, but for two calls that begin in the same instant.
        if (inUse) {
            throw new IllegalStateException("the event list is in use by another kevent call");
        }
        inUse = true;
    }

    void endUse() {
        inUse = false;
    }
}
