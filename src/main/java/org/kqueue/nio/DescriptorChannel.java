package org.kqueue.nio;

import java.io.IOException;
import java.nio.channels.spi.AbstractSelectableChannel;
import java.nio.channels.spi.SelectorProvider;

/**
 * A selectable channel that is not the JDK's: a descriptor which a {@link KqueueSelector} watches with
 * {@code EVFILT_READ}. Each channel of {@link org.kqueue.nio.channels} is one. Its operations are {@code OP_READ}
 * alone.
 *
 * <p>As with the JDK's channels, one that is closed while it is registered keeps its descriptor until the selector has
 * deregistered it, so that the number is not given to another file while a kqueue knows it.
 */
public abstract class DescriptorChannel extends AbstractSelectableChannel {

    /**
     * For a subclass.
     *
     * @param provider what {@link #provider()} answers
     */
    protected DescriptorChannel(SelectorProvider provider) {
        super(provider);
    }

    /**
     * The descriptor, which is readable as long as there is something to read. The number does not change.
     *
     * @return the number
     */
    protected abstract int fd();

    /**
     * Closes the descriptor. Called when the channel is closed and no selector has it any more; a second call does
     * nothing.
     *
     * @throws IOException if the system reports an error
     */
    protected abstract void kill() throws IOException;
}
