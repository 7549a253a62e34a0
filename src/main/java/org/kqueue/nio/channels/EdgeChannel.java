package org.kqueue.nio.channels;

import java.io.IOException;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.kqueue.ClosedKqueueException;
import org.kqueue.Errno;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.KeventException;
import org.kqueue.KeventFlags;
import org.kqueue.Kqueue;
import org.kqueue.Subscription;
import org.kqueue.nio.Descriptors;

/**
 * Sockets and pipes edge triggered ({@code EV_CLEAR}), for those who want it: each event says that something has
 * happened since the last, not that there is something left. One channel watches any number of others.
 *
 * <pre>{@code
 * EdgeChannel edges = EdgeChannel.open();
 * edges.configureBlocking(false);
 * edges.register(selector, SelectionKey.OP_READ);
 * edges.watch(connection, SelectionKey.OP_READ | SelectionKey.OP_WRITE);
 * }</pre>
 *
 * <p>A program that reads an event must read or write the channel until that returns 0, or keep in mind that it has
 * not: no further event comes for what is left. An event may come for what was dealt with already. The channels that
 * are watched need not be registered with a selector.
 */
public abstract class EdgeChannel extends EventChannel {

    private static final int READ_OPS = SelectionKey.OP_READ | SelectionKey.OP_ACCEPT;
    private static final int WRITE_OPS = SelectionKey.OP_WRITE | SelectionKey.OP_CONNECT;
    private static final int FIRST_SWEEP = 64;

    private record Watched(SelectableChannel channel, int fd, int ops, long serial) {
    }

    // guarded by byChannel: all
    private final Map<SelectableChannel, Watched> byChannel = new HashMap<>();
    /**
     * By udata, so that an event of a channel that was closed meanwhile finds nothing, though its number is in use
     * again.
     */
    private final Map<Long, Watched> bySerial = new HashMap<>();
    private long lastSerial;
    private int nextSweep = FIRST_SWEEP;

    EdgeChannel(Kqueue kqueue) {
        super(kqueue);
    }

    /**
     * Opens a channel that watches nothing yet.
     *
     * @return a new channel, in blocking mode
     * @throws IOException if the system refuses
     */
    public static EdgeChannel open() throws IOException {
        return open(Filter.EVFILT_READ, kqueue -> Leaves.edge(kqueue));
    }

    /**
     * Watches a channel until it is closed. What is ready already is an event. A channel that is watched already is
     * watched for these operations instead.
     *
     * @param channel one of the JDK's channels, in non-blocking mode
     * @param ops of the channel's valid operations, at least one
     * @throws IllegalBlockingModeException if the channel is in blocking mode
     * @throws IllegalArgumentException for other operations, or a channel that is not the JDK's
     * @throws java.nio.channels.ClosedChannelException if this channel is closed
     * @throws IOException if the kernel refuses
     */
    public void watch(SelectableChannel channel, int ops) throws IOException {
        if (ops == 0 || (ops & ~channel.validOps()) != 0) {
            throw new IllegalArgumentException("operations 0x" + Integer.toHexString(ops) + " of " + channel);
        }
        if (channel.isBlocking()) {
            throw new IllegalBlockingModeException();
        }
        int fd = Descriptors.of(channel);
        synchronized (byChannel) {
            ensureOpen();
            unwatch(channel);
            sweep();
            Watched subject = new Watched(channel, fd, ops, ++lastSerial);
            byChannel.put(channel, subject);
            bySerial.put(subject.serial, subject);
            boolean done = false;
            try {
                // Also for writing alone where only a READ knote of an AF_UNIX socket reports the peer's close.
                boolean missesClose = channel instanceof SocketChannel && !kqueue.reportsUnixClose();
                if ((ops & READ_OPS) != 0 || missesClose) {
                    kqueue.add(Filter.read(fd).edgeTriggered().udata(subject.serial));
                }
                if ((ops & WRITE_OPS) != 0) {
                    kqueue.add(Filter.write(fd).edgeTriggered().udata(subject.serial));
                }
                done = true;
            } catch (ClosedKqueueException e) {
                throw asynchronousClose(e);
            } finally {
                if (!done) {
                    forget(subject);
                }
            }
        }
    }

    /** Forgets channels that were closed: their knotes went with their descriptors. */
    private void sweep() {
        if (byChannel.size() >= nextSweep) {
            byChannel.values().removeIf(subject -> !subject.channel.isOpen());
            bySerial.values().removeIf(subject -> !subject.channel.isOpen());
            nextSweep = Math.max(FIRST_SWEEP, 2 * byChannel.size());
        }
    }

    /**
     * Watches a channel no longer.
     *
     * @param channel as it was given to {@link #watch}
     * @return false if it was not watched
     * @throws java.nio.channels.ClosedChannelException if this channel is closed
     * @throws IOException if the kernel refuses
     */
    public boolean unwatch(SelectableChannel channel) throws IOException {
        synchronized (byChannel) {
            ensureOpen();
            Watched subject = byChannel.get(channel);
            if (subject == null) {
                return false;
            }
            forget(subject);
            return true;
        }
    }

    private void forget(Watched subject) throws IOException {
        byChannel.remove(subject.channel);
        bySerial.remove(subject.serial);
        // A closed channel's number may be another's by now.
        if (subject.channel.isOpen()) {
            delete(Filter.read(subject.fd));
            delete(Filter.write(subject.fd));
        }
    }

    private void delete(Subscription knote) throws IOException {
        try {
            kqueue.delete(knote);
        } catch (KeventException e) {
            // It was not added, or is gone with the descriptor.
            if (e.errno() != Errno.ENOENT && e.errno() != Errno.EBADF) {
                throw e;
            }
        }
    }

    /**
     * Reads the next channel that has become ready. In blocking mode waits for one.
     *
     * @return the event, null if there is none in non-blocking mode
     * @throws java.nio.channels.ClosedChannelException if this channel is closed, before or while this method waits
     * @throws IOException if the kernel refuses
     */
    public EdgeEvent read() throws IOException {
        return readOne(this::translate);
    }

    /**
     * Reads what is there. In blocking mode waits for the first. A channel that has become readable and writable has
     * two events.
     *
     * @param into where events are added
     * @param max the most to add
     * @return the number added
     * @throws java.nio.channels.ClosedChannelException if this channel is closed, before or while this method waits
     * @throws IOException if the kernel refuses
     */
    public int read(Collection<? super EdgeEvent> into, int max) throws IOException {
        return readMany(into, max, this::translate);
    }

    private EdgeEvent translate(EventList events, int index) {
        Watched subject;
        synchronized (byChannel) {
            subject = bySerial.get(events.udata(index));
        }
        if (subject == null || !subject.channel.isOpen()) {
            return null;
        }
        boolean isEof = (events.flags(index) & KeventFlags.EV_EOF) != 0;
        int ops = subject.ops & (events.filter(index) == Filter.EVFILT_READ ? READ_OPS : WRITE_OPS);
        if (ops == 0) {
            // Watched for writing alone: the peer has closed, or only shut its side down.
            return isEof ? new EdgeEvent(subject.channel, subject.ops, 0, true) : null;
        }
        return new EdgeEvent(subject.channel, ops, events.data(index), isEof);
    }

    @Override
    void disarm() throws IOException {
        synchronized (byChannel) {
            for (Watched subject : byChannel.values().toArray(Watched[]::new)) {
                forget(subject);
            }
        }
    }

    @Override
    String watched() {
        synchronized (byChannel) {
            return byChannel.size() + " channels";
        }
    }
}
