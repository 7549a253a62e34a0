package org.kqueue.nio;

import java.io.Closeable;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import org.kqueue.Kqueue;
import org.kqueue.Wakeup;

/**
 * {@link java.nio.channels.Selector#wakeup()}: sticky, and without a system call unless a thread is blocked.
 *
 * <pre>
 *             block()              wake()
 *   AWAKE -----------> BLOCKED -----------> WOKEN      wake() signals the kqueue on this edge only
 *     ^  \---------------------------------->/ |       wake() of a thread that is not blocked
 *     +----------------------------------------+       unblock(), or a block() that finds WOKEN and so must not wait
 * </pre>
 *
 * <p>No wakeup is lost. {@code wake} and {@code block} change the state atomically, so one comes first. If it is {@code
 * wake}, {@code block} fails and its caller does not wait. If it is {@code block}, {@code wake} sees BLOCKED and
 * signals; the signal is an event that stays until it is taken, so it does not matter whether the wait has begun. And
 * one that is taken late does no harm: a signal sent for an earlier select can end the wait of a later one, which looks
 * at the state, finds BLOCKED and waits on; while a signal that was taken together with that one was sent after its
 * {@code wake} set WOKEN, which the look after the taking then finds.
 */
final class SelectWakeup implements Closeable {

    /** The udata of the event; the changes of {@link Registrations} have others. */
    static final long UDATA = -1;

    private static final int AWAKE = 0;
    private static final int BLOCKED = 1;
    private static final int WOKEN = 2;

    private final AtomicInteger state = new AtomicInteger(AWAKE);
    private final Object signalLock = new Object();
    private final Wakeup event;
    // guarded by signalLock
    private boolean closed;

    SelectWakeup(Kqueue kqueue) throws IOException {
        event = kqueue.newWakeup(UDATA);
    }

    /**
     * Called by the selecting thread before it waits. If false, a wakeup came first and is used up: it must not wait.
     */
    boolean block() {
        if (state.compareAndSet(AWAKE, BLOCKED)) {
            return true;
        }
        state.getAndSet(AWAKE);
        return false;
    }

    /** Whether the wait that {@link #block} began has been woken. */
    boolean isWoken() {
        return state.get() == WOKEN;
    }

    /** Called by the selecting thread when it waits no more; a wakeup that came meanwhile is used up. */
    void unblock() {
        if (state.get() != AWAKE) {
            // An exchange, so that what was written before the wakeup is seen.
            state.getAndSet(AWAKE);
        }
    }

    /**
     * Any thread, also inside {@link Thread#interrupt()}. The lock is one that no thread holds while it waits.
     *
     * @throws IOException if the native call fails; the thread that waits is not woken
     */
    void wake() throws IOException {
        if (state.getAndSet(WOKEN) == BLOCKED) {
            synchronized (signalLock) {
                if (!closed) {
                    signal();
                }
            }
        }
    }

    private void signal() throws IOException {
        boolean done = false;
        try {
            event.signal();
            done = true;
        } finally {
            if (!done) {
                // The next wakeup must find BLOCKED and signal again.
                state.compareAndSet(WOKEN, BLOCKED);
            }
        }
    }

    /** Called by the selecting thread when it has taken the event. */
    void acknowledge() throws IOException {
        event.acknowledge();
    }

    @Override
    public void close() throws IOException {
        synchronized (signalLock) {
            closed = true;
            event.close();
        }
    }
}
