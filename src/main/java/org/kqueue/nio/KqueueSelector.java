package org.kqueue.nio;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.AbstractSelector;
import java.nio.channels.spi.SelectorProvider;
import java.util.ArrayDeque;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.kqueue.ChangeList;
import org.kqueue.ClosedKqueueException;
import org.kqueue.EventList;
import org.kqueue.KeventFlags;
import org.kqueue.Kqueue;
import org.kqueue.KqueueConfig;
import org.kqueue.nio.jdk.VirtualThreadPoller;
import sun.nio.ch.Net;
import sun.nio.ch.SelChImpl;
import sun.nio.ch.SelectionKeyImpl;
import sun.nio.ch.SelectorImpl;

/**
 * A {@link Selector} that waits in {@code kevent(2)}. Made by {@link KqueueSelectorProvider}. Keys, key sets,
 * cancelling and closing are the JDK's own code ({@code sun.nio.ch.SelectorImpl}); {@link KqueueSelectors} has what it
 * offers beside {@link Selector}. Programs cannot be compiled against this class, as its superclass is not exported.
 *
 * <p>A select makes one {@code kevent} call, which submits the changes of all keys and waits. It returns after the
 * first call that has reported anything, also where that makes no key ready.
 *
 * <p>Locks, in this order: the selector, its selected-key set, its cancelled-key queue, a channel's own; {@code
 * updateLock} and the lock of {@link SelectWakeup} are leaves.
 */
@SuppressWarnings("exports")
public final class KqueueSelector extends SelectorImpl implements KqueueBacked {

    /** More changes are submitted in several calls, so that the lists stay small. */
    private static final int MAX_CHANGES = 256;
    private static final int MAX_EVENTS = 4096;
    /** SelectorImpl.register finds out by this exception that the selector is closed; from JDK 24 on it asks. */
    private static final boolean REGISTER_NEEDS_EXCEPTION = Runtime.version().feature() < 24;

    private final KqueueConfig config;
    private final Kqueue kqueue;
    private final SelectWakeup wakeup;
    private final Set<SelectionKey> keys = keys();

    private final Object updateLock = new Object();
    /** Keys whose interest was set; guarded by updateLock. */
    private final ArrayDeque<SelectionKeyImpl> updateKeys = new ArrayDeque<>();

    // all below guarded by this
    private final Registrations registrations;
    private final Observation observation;
    private final PolledDescriptors polled = new PolledDescriptors();
    /** Made by the first select, as the list of events. */
    private ChangeList changes;
    private EventList events;

    /**
     * Opens a selector. Takes over the kqueue, also if this throws. The result has the type of the superclass, so that
     * a class that calls this is verified without loading this one, which fails where {@code sun.nio.ch} is not open
     * yet.
     */
    static AbstractSelector open(SelectorProvider provider, SelectorSettings settings, Kqueue kqueue)
            throws IOException {
        try {
            return new KqueueSelector(provider, settings, kqueue);
        } catch (IOException | RuntimeException | Error e) {
            try {
                kqueue.close();
            } catch (IOException suppressed) {
                e.addSuppressed(suppressed);
            }
            throw e;
        }
    }

    private KqueueSelector(SelectorProvider provider, SelectorSettings settings, Kqueue kqueue) throws IOException {
        super(provider);
        config = settings.config();
        this.kqueue = kqueue;
        registrations = new Registrations(kqueue);
        wakeup = new SelectWakeup(kqueue);
        observation = new Observation(this, kqueue, settings);
    }

    @Override
    protected int doSelect(Consumer<SelectionKey> action, long timeoutMillis) throws IOException {
        boolean blocking = timeoutMillis != 0;
        int updated = 0;
        observation.beginSelect(blocking);
        try {
            processDeregisterQueue();
            takeInterest();
            if (blocking) {
                begin(true);
                try {
                    await(timeoutMillis < 0 ? Kqueue.FOREVER : TimeUnit.MILLISECONDS.toNanos(timeoutMillis));
                } finally {
                    end(true);
                }
            } else {
                wakeup.unblock();
                kevent(0);
            }
            processDeregisterQueue();
            updated = deliver(action);
            return updated;
        } finally {
            polled.clear();
            observation.endSelect(updated, keys.size());
        }
    }

    /** What is set during the select is for the next one. */
    private void takeInterest() {
        registrations.begin();
        synchronized (updateLock) {
            while (!updateKeys.isEmpty()) {
                SelectionKeyImpl key = updateKeys.pollFirst();
                if (key.isValid()) {
                    registrations.setInterest(key);
                }
            }
        }
    }

    /** Waits until something is reported, a wakeup or the end of the time. */
    private void await(long timeoutNanos) throws IOException {
        if (!wakeup.block()) {
            observation.wokenUp();
            kevent(0);
            return;
        }
        try {
            long start = timeoutNanos == Kqueue.FOREVER ? 0 : System.nanoTime();
            long left = timeoutNanos;
            do {
                kevent(left);
                if (wakeup.isWoken()) {
                    observation.wokenUp();
                    return;
                }
                if (timeoutNanos != Kqueue.FOREVER) {
                    left = timeoutNanos - (System.nanoTime() - start);
                }
            } while (polled.isEmpty() && left > 0);
        } catch (ClosedKqueueException e) {
            // close() could not wake this thread and has closed the kqueue. The same as a wakeup.
        } finally {
            wakeup.unblock();
        }
    }

    /** Submits all changes and records what the kernel reports. Waits if there is time and nothing is reported. */
    private void kevent(long timeoutNanos) throws IOException {
        if (changes == null) {
            events = kqueue.newEventList(64);
            changes = kqueue.newChangeList(16);
        }
        boolean all;
        do {
            // A call that does not wait cannot spin, and is to see what a muted filter may have to say by now.
            registrations.endDelays(timeoutNanos == 0);
            all = registrations.makeChanges(changes, MAX_CHANGES);
            long nanos = all && polled.isEmpty() ? registrations.limit(timeoutNanos) : 0;
            if (submit(nanos) && all) {
                // The call has answered changes, and so has not looked for events.
                submit(polled.isEmpty() ? nanos : 0);
            }
        } while (!all);
    }

    /** One call. Returns whether the kernel has answered changes. */
    private boolean submit(long timeoutNanos) throws IOException {
        // Room for an answer to each change: without it the changes after a refused one are not applied.
        if (events.size() == events.capacity() && events.capacity() < MAX_EVENTS
                || events.capacity() < changes.size()) {
            events.resize(Math.max(2 * events.capacity(), changes.size()));
        }
        boolean done = false;
        try {
            if (timeoutNanos != 0 && VirtualThreadPoller.isCurrentVirtual() && kqueue.isWatchable()) {
                park(timeoutNanos);
            } else {
                observation.kevent(changes, events, timeoutNanos);
            }
            done = true;
        } finally {
            if (!done) {
                doubtChanges();
            }
            changes.clear();
        }
        return record();
    }

    /** The call of a virtual thread, which must not hold its carrier while it waits. */
    private void park(long timeoutNanos) throws IOException {
        if (observation.kevent(changes, events, 0) == 0) {
            changes.clear();
            VirtualThreadPoller.park(kqueue.fd(), timeoutNanos);
            observation.kevent(changes, events, 0);
        }
    }

    /** After a call that failed nobody knows which changes were applied. */
    private void doubtChanges() {
        synchronized (updateLock) {
            for (int i = 0; i < changes.size(); i++) {
                SelectionKeyImpl key = registrations.doubt((int) changes.ident(i));
                if (key != null) {
                    updateKeys.addLast(key);
                }
            }
        }
    }

    /** Records every entry, before anything is done about one. Returns whether one answers a change. */
    private boolean record() throws IOException {
        boolean answered = false;
        boolean signalled = false;
        for (int i = 0, n = events.size(); i < n; i++) {
            int fd = (int) events.ident(i);
            int filter = registrations.filter(events.filterNumber(i));
            int flags = events.flags(i);
            if (events.udata(i) == SelectWakeup.UDATA) {
                signalled = true;
            } else if ((flags & KeventFlags.EV_ERROR) != 0) {
                answered = true;
                refused(fd, filter, i);
            } else if (filter != 0) {
                registrations.delivered(fd, filter, flags);
                boolean pending = (flags & KeventFlags.EV_EOF) != 0 && isConnectionPending(fd);
                polled.add(fd, Readiness.pollBits(filter, flags, events.fflags(i), pending));
            }
        }
        if (signalled) {
            wakeup.acknowledge();
        }
        return answered;
    }

    /** A channel that the kernel refuses to watch is made ready, so that the next read or write reports the error. */
    private void refused(int fd, int filter, int index) {
        if (registrations.refused(fd, filter, events.udata(index))) {
            SelectionKeyImpl key = registrations.key(fd);
            if (key != null) {
                observation.refused(key, events, index);
                polled.add(fd, Net.POLLERR);
            }
        }
    }

    private boolean isConnectionPending(int fd) {
        SelectionKeyImpl key = registrations.key(fd);
        return key != null && key.channel() instanceof SocketChannel socket && socket.isConnectionPending();
    }

    /** Updates the keys of what was reported. Returns how many became ready for something new. */
    private int deliver(Consumer<SelectionKey> action) {
        int updated = 0;
        for (int i = 0; i < polled.size(); i++) {
            int fd = polled.fd(i);
            int pollBits = polled.pollBits(i);
            SelectionKeyImpl key = registrations.key(fd);
            if (key != null) {
                int n = processReadyEvents(pollBits, key, action);
                if (n == 0) {
                    registrations.mute(fd, Readiness.filters(pollBits) & ~readyFilters(key));
                }
                updated += n;
            }
        }
        return updated;
    }

    /** The filters that report what a selected key is ready for already. */
    private static int readyFilters(SelectionKeyImpl key) {
        SelChImpl channel = (SelChImpl) key.channel();
        return Readiness.filters(channel.translateInterestOps(key.nioReadyOps() & key.nioInterestOps()));
    }

    /** Any thread: the interest of a key was set. */
    @Override
    protected void setEventOps(SelectionKeyImpl key) {
        if (REGISTER_NEEDS_EXCEPTION && !isOpen()) {
            throw new ClosedSelectorException();
        }
        synchronized (updateLock) {
            updateKeys.addLast(key);
        }
    }

    @Override
    protected void implDereg(SelectionKeyImpl key) {
        SelectableChannel channel = key.channel();
        int fd = ((SelChImpl) channel).getFDVal();
        boolean forgotten = !channel.isOpen();
        try {
            forgotten |= kqueue.forget(fd);
        } catch (IOException e) {
            // Not thrown: the key would stay in the sets for ever. A knote that is left is deleted at its next event.
            observation.failed();
        }
        registrations.remove(fd, key, forgotten);
    }

    /**
     * Any thread, also inside {@link Thread#interrupt()}.
     *
     * @throws UncheckedIOException if the native call fails
     */
    @Override
    public Selector wakeup() {
        try {
            wakeup.wake();
        } catch (IOException e) {
            if (isOpen()) {
                throw new UncheckedIOException("the selector cannot be woken", e);
            }
            // close() needs the lock that a waiting thread holds: the end of the kqueue ends the wait.
            observation.closing(kqueue);
        }
        return this;
    }

    /** Closes everything. An error is logged, not thrown: the keys are deregistered only if this method returns. */
    @Override
    protected void implClose() {
        observation.closing(wakeup);
        observation.closing(kqueue);
        observation.close();
    }

    @Override
    public KqueueConfig config() {
        return config;
    }

    @Override
    public Observation observation() {
        return observation;
    }

    /**
     * Says which kqueue the selector waits on.
     *
     * @return class, identity and the kqueue's own text
     */
    @Override
    public String toString() {
        return getClass().getName() + "@" + Integer.toHexString(hashCode()) + "[" + kqueue + "]";
    }
}
