package org.kqueue.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.util.Arrays;

/**
 * An array of {@code struct pollfd}, and for each the generation of the registration that it is for: the descriptors of
 * a {@link ReadinessKqueue} that have been ready for long. Used by one call at a time.
 */
final class PollList {

    private static final int SIZE = 8;
    /** How far up {@code events} and {@code revents} are in the int that they share. */
    private static final int EVENTS = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN ? 0 : Short.SIZE;
    private static final int REVENTS = Short.SIZE - EVENTS;

    /** Two ints an entry: {@code fd}, and the other two fields. */
    private IntBuffer fds;
    private long address;
    private int[] generations = {};
    private int size;

    PollList() {
        reserve(16);
    }

    private void reserve(int entries) {
        ByteBuffer memory = ByteBuffer.allocateDirect(entries * SIZE).order(ByteOrder.nativeOrder());
        IntBuffer larger = memory.asIntBuffer();
        for (int i = 0; i < 2 * size; i++) {
            larger.put(i, fds.get(i));
        }
        fds = larger;
        address = Memory.addressOf(memory);
        generations = Arrays.copyOf(generations, entries);
    }

    int size() {
        return size;
    }

    long address() {
        return address;
    }

    void add(int fd, int generation, int events) {
        if (size == generations.length) {
            reserve(2 * size);
        }
        fds.put(2 * size, fd).put(2 * size + 1, (events & 0xFFFF) << EVENTS);
        generations[size++] = generation;
    }

    int fd(int index) {
        return fds.get(2 * index);
    }

    int generation(int index) {
        return generations[index];
    }

    /** What poll has said last. */
    int revents(int index) {
        return fds.get(2 * index + 1) >>> REVENTS & 0xFFFF;
    }

    /** Puts an entry in the place of one before it. */
    void move(int from, int to) {
        if (from != to) {
            fds.put(2 * to, fds.get(2 * from)).put(2 * to + 1, fds.get(2 * from + 1));
            generations[to] = generations[from];
        }
    }

    /** Drops all entries behind the first ones. */
    void shrink(int first) {
        size = first;
    }
}
