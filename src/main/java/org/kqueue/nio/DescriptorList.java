package org.kqueue.nio;

import java.util.Arrays;

/** A list of descriptor numbers that grows and allocates nothing else. Not thread-safe. */
final class DescriptorList {

    private int[] descriptors = {};
    private int size;

    void add(int fd) {
        if (size == descriptors.length) {
            descriptors = Arrays.copyOf(descriptors, Math.max(16, 2 * size));
        }
        descriptors[size++] = fd;
    }

    int size() {
        return size;
    }

    boolean isEmpty() {
        return size == 0;
    }

    int get(int index) {
        return descriptors[index];
    }

    /** Removes the last one. */
    int removeLast() {
        return descriptors[--size];
    }

    void clear() {
        size = 0;
    }
}
