package org.kqueue.nio;

import java.util.Arrays;

/**
 * What the kevent calls of one select have reported: poll bits by descriptor. READ and WRITE of a descriptor are two
 * events and, for java.nio, one key. Guarded by the selector's monitor.
 */
final class PolledDescriptors {

    /** In the order in which they were first reported. */
    private final DescriptorList order = new DescriptorList();
    private byte[] bits = {};

    void add(int fd, int pollBits) {
        if (fd >= bits.length) {
            bits = Arrays.copyOf(bits, fd + (fd >> 1) + 64);
        }
        if (bits[fd] == 0) {
            order.add(fd);
        }
        bits[fd] |= (byte) pollBits;
    }

    boolean isEmpty() {
        return order.isEmpty();
    }

    int size() {
        return order.size();
    }

    int fd(int index) {
        return order.get(index);
    }

    int pollBits(int index) {
        return bits[order.get(index)];
    }

    void clear() {
        while (!order.isEmpty()) {
            bits[order.removeLast()] = 0;
        }
    }
}
