package org.kqueue.linux;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.nio.charset.StandardCharsets;

/**
 * The native memory of one call under way: {@code struct epoll_event[]} and the small structs that calls are given.
 * Kept and used again, so that a call allocates nothing. Used by one thread at a time.
 */
final class Memory {

    /** {@code struct epoll_event} is packed on x86-64 only. */
    private static final boolean PACKED = System.getProperty("os.arch").equals("amd64");
    private static final int EVENT_SIZE = PACKED ? 12 : 16;
    private static final int EVENT_DATA = PACKED ? 4 : 8;
    /** Of the two halves of epoll's user data, which one is first in memory. */
    private static final int LOW = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN ? 0 : 1;

    private static final int ONE_EVENT = 0;
    private static final int POLLFD = 16;
    private static final int TIMESPEC = 32;
    private static final int NUMBER = 48;
    private static final int LENGTH = 56;
    private static final int NO_PATH = 64;
    private static final int STRUCT = 72;
    /** The largest struct: {@code statx} and {@code tcp_info} have at most 256 bytes. */
    private static final int STRUCT_SIZE = 256;
    private static final int SIZE = STRUCT + STRUCT_SIZE;

    private static final int PIDFD_INFO_SIZE = 64;

    private static final int STX_NLINK = 16;
    private static final int STX_SIZE = 40;
    private static final int STX_MODE = 28;
    private static final int STX_INO = 32;
    private static final int STX_DEV_MAJOR = 136;

    private final ByteBuffer small = ByteBuffer.allocateDirect(SIZE).order(ByteOrder.nativeOrder());
    private final long address = addressOf(small);
    /** Of ints, to which all fields are aligned. */
    private IntBuffer events;
    private long eventsAddress;
    private int capacity;

    /** The next in the free list. */
    Memory next;

    static long addressOf(ByteBuffer buffer) {
        return Pointer.nativeValue(Native.getDirectBufferPointer(buffer));
    }

    /** A {@code struct itimerspec} that expires once. */
    long itimerspec(long nanos) {
        small.putLong(STRUCT, 0).putLong(STRUCT + 8, 0);
        small.putLong(STRUCT + 16, nanos / 1_000_000_000).putLong(STRUCT + 24, nanos % 1_000_000_000);
        return address + STRUCT;
    }

    /** A {@code struct pidfd_info} that asks for something. */
    long pidfdInfo(long mask) {
        for (int offset = 0; offset < PIDFD_INFO_SIZE; offset += Long.BYTES) {
            small.putLong(STRUCT + offset, 0);
        }
        small.putLong(STRUCT, mask);
        return address + STRUCT;
    }

    /** The path by which the system finds the file of a descriptor, as a C string. */
    long descriptorPath(int fd) {
        return path("/proc/self/fd/" + fd);
    }

    /** The path of the directory that the descriptor's directory is in. */
    long parentPath(int fd) {
        return path("/proc/self/fd/" + fd + "/..");
    }

    private long path(String text) {
        byte[] path = (text + '\0').getBytes(StandardCharsets.US_ASCII);
        small.put(STRUCT, path);
        return address + STRUCT;
    }

    /** Makes room for {@code wanted} events. */
    void reserve(int wanted) {
        if (wanted > capacity) {
            ByteBuffer memory = ByteBuffer.allocateDirect(Math.multiplyExact(wanted, EVENT_SIZE));
            eventsAddress = addressOf(memory);
            events = memory.order(ByteOrder.nativeOrder()).asIntBuffer();
            capacity = wanted;
        }
    }

    long eventsAddress() {
        return eventsAddress;
    }

    int events(int index) {
        return events.get(index * (EVENT_SIZE / Integer.BYTES));
    }

    long token(int index) {
        int data = index * (EVENT_SIZE / Integer.BYTES) + EVENT_DATA / Integer.BYTES;
        return (long) events.get(data + (1 - LOW)) << Integer.SIZE | Integer.toUnsignedLong(events.get(data + LOW));
    }

    /** A {@code struct epoll_event} for {@code epoll_ctl}. */
    long event(int mask, long token) {
        small.putInt(ONE_EVENT, mask);
        small.putLong(ONE_EVENT + EVENT_DATA, token);
        return address + ONE_EVENT;
    }

    long timespec(long nanos) {
        small.putLong(TIMESPEC, nanos / 1_000_000_000);
        small.putLong(TIMESPEC + 8, nanos % 1_000_000_000);
        return address + TIMESPEC;
    }

    /** A {@code struct pollfd}. */
    long pollfd(int fd, int events) {
        small.putInt(POLLFD, fd);
        small.putShort(POLLFD + 4, (short) events);
        small.putShort(POLLFD + 6, (short) 0);
        return address + POLLFD;
    }

    int revents() {
        return small.getShort(POLLFD + 6) & 0xFFFF;
    }

    /** A 64-bit cell, for calls that read or write one number. */
    long number(long value) {
        small.putLong(NUMBER, value);
        return address + NUMBER;
    }

    int intNumber() {
        return small.getInt(NUMBER);
    }

    /** A {@code socklen_t}. */
    long length(int value) {
        small.putInt(LENGTH, value);
        return address + LENGTH;
    }

    /** The empty string. */
    long noPath() {
        return address + NO_PATH;
    }

    /** A {@code struct statx} or {@code struct tcp_info}. */
    long struct() {
        return address + STRUCT;
    }

    static int structSize() {
        return STRUCT_SIZE;
    }

    int structByte(int offset) {
        return small.get(STRUCT + offset) & 0xFF;
    }

    int structInt(int offset) {
        return small.getInt(STRUCT + offset);
    }

    long structLong(int offset) {
        return small.getLong(STRUCT + offset);
    }

    int mode() {
        return small.getShort(STRUCT + STX_MODE) & 0xFFFF;
    }

    int links() {
        return small.getInt(STRUCT + STX_NLINK);
    }

    long size() {
        return small.getLong(STRUCT + STX_SIZE);
    }

    long inode() {
        return small.getLong(STRUCT + STX_INO);
    }

    /** Major and minor number of the device, as one number. */
    long device() {
        return small.getLong(STRUCT + STX_DEV_MAJOR);
    }
}
