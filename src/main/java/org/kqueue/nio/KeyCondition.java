package org.kqueue.nio;

import java.io.IOException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import org.kqueue.ChangeList;
import org.kqueue.Errno;
import org.kqueue.Event;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.KeventException;
import org.kqueue.KeventFlags;
import org.kqueue.Kqueue;
import org.kqueue.KqueueConfig;

/**
 * What the kernel knew of a channel at one moment: {@code data}, {@code EV_EOF} and {@code fflags} of its READ and
 * WRITE filters. Asking changes nothing. See {@link KqueueSelectors#condition}.
 *
 * @param readableBytes bytes that can be read without waiting; 0 at the end of the stream and for a listener. Of a UDP
 *     channel the bytes of all queued datagrams, on Linux of the first; of a channel of
 *     {@link org.kqueue.nio.channels} its events
 * @param writableBytes bytes that can be written without waiting, 0 where there are too few for the channel to be
 *     writable. An estimate on Linux, where the kernel counts its own overhead, and a constant for Unix-domain sockets
 *     on FreeBSD
 * @param waitingConnections connections to accept, 0 for a channel that is no listener. On Linux 1 stands for any
 *     number on a Unix-domain listener
 * @param isEndOfStream whether the peer sends no more. There may still be bytes to read that it has sent before
 * @param pendingError the name of the errno that the next read or write fails with, such as {@code "ECONNRESET"}; null
 *     where there is none. The embedded kqueue infers it: reset where there was a connection, else refused
 */
public record KeyCondition(long readableBytes, long writableBytes, long waitingConnections, boolean isEndOfStream,
        String pendingError) {

    /** Asks by knotes that live no longer than the question, in a kqueue of their own. */
    static KeyCondition of(SelectionKey key, KqueueConfig config) throws IOException {
        SelectableChannel channel = key.channel();
        int fd = Descriptors.of(channel);
        try (Kqueue kqueue = Kqueue.open(config.withDetail(KqueueConfig.Detail.FULL))) {
            ChangeList changes = kqueue.newChangeList(2);
            int flags = KeventFlags.EV_ADD | KeventFlags.EV_ONESHOT;
            if ((channel.validOps() & (SelectionKey.OP_READ | SelectionKey.OP_ACCEPT)) != 0) {
                changes.add(fd, Filter.EVFILT_READ, flags, 0);
            }
            if ((channel.validOps() & SelectionKey.OP_WRITE) != 0) {
                changes.add(fd, Filter.EVFILT_WRITE, flags, 0);
            }
            EventList events = kqueue.newEventList(2);
            kqueue.kevent(changes, events, 0);
            return of(channel, kqueue, events);
        }
    }

    private static KeyCondition of(SelectableChannel channel, Kqueue kqueue, EventList events) throws IOException {
        long readable = 0;
        long writable = 0;
        boolean end = false;
        String error = null;
        for (Event event : events) {
            if (event.isChangeResult()) {
                int errno = (int) event.data();
                throw new KeventException("kevent", kqueue.fd(), errno, Errno.name(errno, kqueue.layout().errnos()),
                        event.toString());
            }
            if (event.filter() == Filter.EVFILT_READ) {
                readable = event.data();
                end = event.isEof();
            } else {
                writable = event.data();
            }
            error = event.errorName() == null ? error : event.errorName();
        }
        // The embedded kqueue cannot tell of a socket that it sees for the first time whether it was ever connected;
        // the channel can.
        if ("ECONNREFUSED".equals(error) && channel instanceof SocketChannel socket && socket.isConnected()) {
            error = "ECONNRESET";
        }
        boolean listens = channel instanceof ServerSocketChannel;
        return new KeyCondition(listens ? 0 : readable, writable, listens ? readable : 0, end, error);
    }
}
