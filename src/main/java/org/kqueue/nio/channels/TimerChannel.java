package org.kqueue.nio.channels;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import org.kqueue.ClosedKqueueException;
import org.kqueue.Errno;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.KeventException;
import org.kqueue.Kqueue;
import org.kqueue.Note;
import org.kqueue.Subscription;

/**
 * A timer that a selector can wait for ({@code EVFILT_TIMER}): readable when it has expired.
 *
 * <pre>{@code
 * TimerChannel timer = TimerChannel.open().every(Duration.ofSeconds(1));
 * timer.configureBlocking(false);
 * timer.register(selector, SelectionKey.OP_READ);
 * }</pre>
 *
 * <p>A channel is one timer. Setting it again replaces what it was set to, and drops expirations that were not read. A
 * server with thousands of deadlines sets one timer to the earliest.
 *
 * <p>A kernel that counts the ticks of its clock may expire a timer up to a tick early; NetBSD's ticks are 10 ms.
 */
public abstract class TimerChannel extends EventChannel {

    private static final long IDENT = 1;
    private static final Duration SHORTEST = Duration.ofNanos(1);

    private final Object lock = new Object();
    // guarded by lock
    private Subscription timer;

    TimerChannel(Kqueue kqueue) {
        super(kqueue);
    }

    /**
     * Opens a timer that is not set.
     *
     * @return a new channel, in blocking mode
     * @throws org.kqueue.KqueueUnavailableException where there is no kqueue
     * @throws IOException if the system refuses
     */
    public static TimerChannel open() throws IOException {
        return open(Filter.EVFILT_TIMER, kqueue -> Leaves.timer(kqueue));
    }

    /**
     * Expires again and again.
     *
     * @param period from now to the first expiration and between expirations; positive
     * @return this channel
     * @throws IllegalArgumentException for a period that is not positive
     * @throws java.nio.channels.ClosedChannelException if the channel is closed
     * @throws IOException if the kernel refuses, such as {@code ENOMEM} past its limit of timers
     */
    public TimerChannel every(Duration period) throws IOException {
        if (period.isNegative() || period.isZero()) {
            throw new IllegalArgumentException("period of a timer: " + period);
        }
        set(Filter.timer(IDENT, period));
        return this;
    }

    /**
     * Expires once.
     *
     * @param delay from now; zero or negative expires at once
     * @return this channel
     * @throws java.nio.channels.ClosedChannelException if the channel is closed
     * @throws IOException as {@link #every}
     */
    public TimerChannel after(Duration delay) throws IOException {
        set(Filter.timer(IDENT, delay.compareTo(SHORTEST) < 0 ? SHORTEST : delay).once());
        return this;
    }

    /**
     * Expires once, at a point in time of the system's clock, also if that is set meanwhile. On DragonFly, which has no
     * such timers, when the time that is left now is over.
     *
     * @param time when; a time in the past expires at once
     * @return this channel
     * @throws java.nio.channels.ClosedChannelException if the channel is closed
     * @throws IOException as {@link #every}
     */
    public TimerChannel at(Instant time) throws IOException {
        Objects.requireNonNull(time, "time");
        if (!kqueue.layout().has(Note.NOTE_ABSTIME)) {
            return after(Duration.between(Instant.now(), time));
        }
        set(Filter.timerAt(IDENT, time));
        return this;
    }

    /**
     * Stops the timer; expirations that were not read are dropped. The channel stays open.
     *
     * @throws java.nio.channels.ClosedChannelException if the channel is closed
     * @throws IOException if the kernel refuses
     */
    public void stop() throws IOException {
        set(null);
    }

    private void set(Subscription next) throws IOException {
        synchronized (lock) {
            // Under the lock: close() stops the timer under it, after the channel has become closed.
            ensureOpen();
            try {
                if (timer != null) {
                    // Not by adding again: that keeps EV_ONESHOT, and DragonFly does not restart the timer.
                    delete(timer);
                    timer = null;
                }
                if (next != null) {
                    kqueue.add(next);
                    timer = next;
                }
            } catch (ClosedKqueueException e) {
                throw asynchronousClose(e);
            }
        }
    }

    private void delete(Subscription old) throws IOException {
        try {
            kqueue.delete(old);
        } catch (KeventException e) {
            if (e.errno() != Errno.ENOENT) {
                throw e;
            }
            // It had expired, once, and was read.
        }
    }

    /**
     * Reads how often the timer has expired. In blocking mode waits until it has.
     *
     * @return the expirations since the last read; 0 where there are none in non-blocking mode
     * @throws java.nio.channels.ClosedChannelException if the channel is closed, before or while this method waits
     * @throws IOException if the kernel refuses
     */
    public long read() throws IOException {
        Long expirations = readOne(EventList::data);
        return expirations == null ? 0 : expirations;
    }

    @Override
    void disarm() throws IOException {
        synchronized (lock) {
            if (timer != null) {
                delete(timer);
                timer = null;
            }
        }
    }

    @Override
    String watched() {
        synchronized (lock) {
            return timer == null ? "not set" : timer.toString();
        }
    }
}
