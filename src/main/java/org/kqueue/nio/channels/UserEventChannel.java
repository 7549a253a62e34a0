package org.kqueue.nio.channels;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Objects;
import java.util.Queue;
import org.kqueue.ClosedKqueueException;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.Kqueue;
import org.kqueue.Wakeup;

/**
 * Events that the program publishes itself, from any thread, for the loop to read ({@code EVFILT_USER}; where a kernel
 * is too old for it, a pipe). First in, first out; each event is read once.
 *
 * <pre>{@code
 * UserEventChannel<Runnable> tasks = UserEventChannel.open();
 * tasks.configureBlocking(false);
 * tasks.register(selector, SelectionKey.OP_READ);
 * ...
 * tasks.publish(() -> connection.close());       // any thread
 * }</pre>
 *
 * <p>The kernel is called when the first event comes and when the last is read, not for those between. The queue has no
 * limit: a publisher that must not run ahead asks {@link #size}.
 *
 * @param <E> what is published
 */
public abstract class UserEventChannel<E> extends EventChannel {

    private final Wakeup wakeup;
    private final EventList taken;
    // guarded by itself
    private final Queue<E> queue = new ArrayDeque<>();
    /** Whether the kqueue has an event that stands for the queue; guarded by queue. */
    private boolean signalled;

    UserEventChannel(Kqueue kqueue) throws IOException {
        super(kqueue);
        wakeup = kqueue.newWakeup(0);
        taken = kqueue.newEventList(1);
    }

    /**
     * Opens a channel.
     *
     * @param <E> what is published
     * @return a new channel, in blocking mode
     * @throws IOException if the system refuses
     */
    public static <E> UserEventChannel<E> open() throws IOException {
        // Where there is no EVFILT_USER a pipe serves.
        return open(Filter.EVFILT_READ, kqueue -> Leaves.<E>userEvent(kqueue));
    }

    /**
     * Publishes an event. Never blocks.
     *
     * @param event not null
     * @throws ClosedChannelException if the channel is closed
     * @throws IOException if the kernel refuses; the event is not published then
     */
    public void publish(E event) throws IOException {
        Objects.requireNonNull(event, "event");
        synchronized (queue) {
            ensureOpen();
            if (!signalled) {
                signal();
            }
            queue.add(event);
        }
    }

    private void signal() throws IOException {
        try {
            wakeup.signal();
            signalled = true;
        } catch (ClosedKqueueException e) {
            throw asynchronousClose(e);
        }
    }

    /**
     * Reads the next event. In blocking mode waits for one.
     *
     * @return the event, null if there is none in non-blocking mode
     * @throws ClosedChannelException if the channel is closed, before or while this method waits
     * @throws IOException if the kernel refuses
     */
    public E read() throws IOException {
        ensureOpen();
        E event = next();
        return event != null || !isBlocking() ? event : readOne((events, index) -> nextAfterWait());
    }

    /**
     * Reads what is there. In blocking mode waits for the first.
     *
     * @param into where events are added
     * @param max the most to add
     * @return the number added
     * @throws ClosedChannelException if the channel is closed, before or while this method waits
     * @throws IOException if the kernel refuses
     */
    public int read(Collection<? super E> into, int max) throws IOException {
        if (max < 0) {
            throw new IllegalArgumentException("max: " + max);
        }
        ensureOpen();
        E event = max == 0 ? null : read();
        int n = 0;
        while (event != null) {
            into.add(event);
            n++;
            event = n < max ? next() : null;
        }
        return n;
    }

    /**
     * The number of events that are published and not read.
     *
     * @return the number at this moment
     */
    public int size() {
        synchronized (queue) {
            return queue.size();
        }
    }

    /** Takes an event off the queue, and the kernel's with the last. */
    private E next() throws IOException {
        synchronized (queue) {
            E event = queue.poll();
            if (queue.isEmpty() && signalled) {
                // After a pipe's event was taken, the byte; after a wait has taken the event, there is none.
                poll(taken);
                wakeup.acknowledge();
                signalled = false;
            }
            return event;
        }
    }

    /** A wait has taken the kernel's event, which stands for all that is in the queue. */
    private E nextAfterWait() throws IOException {
        synchronized (queue) {
            wakeup.acknowledge();
            signalled = false;
            E event = queue.poll();
            if (!queue.isEmpty()) {
                signal();
            }
            return event;
        }
    }

    @Override
    void disarm() throws IOException {
        synchronized (queue) {
            queue.clear();
            wakeup.close();
        }
    }

    @Override
    String watched() {
        return size() + " events";
    }
}
