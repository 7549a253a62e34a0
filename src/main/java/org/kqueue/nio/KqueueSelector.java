package org.kqueue.nio;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.IllegalSelectorException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.spi.AbstractSelectableChannel;
import java.nio.channels.spi.AbstractSelector;
import java.nio.channels.spi.SelectorProvider;
import java.util.Arrays;
import java.util.Collections;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.kqueue.ClosedKqueueException;
import org.kqueue.Kqueue;
import org.kqueue.nio.jdk.JdkChannels;
import org.kqueue.nio.jmx.KqueueMXBean;

/**
 * A {@link Selector} that waits in {@code kevent(2)}, for the JDK's own channels and for {@link DescriptorChannel}s.
 * Made by {@link KqueueSelectorProvider}; keeps to the specification of {@link Selector} in all, and where that leaves
 * a choice does as the JDK's selectors do, except that
 *
 * <ul>
 *   <li>a channel that was never connected is ready for nothing;
 *   <li>a select does not return because of an event that makes no operation ready;
 *   <li>a failure to subscribe to a channel makes its key ready, so that the next read or write reports the error;
 *   <li>{@code select(action)} calls the action once for a key, and deregisters what the action cancelled before it
 *   returns.
 * </ul>
 *
 * <p>On macOS {@link java.nio.channels.DatagramChannel#disconnect()} can replace the socket under its descriptor; its
 * registration is lost then, and the key must be cancelled and the channel registered again.
 *
 * <p>Locks, in this order: the selector, its selected-key set, its cancelled-key set; a channel's own locks are taken
 * under the first two and, by {@code register}, around none of the three. The locks of {@link KeyTable},
 * {@link InterestQueue} and {@link SelectWakeup} are leaves.
 */
public final class KqueueSelector extends AbstractSelector {

    private final Kqueue kqueue;
    private final SelectWakeup wakeup;
    private final InterestQueue interestQueue = new InterestQueue();
    private final KeyTable keys = new KeyTable();
    private final Set<SelectionKey> publicKeys = Collections.unmodifiableSet(keys);
    private final SelectedKeys selectedKeys = new SelectedKeys();
    private final ConditionProbe probe = new ConditionProbe();
    // all below guarded by this
    private final Knotes knotes;
    private final Observation observation;
    private final Selection selection;
    private boolean selecting;
    private KqueueSelectionKey[] cancelled = new KqueueSelectionKey[16];

    /** Takes over the kqueue, also if it throws. */
    KqueueSelector(SelectorProvider provider, Kqueue kqueue) throws IOException {
        super(provider);
        this.kqueue = kqueue;
        try {
            wakeup = new SelectWakeup(kqueue);
            observation = new Observation(this, kqueue);
            knotes = new Knotes(kqueue, interestQueue, observation);
            selection = new Selection(this, keys, selectedKeys, knotes, interestQueue, wakeup, observation);
        } catch (IOException | RuntimeException | Error e) {
            try {
                kqueue.close();
            } catch (IOException suppressed) {
                e.addSuppressed(suppressed);
            }
            throw e;
        }
    }

    void ensureOpen() {
        if (!isOpen()) {
            throw new ClosedSelectorException();
        }
    }

    @Override
    public Set<SelectionKey> keys() {
        ensureOpen();
        return publicKeys;
    }

    @Override
    public Set<SelectionKey> selectedKeys() {
        ensureOpen();
        return selectedKeys;
    }

    @Override
    public int selectNow() throws IOException {
        return lockAndSelect(null, 0);
    }

    @Override
    public int select() throws IOException {
        return lockAndSelect(null, Kqueue.FOREVER);
    }

    @Override
    public int select(long timeoutMillis) throws IOException {
        return lockAndSelect(null, nanos(timeoutMillis));
    }

    @Override
    public int selectNow(Consumer<SelectionKey> action) throws IOException {
        return lockAndSelect(Objects.requireNonNull(action), 0);
    }

    @Override
    public int select(Consumer<SelectionKey> action) throws IOException {
        return lockAndSelect(Objects.requireNonNull(action), Kqueue.FOREVER);
    }

    @Override
    public int select(Consumer<SelectionKey> action, long timeoutMillis) throws IOException {
        return lockAndSelect(Objects.requireNonNull(action), nanos(timeoutMillis));
    }

    private static long nanos(long timeoutMillis) {
        if (timeoutMillis < 0) {
            throw new IllegalArgumentException("Negative timeout");
        }
        return timeoutMillis == 0 ? Kqueue.FOREVER : TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
    }

    private int lockAndSelect(Consumer<SelectionKey> action, long timeoutNanos) throws IOException {
        synchronized (this) {
            ensureOpen();
            if (selecting) {
                throw new IllegalStateException("select in progress");
            }
            selecting = true;
            try {
                synchronized (selectedKeys) {
                    observation.beginSelect(timeoutNanos != 0);
                    try {
                        return doSelect(action, timeoutNanos);
                    } finally {
                        observation.endSelect(selection.counted(), keys.size());
                    }
                }
            } finally {
                selecting = false;
            }
        }
    }

    private int doSelect(Consumer<SelectionKey> action, long timeoutNanos) throws IOException {
        int last = selection.begin();
        deregisterCancelled();
        knotes.drainInterest(last);
        boolean blocking = timeoutNanos != 0;
        try {
            if (blocking) {
                begin();
                await(timeoutNanos, action == null);
            } else {
                wakeup.unblock();
                poll(action == null);
            }
        } finally {
            if (blocking) {
                end();
            }
        }
        return action == null ? selection.counted() : perform(action);
    }

    private void poll(boolean collect) throws IOException {
        if (selection.process(knotes.kevent(0), collect)) {
            // The call has answered a refused change, and so did not look for events.
            selection.process(knotes.kevent(0), collect);
        }
        deregisterCancelled();
    }

    private void await(long timeoutNanos, boolean collect) throws IOException {
        if (!wakeup.block()) {
            observation.wokenUp();
            poll(collect);
            return;
        }
        try {
            long start = timeoutNanos == Kqueue.FOREVER ? 0 : System.nanoTime();
            long leftNanos = timeoutNanos;
            do {
                boolean refused = selection.process(knotes.kevent(leftNanos), collect);
                deregisterCancelled();
                boolean woken = wakeup.isWoken();
                if (woken) {
                    observation.wokenUp();
                }
                if (selection.hasFired() || woken) {
                    if (refused) {
                        selection.process(knotes.kevent(0), collect);
                    }
                    return;
                }
                if (timeoutNanos != Kqueue.FOREVER) {
                    leftNanos = timeoutNanos - (System.nanoTime() - start);
                }
            } while (leftNanos > 0);
        } catch (ClosedKqueueException e) {
            // close() could not wake this thread and has closed the kqueue under it: the same as a wakeup.
        } finally {
            wakeup.unblock();
        }
    }

    private int perform(Consumer<SelectionKey> action) throws IOException {
        // Closed while it waited: as the JDK's, which differs in this from a select without an action.
        ensureOpen();
        int performed = selection.perform(action);
        deregisterCancelled();
        return performed;
    }

    /**
     * Steps 1 and 3 of a selection: what was cancelled leaves all sets, and closed channels give back their
     * descriptors.
     */
    private void deregisterCancelled() throws IOException {
        Set<SelectionKey> set = cancelledKeys();
        // Without the lock: what another thread cancels at this moment may as well be cancelled after the select.
        if (set.isEmpty()) {
            return;
        }
        int n;
        synchronized (set) {
            n = set.size();
            if (n == 0) {
                return;
            }
            // Taken out at once: cancel() waits for this lock, and what follows makes system calls and may wait for
            // channels.
            cancelled = set.toArray(cancelled);
            set.clear();
        }
        try {
            deregister(cancelled, n);
        } finally {
            Arrays.fill(cancelled, 0, n, null);
        }
    }

    /** Goes through with it for all keys and throws the first failure at the end. */
    private void deregister(KqueueSelectionKey[] leaving, int n) throws IOException {
        IOException failure = null;
        if (!kqueue.forgetsClosed()) {
            try {
                knotes.deleteLeaving(leaving, n);
            } catch (IOException e) {
                // A knote that is left over goes with its descriptor, or has an event that finds no key.
                failure = e;
            }
        }
        for (int i = 0; i < n; i++) {
            KqueueSelectionKey key = leaving[i];
            selection.remove(key);
            keys.delete(key);
            deregister(key);
            SelectableChannel channel = key.channel();
            if (!channel.isOpen() && !channel.isRegistered()) {
                try {
                    kqueue.forget(key.fd);
                    kill(channel);
                } catch (IOException e) {
                    failure = failure == null ? e : failure;
                }
            } else {
                knotes.leave(key);
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    private static void kill(SelectableChannel channel) throws IOException {
        if (channel instanceof DescriptorChannel own) {
            own.kill();
        } else {
            JdkChannels.kill(channel);
        }
    }

    /** Called with the channel's locks held, maybe during a select: takes leaf locks only. */
    @Override
    protected SelectionKey register(AbstractSelectableChannel channel, int ops, Object attachment) {
        if (!(channel instanceof DescriptorChannel || JdkChannels.isSelectable(channel))) {
            throw new IllegalSelectorException();
        }
        ensureOpen();
        KqueueSelectionKey key = new KqueueSelectionKey(this, channel);
        key.attach(attachment);
        keys.insert(key);
        try {
            key.interestOps(ops);
        } catch (CancelledKeyException e) {
            // Another thread has found the key in keys() and cancelled it; a cancelled key is returned.
            assert !key.isValid();
        }
        if (!isOpen()) {
            keys.delete(key);
            key.cancel();
            throw new ClosedSelectorException();
        }
        return key;
    }

    ConditionProbe probe() {
        return probe;
    }

    void interestChanged(KqueueSelectionKey key) {
        interestQueue.add(key);
    }

    @Override
    public Selector wakeup() {
        wakeup.wake();
        return this;
    }

    @Override
    protected void implCloseSelector() throws IOException {
        IOException failure = null;
        try {
            wakeup.wake();
        } catch (UncheckedIOException e) {
            // A thread that waits holds the locks taken below; closing the kqueue ends its wait too.
            failure = e.getCause();
            kqueue.close();
        }
        synchronized (this) {
            synchronized (selectedKeys) {
                observation.close();
                try {
                    probe.close();
                } catch (IOException e) {
                    failure = failure == null ? e : failure;
                }
                try {
                    deregisterAll();
                } catch (IOException e) {
                    failure = failure == null ? e : failure;
                }
                try {
                    wakeup.close();
                } catch (IOException e) {
                    failure = failure == null ? e : failure;
                }
                try {
                    kqueue.close();
                } catch (IOException e) {
                    failure = failure == null ? e : failure;
                }
                if (failure != null) {
                    throw failure;
                }
            }
        }
    }

    private void deregisterAll() throws IOException {
        KqueueSelectionKey[] all = keys.toArray(new KqueueSelectionKey[0]);
        int n = 0;
        for (KqueueSelectionKey key : all) {
            // A thread in register() holds the lock that keyFor takes, finds the selector closed and does not add the
            // key to its channel, from which it must then not be removed.
            if (key != null && key.channel().keyFor(this) == key) {
                all[n++] = key;
            }
        }
        deregister(all, n);
        selectedKeys.clear();
    }

    /**
     * What this selector has done so far. Any thread may ask at any time, also after the selector is closed.
     *
     * @return counters that go on counting; not a copy
     */
    public KqueueMXBean metrics() {
        return observation.counters();
    }

    /**
     * What all selectors of this JVM have done so far, those included that are closed.
     *
     * @return counters that go on counting; not a copy
     */
    public static KqueueMXBean jvmMetrics() {
        return JvmCounters.INSTANCE;
    }

    /**
     * Has selects timed from the next on, for {@link KqueueMXBean#getSelectNanos()} and its like. Not done by itself,
     * as it costs two looks at the clock a select.
     *
     * @param on whether to
     */
    public void timed(boolean on) {
        observation.timed(on);
    }

    /**
     * Registers {@link #metrics()} with the platform's MBean server until the selector is closed, and has selects
     * timed. A second call does nothing. The system property {@code org.kqueue.jmx=true} does this for every selector.
     *
     * @return the bean's name, {@code org.kqueue:type=KqueueSelector,id=} and a number
     * @throws ClosedSelectorException if the selector is closed
     * @throws IllegalStateException if the MBean server refuses
     */
    public String registerMXBean() {
        String name = observation.registerBean();
        if (name == null) {
            throw new ClosedSelectorException();
        }
        return name;
    }

    /**
     * Registers {@link #jvmMetrics()} with the platform's MBean server as {@code org.kqueue:type=Kqueue}. A second call
     * does nothing.
     *
     * @throws IllegalStateException if the MBean server refuses
     */
    public static void registerJvmMXBean() {
        Observation.registerJvmBean();
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
