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
import org.kqueue.nio.ReadyOps.State;
import org.kqueue.nio.jdk.JdkChannels;

/**
 * A channel's registration with a {@link KqueueSelector}: the interest and ready sets, and what the kernel holds for it.
 * Safe for use by several threads.
 */
public final class KqueueSelectionKey extends AbstractSelectionKey {

    /** The {@link #place} of a key that is not in the selected-key set. */
    static final int NOT_SELECTED = -1;

    private static final VarHandle INTEREST_OPS;

    static {
        try {
            INTEREST_OPS = MethodHandles.lookup().findVarHandle(KqueueSelectionKey.class, "interestOps", int.class);
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
    /** Whether the key is in the {@link InterestQueue}; guarded by the queue. */
    boolean queued;
    /** The key's place in {@link SelectedKeys}; guarded by that set. */
    int place = NOT_SELECTED;

    // guarded by selector
    /** The filters for which the kernel holds a knote. */
    byte registered;
    /** The filters that are wanted and yet not registered, because as the channel is now they could make nothing ready. */
    byte heldBack;
    /** Whether {@link Knotes} has the key in its list of those that hold something back. */
    boolean watched;
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

    /** The interest set, of a cancelled key too. */
    int interest() {
        return interestOps;
    }

    /** The ready set, of a cancelled key too. */
    int ready() {
        return readyOps;
    }

    void ready(int ops) {
        readyOps = ops;
    }

    /** What an event of this channel means now. A listener has an event only if it is bound. */
    State state() {
        if (channel instanceof SocketChannel socket) {
            return socket.isConnected() ? State.OPEN : socket.isConnectionPending() ? State.CONNECTING : State.IDLE;
        }
        return channel instanceof ServerSocketChannel || channel instanceof DatagramChannel
                || channel instanceof Pipe.SourceChannel || channel instanceof Pipe.SinkChannel ? State.OPEN : State.UNKNOWN;
    }

    /**
     * Whether this is a listening socket that does not listen yet. NetBSD and FreeBSD 11 choose what {@code EVFILT_READ} watches
     * when the knote is added, and never report connections of one that was added before {@code listen}.
     */
    boolean isUnboundListener() {
        try {
            return channel instanceof ServerSocketChannel listener && listener.getLocalAddress() == null;
        } catch (IOException closed) {
            return false;
        }
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
