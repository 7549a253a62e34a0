package org.kqueue;

import java.io.Closeable;
import java.io.IOException;
import java.lang.ref.Reference;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A kernel event queue: subscribe by submitting <em>changes</em>, wait for <em>events</em>, both in one {@link #kevent}
 * call.
 *
 * <p>Thread-safe: several threads may call {@code kevent} at once, each with lists of its own, and one thread's change
 * ends another's wait if it makes an event ready. A level-triggered event may be returned to several waiters, one with
 * {@code EV_CLEAR}, {@code EV_ONESHOT} or {@code EV_DISPATCH} to exactly one. Not so a kqueue that was opened for
 * {@link KqueueConfig.Detail#READINESS}.
 *
 * <p>The rules are those of {@code kqueue(2)}; where systems differ, those of FreeBSD.
 */
public abstract class Kqueue implements Closeable {

    /** The timeout of a wait without end. */
    public static final long FOREVER = Long.MAX_VALUE;

    private static final int CLOSED = 1 << 31;
    private static final long CLOSE_RETRY_MILLIS = 10;

    private final KeventLayout layout;
    private final Object closing = new Object();
    /** Calls under way, plus {@link #CLOSED}. */
    private final AtomicInteger calls = new AtomicInteger();
    private final AtomicLong interruptedCalls = new AtomicLong();

    /**
     * For a backend.
     *
     * @param layout the ABI that lists are in
     */
    protected Kqueue(KeventLayout layout) {
        this.layout = Objects.requireNonNull(layout, "layout");
    }

    /**
     * Opens a kqueue as the system properties say.
     *
     * @return a new kqueue
     * @throws KqueueUnavailableException where no backend can serve here
     * @throws IOException if the system refuses
     * @throws IllegalArgumentException for a property with a value that is not allowed
     */
    public static Kqueue open() throws IOException {
        return open(KqueueConfig.fromSystemProperties());
    }

    /**
     * Opens a kqueue.
     *
     * @param config what to open
     * @return a new kqueue
     * @throws KqueueUnavailableException where no backend can serve here
     * @throws IOException if the system refuses
     * @throws IllegalArgumentException for a backend or ABI that does not exist; the message names those that do
     */
    public static Kqueue open(KqueueConfig config) throws IOException {
        return Backends.open(config);
    }

    /**
     * The ABI that change lists and event lists are in.
     *
     * @return the layout
     */
    public final KeventLayout layout() {
        return layout;
    }

    /**
     * A new change list for this kqueue.
     *
     * @param initialCapacity the number of changes there is room for before it grows
     * @return an empty list
     */
    public final ChangeList newChangeList(int initialCapacity) {
        return new ChangeList(layout, initialCapacity);
    }

    /**
     * A new event list for this kqueue.
     *
     * @param capacity the most events a call may return
     * @return an empty list
     */
    public final EventList newEventList(int capacity) {
        return new EventList(layout, capacity);
    }

    /**
     * Submits changes and waits for events, in one call.
     *
     * <p><b>Changes</b> are applied first, in order, and not as one: each stands by itself. One that fails is answered
     * by an entry in the event list, as is one with {@code EV_RECEIPT}: ident, filter, fflags and udata of the change,
     * {@code EV_ERROR} in the flags, the errno as data, 0 for a receipt. A call with such entries returns them at once;
     * it collects no events and does not wait, and the changes after a failed one are applied nevertheless. Where the
     * list has no room for the entry of a failed change, the call fails with that change's error, and the changes after
     * it are not applied. Where it has none for a receipt, the call returns 0 and the changes after it are not applied.
     * Nothing is ever written beyond the list.
     *
     * <p><b>Events</b> come in the order in which they became ready, each knote once a call. A level-triggered one goes
     * to the end of the queue, so where more are ready than there is room for, the next call goes on with the others.
     * READ and WRITE of one descriptor are two events. A condition that no longer holds is no event.
     *
     * <p><b>The wait</b> ends with the first event, whichever thread's change makes it, and with the time. {@code
     * EINTR} is not seen: the changes are applied by then, and the wait goes on with the time that is left. Closing a
     * watched descriptor ends no wait.
     *
     * <p><b>Differences</b>: FreeBSD delivers a one-shot event also where its condition no longer holds. Without room
     * for a receipt macOS goes on silently. DragonFly answers changes beyond the room it is given; the list then has
     * memory for that, and the call does as on the others. A system's longest timeout is shorter than this method's; it
     * waits again until the time is over.
     *
     * @param changes the changes, null or empty for none
     * @param events where events go; null or a capacity of 0 returns at once
     * @param timeoutNanos the longest wait in nanoseconds; 0 polls, {@link #FOREVER} waits without end
     * @return the number of entries in {@code events}
     * @throws KeventException if the call fails; carries the errno and the first change where one is to blame
     * @throws ClosedKqueueException if the kqueue is closed, also while this call waits
     * @throws IOException for other failures
     */
    public final int kevent(ChangeList changes, EventList events, long timeoutNanos) throws IOException {
        if (changes != null && changes.layout != layout || events != null && events.layout != layout) {
            throw new IllegalArgumentException("the list is not in this kqueue's layout, " + layout);
        }
        if (timeoutNanos == 0 && isConfined()) {
            return poll(changes, events);
        }
        return await(changes, events, timeoutNanos);
    }

    /** A call that does not wait, and that no close overlaps. */
    private int poll(ChangeList changes, EventList events) throws IOException {
        if (!isOpen()) {
            throw new ClosedKqueueException();
        }
        if (events != null) {
            events.beginUse();
        }
        try {
            int n = call(changes, events, 0);
            return n >= 0 ? n : again(n, changes, events, 0, 0, false);
        } finally {
            endUse(changes, events);
        }
    }

    private int await(ChangeList changes, EventList events, long timeoutNanos) throws IOException {
        if (timeoutNanos < 0) {
            throw new KeventException("kevent", fd(), Errno.EINVAL, "EINVAL", "timeout of " + timeoutNanos + " ns");
        }
        boolean mayWait = timeoutNanos != 0 && events != null && events.capacity() > 0;
        long start = mayWait && timeoutNanos != FOREVER ? System.nanoTime() : 0;
        boolean virtual = mayWait && VirtualThreads.isCurrent();
        enter();
        if (events != null) {
            beginUse(events);
        }
        try {
            int n = call(changes, events, virtual ? 0 : timeoutNanos);
            if (n > 0 || n == 0 && !mayWait) {
                return n;
            }
            return again(n, changes, events, start, timeoutNanos, virtual);
        } finally {
            endUse(changes, events);
            leave();
        }
    }

    /** The end of a call: until here both lists were in use. */
    private static void endUse(ChangeList changes, EventList events) {
        if (events != null) {
            events.endUse();
        }
        Reference.reachabilityFence(changes);
        Reference.reachabilityFence(events);
    }

    /**
     * Submits changes and waits for events, in one call.
     *
     * @param changes the changes, null or empty for none
     * @param events where events go; null or a capacity of 0 returns at once
     * @param timeout the longest wait; null waits without end
     * @return the number of entries in {@code events}
     * @throws IOException as {@link #kevent(ChangeList, EventList, long)}
     */
    public final int kevent(ChangeList changes, EventList events, Duration timeout) throws IOException {
        return kevent(changes, events, timeout == null ? FOREVER : nanos(timeout));
    }

    private static long nanos(Duration timeout) {
        try {
            return timeout.toNanos();
        } catch (ArithmeticException e) {
            return timeout.isNegative() ? -1 : FOREVER;
        }
    }

    /** A call that returned 0 or an error: waits on for the time that is left, or throws. */
    private int again(int first, ChangeList changes, EventList events, long start, long timeoutNanos, boolean virtual)
            throws IOException {
        int n = first;
        if (n == 0 && changes != null && changes.wantsReceipt()) {
            // No room for a receipt: the kernel has stopped there and returns 0 at once, although a wait was asked for.
            return 0;
        }
        while (isOpen()) {
            if (n == -Errno.EINTR) {
                interruptedCalls.incrementAndGet();
            } else if (n < 0) {
                throw failure(-n, changes);
            }
            // EINTR: the kernel has applied every change already, so go on with an empty change list; a second
            // EV_DELETE would come back as ENOENT. 0: a backend may cut long timeouts, so look at the clock.
            long left = timeoutNanos == FOREVER ? FOREVER : timeoutNanos - (System.nanoTime() - start);
            if (events == null || events.capacity() == 0 || left <= 0) {
                return 0;
            }
            n = virtual ? VirtualThreads.await(() -> call(null, events, left)) : call(null, events, left);
            if (n > 0) {
                return n;
            }
        }
        throw new ClosedKqueueException();
    }

    private KeventException failure(int errno, ChangeList changes) {
        String detail = changes == null || changes.size() == 0 ? null : changes.size() == 1 ? changes.toString(0)
                : "one of " + changes.size() + " changes, the first being " + changes.toString(0);
        return new KeventException("kevent", fd(), errno, Errno.name(errno, layout.errnos()), detail);
    }

    private void beginUse(EventList events) {
        try {
            events.beginUse();
        } catch (IllegalStateException e) {
            leave();
            throw e;
        }
    }

    private void enter() throws ClosedKqueueException {
        if (calls.getAndIncrement() < 0) {
            leave();
            throw new ClosedKqueueException();
        }
    }

    private void leave() {
        if (calls.decrementAndGet() == CLOSED) {
            synchronized (closing) {
                closing.notifyAll();
            }
        }
    }

    /**
     * Subscribes: {@code EV_ADD}, one call for each subscription. One that is there already is modified; its
     * {@code EV_CLEAR}, {@code EV_ONESHOT} and {@code EV_DISPATCH} stay as they were.
     *
     * @param subscriptions what to subscribe to
     * @throws KeventException for the first that fails, with its errno and kevent; those before it stay
     * @throws UnsupportedOperationException where the ABI lacks a filter or note, or the backend does; the message
     *     names it and the system. {@link #supports(Filter)} and {@link #supports(Note)} tell beforehand
     * @throws IOException as {@link #kevent(ChangeList, EventList, long)}
     */
    public final void add(Subscription... subscriptions) throws IOException {
        submit(KeventFlags.EV_ADD, subscriptions);
    }

    /**
     * Ends subscriptions: {@code EV_DELETE}. Pending events of theirs are gone.
     *
     * @param subscriptions found by filter and ident
     * @throws KeventException {@code ENOENT} for one that is not there
     * @throws IOException as {@link #kevent(ChangeList, EventList, long)}
     */
    public final void delete(Subscription... subscriptions) throws IOException {
        submit(KeventFlags.EV_DELETE, subscriptions);
    }

    /**
     * Delivers again: {@code EV_ENABLE}, after {@link #disable} or a {@link Subscription#dispatch()} event.
     *
     * @param subscriptions found by filter and ident; notes and udata are given anew
     * @throws KeventException {@code ENOENT} for one that is not there
     * @throws IOException as {@link #kevent(ChangeList, EventList, long)}
     */
    public final void enable(Subscription... subscriptions) throws IOException {
        submit(KeventFlags.EV_ENABLE, subscriptions);
    }

    /**
     * Delivers nothing until {@link #enable}: {@code EV_DISABLE}.
     *
     * @param subscriptions found by filter and ident; notes and udata are given anew
     * @throws KeventException {@code ENOENT} for one that is not there
     * @throws IOException as {@link #kevent(ChangeList, EventList, long)}
     */
    public final void disable(Subscription... subscriptions) throws IOException {
        submit(KeventFlags.EV_DISABLE, subscriptions);
    }

    /**
     * Publishes a user event: {@code NOTE_TRIGGER}. Any thread.
     *
     * @param event a subscription to {@link Filter#user}; its ident and udata are used
     * @throws KeventException {@code ENOENT} for one that is not there
     * @throws IOException as {@link #kevent(ChangeList, EventList, long)}
     */
    public final void trigger(Subscription event) throws IOException {
        trigger(event, Note.NOTE_FFNOP, 0, 0);
    }

    /**
     * Publishes a user event with data: {@code NOTE_TRIGGER}, after changing its 24 stored bits. Any thread.
     *
     * @param event a subscription to {@link Filter#user}; its ident and udata are used
     * @param operation what to do with the stored bits: {@link Note#NOTE_FFNOP}, {@link Note#NOTE_FFAND}, {@link
     *     Note#NOTE_FFOR} or {@link Note#NOTE_FFCOPY}
     * @param bits the operand, 24 bits
     * @param data comes back with the event
     * @throws KeventException {@code ENOENT} for one that is not there
     * @throws IOException as {@link #kevent(ChangeList, EventList, long)}
     * @throws IllegalArgumentException for another filter or operation, or bits beyond 24
     */
    public final void trigger(Subscription event, Note operation, int bits, long data) throws IOException {
        boolean known = operation == Note.NOTE_FFNOP || operation == Note.NOTE_FFAND || operation == Note.NOTE_FFOR
                || operation == Note.NOTE_FFCOPY;
        if (event.filter() != Filter.EVFILT_USER || !known || bits >>> 24 != 0) {
            throw new IllegalArgumentException("trigger of " + event + " with " + operation + " 0x"
                    + Integer.toHexString(bits));
        }
        // No EV_ flag at all: a change that repeats EV_CLEAR would cancel the trigger on four of five systems.
        int fflags = layout.number(Note.NOTE_TRIGGER) | layout.number(operation) | bits;
        kevent(newChangeList(1).add(event.ident(), Filter.EVFILT_USER, 0, fflags, data, event.udata()), null, 0);
    }

    private void submit(int action, Subscription[] subscriptions) throws IOException {
        // One change a call, without room for an entry: the error then comes as the call's own, for exactly that
        // change.
        ChangeList change = newChangeList(1);
        for (Subscription subscription : subscriptions) {
            subscription.appendTo(change.clear(), action);
            try {
                kevent(change, null, 0);
            } catch (KeventException e) {
                throw e.errno() == Errno.EINVAL ? requireSupported(subscription, e) : e;
            }
        }
    }

    /** {@code EINVAL} is also what a kernel says of a filter or note that it does not have. */
    private KeventException requireSupported(Subscription subscription, KeventException e) {
        if (!supports(subscription.filter())) {
            throw new UnsupportedOperationException(subscription.filter() + " does not work on " + this, e);
        }
        for (Note note : subscription.notes()) {
            if (layout.has(note) && !supports(note)) {
                throw new UnsupportedOperationException(note + " does not work on " + this, e);
            }
        }
        return e;
    }

    /**
     * Whether the kqueue is open.
     *
     * @return false from the moment {@link #close} is called
     */
    public final boolean isOpen() {
        return calls.get() >= 0;
    }

    /**
     * Closes the kqueue and frees its descriptor. Waits in other threads end with {@link ClosedKqueueException}, and
     * this method returns when they have. A second close does nothing.
     *
     * @throws IOException if the system reports an error; the descriptor is gone all the same
     */
    @Override
    public final void close() throws IOException {
        IOException failure = null;
        boolean interrupted = false;
        synchronized (closing) {
            if (!isOpen()) {
                return;
            }
            calls.getAndAdd(CLOSED);
            while (calls.get() != CLOSED) {
                try {
                    // Again and again: a call may have been counted and not yet be waiting in the kernel.
                    interruptCalls();
                } catch (IOException e) {
                    failure = e;
                }
                try {
                    closing.wait(CLOSE_RETRY_MILLIS);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        try {
            release();
        } catch (IOException e) {
            failure = e;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (failure != null) {
            throw failure;
        }
    }

    /**
     * How many native calls a signal has interrupted ({@code EINTR}). Each was continued; this is for those who wonder.
     *
     * @return the count since the kqueue was opened
     */
    public final long interruptedCalls() {
        return interruptedCalls.get();
    }

    /**
     * The kqueue's descriptor, which another kqueue can watch with {@code EVFILT_READ}.
     *
     * @return the descriptor's number
     */
    public abstract int fd();

    /**
     * Whether another kqueue of the same backend can watch this one's descriptor, as {@code kqueue(2)} promises. Not
     * true of every library over another mechanism.
     *
     * @return false only where that is certain
     */
    public boolean isWatchable() {
        return true;
    }

    /**
     * Whether a filter works on this kqueue. Does not change the kqueue.
     *
     * @param filter the filter
     * @return true where an {@code EV_ADD} of a fitting ident is accepted
     */
    public abstract boolean supports(Filter filter);

    /**
     * Whether a {@code NOTE_} constant works on this kqueue. Does not change the kqueue.
     *
     * @param note the constant
     * @return true where the ABI has it, a filter that it belongs to works, and the backend does what it asks for
     */
    public boolean supports(Note note) {
        boolean supported = false;
        for (Filter filter : Filter.ALL) {
            supported |= note.belongsTo(filter) && layout.has(note) && supports(filter);
        }
        return supported;
    }

    /**
     * Drops the READ and WRITE knotes of a descriptor that may be closed from now on. For a caller that asked for
     * {@link KqueueConfig.Detail#READINESS}, which must call this before each close. A kernel needs no call: the close
     * of a descriptor takes its knotes along.
     *
     * @param ident the descriptor's number
     * @return true if no knote is left; false if the knotes stay until the descriptor is closed or {@code EV_DELETE}
     *     removes them
     * @throws IOException if a native call fails; the kqueue reports no event for the number afterwards
     */
    public boolean forget(long ident) throws IOException {
        return false;
    }

    /**
     * Whether {@code EV_DISPATCH} works as a selector needs it: the event says that the knote is disabled now, and
     * {@code EV_ENABLE} reports what is pending. NetBSD and libraries over another mechanism do not promise that.
     *
     * @return true only where that is certain
     */
    public boolean dispatches() {
        return false;
    }

    /**
     * Whether a WRITE knote of an AF_UNIX socket reports that the peer has closed.
     *
     * @return false where a new knote may have to be added to find out
     */
    public boolean reportsUnixClose() {
        return true;
    }

    /**
     * Registers a way to end waits on this kqueue: an {@code EVFILT_USER} event where the kernel has them, else a pipe.
     *
     * @param udata what the event carries
     * @return the wakeup; close it before the kqueue
     * @throws IOException if it cannot be registered
     */
    public abstract Wakeup newWakeup(long udata) throws IOException;

    /**
     * Says which kqueue this is.
     *
     * @return backend, library and ABI, such as {@code "embedded (epoll), freebsd ABI"}
     */
    @Override
    public abstract String toString();

    /**
     * For a backend: one {@code kevent} call, no retry. The lists are in this kqueue's layout. Must empty {@code
     * events} first ({@link EventList#prepare}), and leave the number of entries in it that is returned.
     *
     * @param changes the changes, may be null
     * @param events where events go, may be null
     * @param timeoutNanos 0 or more; {@link #FOREVER} for none. A call may return 0 before the time is over
     * @return the number of entries, or the negative errno, as the layout's ABI numbers it
     */
    protected abstract int call(ChangeList changes, EventList events, long timeoutNanos);

    /**
     * For a backend: whether its callers see to it that calls do not overlap, nor a call that does not wait with {@link
     * #close}. Such calls are then not counted.
     *
     * @return true for a kqueue that was asked for with {@link KqueueConfig.Detail#READINESS}, if the backend makes use
     *     of it
     */
    protected boolean isConfined() {
        return false;
    }

    /**
     * For a backend: ends all waits under way in {@link #call}, at least once each. Called by {@link #close}, again and
     * again until no call is under way.
     *
     * @throws IOException if the native call fails
     */
    protected abstract void interruptCalls() throws IOException;

    /**
     * For a backend: frees the descriptor and all else. Called once, when no call is under way.
     *
     * @throws IOException if the system reports an error
     */
    protected abstract void release() throws IOException;
}
