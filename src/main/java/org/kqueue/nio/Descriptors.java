package org.kqueue.nio;

import java.nio.channels.SelectableChannel;
import org.kqueue.nio.jdk.JdkChannels;

/**
 * Descriptor numbers of the JDK's channels, for programs that watch them with a {@link org.kqueue.Kqueue} of their own
 * while the channels do the reading and writing. Thread-safe.
 */
public final class Descriptors {

    private Descriptors() {
    }

    /**
     * The descriptor of a channel. The number is the channel's until the channel is closed; after that another channel
     * may get it.
     *
     * @param channel one of the JDK's socket, datagram or pipe channels, from any provider
     * @return the number
     * @throws IllegalArgumentException for a channel that is not the JDK's
     * @throws UnsupportedOperationException where the JDK does not let the number be read; the message says what to do
     */
    public static int of(SelectableChannel channel) {
        JdkChannels.open();
        if (!JdkChannels.isSelectable(channel)) {
            throw new IllegalArgumentException("not a channel of the JDK: " + channel);
        }
        return JdkChannels.fd(channel);
    }
}
