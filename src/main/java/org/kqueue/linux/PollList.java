package org.kqueue.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * An array of {@code struct pollfd}, and for each the generation of the registration that it is for: the descriptors of
 * a {@link ReadinessKqueue} that have been ready for long. Guarded by the kqueue's lock.
 */
final class PollList {

    private static final int SIZE = 8;
    private static final int EVENTS = 4;
    private static final int REVENTS = 6;

    private ByteBuffer fds = allocate(16);
    private long address = Memory.addressOf(fds);
    private int[] generations = new int[16];
    private int size;

    private static ByteBuffer allocate(int entries) {
        return ByteBuffer.allocateDirect(entries * SIZE).order(ByteOrder.nativeOrder());
    }

    int size() {
        return size;
    }

    long address() {
        return address;
    }

    void add(int fd, int generation, int events) {
        if (size == generations.length) {
            ByteBuffer larger = allocate(2 * size).put(fds.clear());
            fds = larger;
            address = Memory.addressOf(larger);
            generations = Arrays.copyOf(generations, 2 * size);
        }
        fds.putInt(size * SIZE, fd).putShort(size * SIZE + EVENTS, (short) events);
        generations[size++] = generation;
    }

    int fd(int index) {
        return fds.getInt(index * SIZE);
    }

    int generation(int index) {
        return generations[index];
    }

    /** What poll has said last. */
    int revents(int index) {
        return fds.getShort(index * SIZE + REVENTS) & 0xFFFF;
    }

    /** Puts an entry in the place of one before it. */
    void move(int from, int to) {
        if (from != to) {
            fds.putLong(to * SIZE, fds.getLong(from * SIZE));
            generations[to] = generations[from];
        }
    }

    /** Drops all entries behind the first ones. */
    void shrink(int first) {
        size = first;
    }
}
