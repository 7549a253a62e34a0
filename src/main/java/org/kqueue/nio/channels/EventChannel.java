package org.kqueue.nio.channels;

import java.io.IOException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.spi.AbstractSelectableChannel;
import java.nio.channels.spi.SelectorProvider;
import java.util.Collection;
import java.util.concurrent.TimeUnit;
import org.kqueue.ClosedKqueueException;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.Kqueue;
import org.kqueue.KqueueConfig;
import org.kqueue.nio.KqueueSelectorProvider;
import org.kqueue.nio.jdk.JdkChannels;

/**
 * A channel whose input is events: timers, signals, processes, files, or what the program publishes. It is a small
 * kqueue of its own, whose descriptor is readable exactly while an event waits, so a selector watches it like a socket:
 * the key is ready for {@code OP_READ} until the events are read.
 *
 * <p>Watching begins when the channel is told what to watch, not when it is registered: nothing is lost between the
 * two, nor while it is registered with no selector or with several.
 *
 * <p>The rules of {@link java.nio.channels.SelectableChannel} hold. A new channel is in blocking mode, where a read
 * waits for an event and closing the channel or interrupting the reader ends the wait; it must be in non-blocking mode
 * to be registered. It can be registered with our selectors and with the JDK's own. Safe for use by several threads; a
 * read excludes other reads.
 */
public abstract class EventChannel extends AbstractSelectableChannel {

    /**
     * How long a blocking read waits before it looks whether the channel was closed, where close() cannot end the wait.
     */
    private static final long CLOSE_CHECK_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final int MAX_BATCH = 256;

    final Kqueue kqueue;
    private final Object readLock = new Object();
    // guarded by readLock
    private final EventList one;
    private final EventList many;

    EventChannel(Kqueue kqueue) {
        super(ProviderHolder.PROVIDER);
        this.kqueue = kqueue;
        one = kqueue.newEventList(1);
        many = kqueue.newEventList(0);
    }

    /** The provider that is installed if it is ours, else one that all event channels share. */
    private static final class ProviderHolder {
        static final SelectorProvider PROVIDER = SelectorProvider.provider() instanceof KqueueSelectorProvider installed
                ? installed : new KqueueSelectorProvider();
    }

    /**
     * A call of {@link Leaves}, which takes over a kqueue. Written as a lambda: a method reference would load that
     * class before {@code sun.nio.ch} is open.
     */
    interface Leaf<C> {
        C onto(Kqueue kqueue) throws IOException;
    }

    static <C> C open(Filter required, Leaf<C> leaf) throws IOException {
        Kqueue kqueue = Kqueue.open(KqueueConfig.fromSystemProperties());
        try {
            if (!kqueue.supports(required)) {
                throw new UnsupportedOperationException("no " + required + ": " + kqueue);
            }
            if (!kqueue.isWatchable()) {
                throw new UnsupportedOperationException("a channel of events is a kqueue that the selector's watches,"
                        + " and that of " + kqueue + " cannot be watched");
            }
            // Opens sun.nio.ch, without which the leaf cannot be loaded.
            JdkChannels.open();
            return leaf.onto(kqueue);
        } catch (IOException | RuntimeException | Error e) {
            try {
                kqueue.close();
            } catch (IOException suppressed) {
                e.addSuppressed(suppressed);
            }
            throw e;
        }
    }

    /** Turns an entry of an event list into what a read returns. */
    interface Translation<E> {
        /** Returns null for an entry that is no news to the program. */
        E translate(EventList events, int index) throws IOException;
    }

    /**
     * The operations of this channel.
     *
     * @return {@link SelectionKey#OP_READ}
     */
    @Override
    public final int validOps() {
        return SelectionKey.OP_READ;
    }

    /**
     * Ends all watching and gives back everything but the kqueue. Called once, at close; takes no lock that a read
     * holds.
     */
    abstract void disarm() throws IOException;

    @Override
    protected final void implCloseSelectableChannel() throws IOException {
        try {
            disarm();
        } finally {
            // Else the selector closes it. A register that runs now finds the channel closed, or has made it
            // registered.
            if (!isRegistered()) {
                kqueue.close();
            }
        }
    }

    @Override
    protected final void implConfigureBlocking(boolean block) {
        // The kqueue is asked with a timeout, whatever the mode.
    }

    final void ensureOpen() throws ClosedChannelException {
        if (!isOpen()) {
            throw new ClosedChannelException();
        }
    }

    /** Reads one event: null where there is none in non-blocking mode. */
    final <E> E readOne(Translation<E> translation) throws IOException {
        synchronized (readLock) {
            // One at a time: the descriptor must stay readable for the events that are not returned yet.
            while (take(one) > 0) {
                E event = translation.translate(one, 0);
                if (event != null) {
                    return event;
                }
            }
            return null;
        }
    }

    /** Reads up to {@code max} events that are there, in blocking mode after waiting for the first. */
    final <E> int readMany(Collection<? super E> into, int max, Translation<E> translation) throws IOException {
        if (max < 0) {
            throw new IllegalArgumentException("max: " + max);
        }
        int total = 0;
        synchronized (readLock) {
            ensureOpen();
            while (total < max) {
                many.resize(Math.min(max - total, MAX_BATCH));
                int n = total == 0 ? take(many) : poll(many);
                for (int i = 0; i < n; i++) {
                    E event = translation.translate(many, i);
                    if (event != null) {
                        into.add(event);
                        total++;
                    }
                }
                if (n == 0 || total > 0 && n < many.capacity()) {
                    break;
                }
            }
        }
        return total;
    }

    private int take(EventList events) throws IOException {
        if (!isBlocking()) {
            ensureOpen();
            return poll(events);
        }
        int n = 0;
        ensureOpen();
        try {
            begin();
            while (n == 0 && isOpen()) {
                // A registration that is cancelled and not yet flushed keeps close() from closing the kqueue.
                n = kqueue.kevent(null, events, isRegistered() ? CLOSE_CHECK_NANOS : Kqueue.FOREVER);
            }
        } catch (ClosedKqueueException e) {
            throw asynchronousClose(e);
        } finally {
            end(n > 0);
        }
        return n;
    }

    final int poll(EventList events) throws IOException {
        try {
            return kqueue.kevent(null, events, 0);
        } catch (ClosedKqueueException e) {
            throw asynchronousClose(e);
        }
    }

    static AsynchronousCloseException asynchronousClose(ClosedKqueueException cause) {
        AsynchronousCloseException closed = new AsynchronousCloseException();
        closed.initCause(cause);
        return closed;
    }

    /**
     * Says what the channel watches.
     *
     * @return class, what is watched, and the kqueue
     */
    @Override
    public String toString() {
        return getClass().getSimpleName() + "[" + (isOpen() ? watched() : "closed") + ", " + kqueue + "]";
    }

    abstract String watched();
}
