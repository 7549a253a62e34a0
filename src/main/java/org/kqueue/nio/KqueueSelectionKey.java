package org.kqueue.nio;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.Pipe;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.AbstractSelectionKey;
import org.kqueue.Event;
import org.kqueue.Filter;
import org.kqueue.nio.ReadyOps.State;
import org.kqueue.nio.jdk.JdkChannels;

/**
 * A channel's registration with a {@link KqueueSelector}: the interest and ready sets, and what the kernel holds for
 * it. Safe for use by several threads.
 */
public final class KqueueSelectionKey extends AbstractSelectionKey {

    /** The {@link #place} of a key that is not in the selected-key set. */
    static final int NOT_SELECTED = -1;

    private static final VarHandle INTEREST_OPS;
    private static final VarHandle QUEUED;
    private static final VarHandle READY_OPS;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            INTEREST_OPS = lookup.findVarHandle(KqueueSelectionKey.class, "interestOps", int.class);
            QUEUED = lookup.findVarHandle(KqueueSelectionKey.class, "queued", boolean.class);
            READY_OPS = lookup.findVarHandle(KqueueSelectionKey.class, "readyOps", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final KqueueSelector selector;
    private final SelectableChannel channel;
    final int fd;

    private volatile int interestOps;
    private volatile int readyOps;

    /** Slot and serial number; set by {@link KeyTable#insert}, before any other thread sees the key. */
    long udata;
    /** Whether the key is in the {@link InterestQueue}; written under its lock. */
    @SuppressWarnings("unused")
    private boolean queued;
    /** The key's place in {@link SelectedKeys}; guarded by that set. */
    int place = NOT_SELECTED;

    // guarded by selector
    /** The filters for which the kernel holds a knote. */
    byte registered;
    /**
     * The filters that are wanted and yet not registered, because as the channel is now they could make nothing ready.
     */
    byte heldBack;
    /** Whether {@link Knotes} has the key in its list of those that hold something back. */
    boolean watched;
    /** The filters whose knote has silenced itself when it was delivered. */
    byte asleep;
    /** Whether READ is to be registered with EV_DISPATCH. */
    boolean dispatch;
    /** Whether {@link Knotes} has put off the deletion of a knote of the key. */
    boolean putOff;
    /** Whether the channel was found open, which it stays as long as the key is valid. */
    private boolean open;
    /** How often a knote whose deletion is put off has cost an event. */
    byte strikes;
    /** The last select that has counted the key. */
    int countedBy;

    KqueueSelectionKey(KqueueSelector selector, SelectableChannel channel) {
        this.selector = selector;
        this.channel = channel;
        this.fd = channel instanceof DescriptorChannel own ? own.fd() : JdkChannels.fd(channel);
    }

    @Override
    public SelectableChannel channel() {
        return channel;
    }

    @Override
    public Selector selector() {
        return selector;
    }

    private void ensureValid() {
        if (!isValid()) {
            throw new CancelledKeyException();
        }
    }

    private void ensureSupported(int ops) {
        if ((ops & ~channel.validOps()) != 0) {
            throw new IllegalArgumentException("operations 0x" + Integer.toHexString(ops) + ", but " + channel
                    + " supports 0x" + Integer.toHexString(channel.validOps()));
        }
    }

    @Override
    public int interestOps() {
        ensureValid();
        return interestOps;
    }

    @Override
    public SelectionKey interestOps(int ops) {
        ensureValid();
        ensureSupported(ops);
        changed((int) INTEREST_OPS.getAndSet(this, ops), ops);
        return this;
    }

    @Override
    public int interestOpsOr(int ops) {
        ensureValid();
        ensureSupported(ops);
        int before = (int) INTEREST_OPS.getAndBitwiseOr(this, ops);
        changed(before, before | ops);
        return before;
    }

    @Override
    public int interestOpsAnd(int ops) {
        ensureValid();
        int before = (int) INTEREST_OPS.getAndBitwiseAnd(this, ops);
        changed(before, before & ops);
        return before;
    }

    private void changed(int before, int after) {
        if (before != after) {
            selector.interestChanged(this);
        }
    }

    @Override
    public int readyOps() {
        ensureValid();
        return readyOps;
    }

    boolean isQueued() {
        return (boolean) QUEUED.getVolatile(this);
    }

    void queued(boolean isQueued) {
        QUEUED.setOpaque(this, isQueued);
    }

    /** The interest set, of a cancelled key too. */
    int interest() {
        return interestOps;
    }

    /** The ready set, of a cancelled key too. */
    int ready() {
        return readyOps;
    }

    /** Without the full fence of a volatile store: who learns of the key from the selector sees it all the same. */
    void ready(int ops) {
        READY_OPS.setRelease(this, ops);
    }

    /** What an event of this channel means now. A listener has an event only if it is bound. */
    State state() {
        if (open) {
            return State.OPEN;
        }
        State state = channelState();
        open = state == State.OPEN;
        return state;
    }

    private State channelState() {
        if (channel instanceof SocketChannel socket) {
            return socket.isConnected() ? State.OPEN : socket.isConnectionPending() ? State.CONNECTING : State.IDLE;
        }
        return channel instanceof ServerSocketChannel || channel instanceof DatagramChannel
                || channel instanceof Pipe.SourceChannel || channel instanceof Pipe.SinkChannel ? State.OPEN
                        : State.UNKNOWN;
    }

    /**
     * Whether this is a listening socket that does not listen yet. NetBSD and FreeBSD 11 choose what
     * {@code EVFILT_READ} watches when the knote is added, and never report connections of one that was added before
     * {@code listen}.
     */
    boolean isUnboundListener() {
        try {
            return channel instanceof ServerSocketChannel listener && listener.getLocalAddress() == null;
        } catch (IOException closed) {
            return false;
        }
    }

    /**
     * How many bytes can be read without waiting, asked of the kernel now: {@code data} of {@code EVFILT_READ}. Nothing
     * is read. On a UDP channel, the bytes of all datagrams that are queued; on a channel of
     * {@link org.kqueue.nio.channels}, its events.
     *
     * @return the number of bytes; 0 also at the end of the stream
     * @throws IllegalStateException for a listener, which has {@link #waitingConnections} instead
     * @throws CancelledKeyException if the key is not valid
     * @throws IOException if the kernel refuses
     */
    public long readableBytes() throws IOException {
        if (channel instanceof ServerSocketChannel) {
            throw new IllegalStateException("a listener has connections to accept, not bytes to read");
        }
        return data(look(Filter.EVFILT_READ));
    }

    /**
     * How many connections wait to be accepted, asked of the kernel now: {@code data} of {@code EVFILT_READ}. On Linux
     * 1 stands for any number on a Unix-domain listener.
     *
     * @return the number
     * @throws IllegalStateException for a channel that is no listener
     * @throws CancelledKeyException if the key is not valid
     * @throws IOException if the kernel refuses
     */
    public long waitingConnections() throws IOException {
        if (!(channel instanceof ServerSocketChannel)) {
            throw new IllegalStateException("not a listener: " + channel);
        }
        return data(look(Filter.EVFILT_READ));
    }

    /**
     * How many bytes can be written without waiting, asked of the kernel now: {@code data} of {@code EVFILT_WRITE}. An
     * estimate on Linux, where the kernel counts its own overhead, and a constant for Unix-domain sockets on FreeBSD.
     *
     * @return the free space, 0 where there is not enough for the channel to be writable
     * @throws CancelledKeyException if the key is not valid
     * @throws IOException if the kernel refuses, such as for a channel that cannot be written to
     */
    public long writableBytes() throws IOException {
        return data(look(Filter.EVFILT_WRITE));
    }

    /**
     * Whether the peer will send no more, asked of the kernel now: {@code EV_EOF} of {@code EVFILT_READ}. There may
     * still be {@link #readableBytes} that it has sent before.
     *
     * @return true at the end
     * @throws CancelledKeyException if the key is not valid
     * @throws IOException if the kernel refuses
     */
    public boolean isEndOfStream() throws IOException {
        Event event = look(Filter.EVFILT_READ);
        return event != null && event.isEof();
    }

    /**
     * The error that the next read or write will fail with, asked of the kernel now; asking does not take it away. The
     * embedded kqueue infers it: reset where there was a connection, else refused.
     *
     * @return the errno's name, such as {@code "ECONNRESET"}; null where there is none
     * @throws CancelledKeyException if the key is not valid
     * @throws IOException if the kernel refuses
     */
    public String pendingError() throws IOException {
        Event event = look(Filter.EVFILT_READ);
        String error = event == null ? null : event.errorName();
        // The embedded kqueue cannot tell of a socket it sees for the first time whether it was ever connected; the
        // channel can.
        boolean connected = channel instanceof SocketChannel socket && socket.isConnected();
        return connected && "ECONNREFUSED".equals(error) ? "ECONNRESET" : error;
    }

    private Event look(Filter filter) throws IOException {
        ensureValid();
        return selector.probe().look(fd, filter);
    }

    private static long data(Event event) {
        return event == null ? 0 : event.data();
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("channel=").append(channel).append(", selector=").append(selector);
        if (isValid()) {
            text.append(", interestOps=").append(interestOps).append(", readyOps=").append(readyOps);
        } else {
            text.append(", invalid");
        }
        return text.toString();
    }
}
