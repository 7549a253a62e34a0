package org.kqueue.nio.channels;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * What this JVM does with a signal beside {@code EVFILT_SIGNAL}, which leaves the action as it is: the JVM would shut
 * down at a TERM, and the system end the process at a USR1. While a channel watches a signal its action is to do
 * nothing; afterwards it is what it was before.
 *
 * <p>Needs {@code sun.misc.Signal} of the module jdk.unsupported. This class cannot be linked without it; see
 * {@link #require}.
 */
final class SignalHandling {

    private static final Map<String, String> RESERVED = Map.ofEntries(
            Map.entry("SEGV", "the JVM uses it for faults of the program"),
            Map.entry("BUS", "the JVM uses it for faults of the program"),
            Map.entry("FPE", "the JVM uses it for faults of the program"),
            Map.entry("ILL", "the JVM uses it for faults of the program"),
            Map.entry("TRAP", "the JVM uses it for faults of the program"),
            Map.entry("ABRT", "the JVM uses it for faults of the program"),
            Map.entry("QUIT", "the JVM prints its threads at it"),
            Map.entry("PIPE", "the JVM ignores it, so that a write to a closed connection fails with an exception"),
            Map.entry("XFSZ", "the JVM ignores it, so that a write past a limit fails with an exception"),
            Map.entry("KILL", "no process can watch it"),
            Map.entry("STOP", "no process can watch it"));

    /** HotSpot's own handler stays: it stops threads with it, and ignores a signal that it did not send. */
    private static final String SUSPEND_RESUME = "USR2";

    /** By name; guarded by itself. */
    private static final Map<String, Action> ACTIONS = new HashMap<>();

    /** The action of a signal that channels watch: it is counted, and nothing else. */
    private static final class Action implements SignalHandler {

        /** Set once, under the lock of ACTIONS, before the action is seen. */
        private SignalHandler before;
        /** Guarded by ACTIONS. */
        private int channels;
        // guarded by this
        private long handled;

        @Override
        public synchronized void handle(Signal signal) {
            handled++;
            notifyAll();
        }

        synchronized long handled() {
            return handled;
        }

        synchronized void awaitHandled(long count, long timeoutNanos) throws InterruptedException {
            long deadline = System.nanoTime() + timeoutNanos;
            for (long left = timeoutNanos; handled < count && left > 0; left = deadline - System.nanoTime()) {
                TimeUnit.NANOSECONDS.timedWait(this, left);
            }
        }
    }

    /**
     * One channel's wish that a signal does nothing.
     *
     * <p>The kernel counts a signal when it is sent. The JVM handles it later, on a thread of its own, by the action
     * that is set then: if that were the old one again, a signal that was read could still end the JVM. So the old
     * action is put back only when as many signals were handled as were read. Signals that follow each other closely
     * are several for the kernel and may be one for the JVM; then it is put back after a second.
     */
    static final class Suppression {

        private static final long MAX_WAIT_NANOS = TimeUnit.SECONDS.toNanos(1);

        private final String name;
        private final int number;
        private final Action action;
        /** How many signals are handled when all that were read are; guarded by this. */
        private long expected;

        private Suppression(String name, int number, Action action) {
            this.name = name;
            this.number = number;
            this.action = action;
            expected = action.handled();
        }

        String name() {
            return name;
        }

        int number() {
            return number;
        }

        /** The channel has read that so many signals were sent. */
        synchronized void read(long count) {
            expected += count;
        }

        /** Undoes the suppression. */
        void end() {
            // The JVM leaves a HUP, INT or TERM ignored, so it may never be handled; and the old action does no harm.
            if (!name.equals(SUSPEND_RESUME) && action.before != SignalHandler.SIG_IGN) {
                awaitHandled();
            }
            synchronized (ACTIONS) {
                if (--action.channels == 0) {
                    ACTIONS.remove(name);
                    if (action.before != null) {
                        Signal.handle(new Signal(name), action.before);
                    }
                }
            }
        }

        private void awaitHandled() {
            long count;
            synchronized (this) {
                count = expected;
            }
            try {
                action.awaitHandled(count, MAX_WAIT_NANOS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private SignalHandling() {
    }

    /**
     * Finds out whether this Java has {@code sun.misc.Signal}.
     *
     * @throws UnsupportedOperationException if it has not
     */
    static void require() {
        try {
            Signal.class.getName();
        } catch (LinkageError e) {
            throw new UnsupportedOperationException("signals need the module jdk.unsupported, which this Java lacks",
                    e);
        }
    }

    /**
     * The name without SIG, in upper case.
     *
     * @throws IllegalArgumentException for a signal that is reserved, or that this system does not have
     */
    static String checkedName(String signal) {
        String upper = signal.toUpperCase(Locale.ROOT);
        String name = upper.startsWith("SIG") ? upper.substring(3) : upper;
        String reason = RESERVED.get(name);
        if (reason != null) {
            throw cannotBeWatched(name, reason, null);
        }
        try {
            new Signal(name);
            return name;
        } catch (IllegalArgumentException e) {
            throw cannotBeWatched(name, e.getMessage(), e);
        }
    }

    private static IllegalArgumentException cannotBeWatched(String name, String reason, Throwable cause) {
        return new IllegalArgumentException("SIG" + name + " cannot be watched: " + reason, cause);
    }

    /** Sends a signal to this process. */
    static void raise(String name) {
        Signal.raise(new Signal(name));
    }

    /**
     * Makes a signal do nothing.
     *
     * @param name as {@link #checkedName} returns it
     * @throws IllegalArgumentException where the JVM does not let the action be changed, as with {@code -Xrs}
     */
    static Suppression suppress(String name) {
        synchronized (ACTIONS) {
            Action action = ACTIONS.get(name);
            if (action == null) {
                action = new Action();
                if (!name.equals(SUSPEND_RESUME)) {
                    try {
                        action.before = Signal.handle(new Signal(name), action);
                    } catch (IllegalArgumentException e) {
                        throw cannotBeWatched(name, e.getMessage(), e);
                    }
                }
                ACTIONS.put(name, action);
            }
            action.channels++;
            return new Suppression(name, new Signal(name).getNumber(), action);
        }
    }
}
