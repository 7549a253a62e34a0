package org.kqueue.linux.epoll;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The {@code struct epoll_event[]} that a wait fills, and its timeout. Kept and used again, so that a wait allocates
 * nothing. For one thread at a time.
 */
public final class EventArray {

    /** {@code struct epoll_event} is packed on x86-64 only. */
    private static final boolean PACKED = System.getProperty("os.arch").equals("amd64");
    private static final int SIZE = PACKED ? 12 : 16;
    /** The offset of the user data in it. */
    static final int DATA = PACKED ? 4 : 8;
    /** The events follow a {@code struct timespec}. */
    private static final int FIRST = 16;

    private final EpollCalls calls;
    private ByteBuffer memory;
    private long address;
    private int capacity;

    /**
     * Makes an array without room.
     *
     * @param calls gives the address of the memory
     */
    public EventArray(EpollCalls calls) {
        this.calls = calls;
    }

    /**
     * Makes room for events. Must come before the first wait.
     *
     * @param events how many, at least
     * @return this array
     */
    public EventArray reserve(int events) {
        if (events > capacity) {
            memory = ByteBuffer.allocateDirect(Math.addExact(FIRST, Math.multiplyExact(events, SIZE)))
                    .order(ByteOrder.nativeOrder());
            address = calls.address(memory);
            capacity = events;
        }
        return this;
    }

    /** The address of the first event. */
    long address() {
        return address + FIRST;
    }

    /** The address of a {@code struct timespec}. */
    long timespec(long nanos) {
        memory.putLong(0, nanos / 1_000_000_000).putLong(8, nanos % 1_000_000_000);
        return address;
    }

    /**
     * What an event reports.
     *
     * @param index of the event
     * @return {@code EPOLL} bits
     */
    public int events(int index) {
        return memory.getInt(FIRST + index * SIZE);
    }

    /**
     * The user data where it is a descriptor's number.
     *
     * @param index of the event
     * @return the number
     */
    public int fd(int index) {
        return memory.getInt(FIRST + index * SIZE + DATA);
    }

    /**
     * The user data where it has 64 bits.
     *
     * @param index of the event
     * @return {@link #fd} in the lower half
     */
    public long token(int index) {
        return (long) memory.getInt(FIRST + index * SIZE + DATA + Integer.BYTES) << Integer.SIZE
                | Integer.toUnsignedLong(fd(index));
    }
}
