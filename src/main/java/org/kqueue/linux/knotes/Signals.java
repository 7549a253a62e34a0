package org.kqueue.linux.knotes;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * The signals that this process' kqueues watch. signalfd would need the signal blocked in every thread, which no
 * library can promise in a JVM; a C handler cannot run Java. So it is {@code sun.misc.Signal}: the JVM's own handler
 * passes the signal on to a Java thread, where it is counted and given to the handler that was there before, if it is
 * one in Java (the JVM's shutdown at TERM, INT and HUP is). The default action of a signal without a handler does not
 * happen while a kqueue watches it. Signals that follow each other closely may be counted as one, as POSIX allows.
 */
final class Signals {

    /** By number; null for those that no program can have, and for 0. */
    private static final String[] NAMES = {
        null, "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM",
        "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF",
        "WINCH", "IO", "PWR", "SYS",
    };
    private static final Set<String> UNCATCHABLE = Set.of("KILL", "STOP");

    /** One signal's knotes, and the handler that was there before. */
    private static final class Watch implements SignalHandler {

        private final List<SignalKnote> knotes = new CopyOnWriteArrayList<>();
        private volatile SignalHandler before;

        @Override
        public void handle(Signal signal) {
            knotes.forEach(SignalKnote::received);
            if (before == SIG_DFL || before == SIG_IGN) {
                return;
            }
            try {
                before.handle(signal);
            } catch (UnsupportedOperationException e) {
                // A handler in C, such as HotSpot's own: it cannot be called from Java.
                return;
            }
        }
    }

    // guarded by itself; no kqueue's lock is taken while it is held
    private static final Map<String, Watch> WATCHES = new HashMap<>();

    private Signals() {
    }

    static String name(long number) {
        return number > 0 && number < NAMES.length ? NAMES[(int) number] : null;
    }

    static boolean isUncatchable(long number) {
        return UNCATCHABLE.contains(name(number));
    }

    /** Returns false for a signal that the JVM keeps to itself. */
    static boolean watch(SignalKnote knote) {
        String name = name(knote.ident);
        synchronized (WATCHES) {
            Watch watch = WATCHES.get(name);
            if (watch == null) {
                watch = new Watch();
                try {
                    watch.before = Signal.handle(new Signal(name), watch);
                } catch (IllegalArgumentException e) {
                    return false;
                }
                WATCHES.put(name, watch);
            }
            watch.knotes.add(knote);
            return true;
        }
    }

    static void unwatch(SignalKnote knote) {
        String name = name(knote.ident);
        synchronized (WATCHES) {
            Watch watch = WATCHES.get(name);
            watch.knotes.remove(knote);
            if (watch.knotes.isEmpty()) {
                WATCHES.remove(name);
                SignalHandler current = Signal.handle(new Signal(name), watch.before);
                if (current != watch) {
                    // The program has set a handler after us.
                    Signal.handle(new Signal(name), current);
                }
            }
        }
    }
}
