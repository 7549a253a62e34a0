package org.kqueue.nio.channels;

import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;

/**
 * A channel has become ready, since it was told so last.
 *
 * @param channel as it was given to the {@link EdgeChannel}
 * @param ops {@link SelectionKey#OP_READ} and the like, of those that were asked for
 * @param available {@code data} of the kevent: bytes to read, connections waiting, or free space
 * @param endOfStream whether the other side has ended, or the channel failed
 */
public record EdgeEvent(SelectableChannel channel, int ops, long available, boolean endOfStream) {
}
