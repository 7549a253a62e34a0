package org.kqueue.nio;

import org.kqueue.KqueueConfig;

/**
 * What {@link KqueueSelectors} asks a selector for. An interface, because {@link KqueueSelector} cannot be loaded where
 * {@code sun.nio.ch} is not open, and {@code instanceof} loads it.
 */
interface KqueueBacked {

    /** How to open a kqueue that knows what this selector's knows. */
    KqueueConfig config();

    Observation observation();
}
