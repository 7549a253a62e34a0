package org.kqueue.nio.channels;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.HashMap;
import java.util.Map;

/**
 * What this JVM does with a signal beside {@code EVFILT_SIGNAL}, which leaves the action as it is: the JVM would shut
 * down at a TERM and the system end the process at a USR1. While a channel watches a signal its action is to do
 * nothing; afterwards it is what it was before. Through {@code sun.misc.Signal}, by reflection, for its module
 * jdk.unsupported may be missing.
 */
final class SignalHandling {

    private static final Map<String, String> RESERVED = reserved();

    /** HotSpot's own handler stays: it stops threads with it, and takes a signal that is not its own for nothing. */
    private static final String SUSPEND_RESUME = "USR2";

    private static final Object IGNORE = Holder.ignore();

    /** The actions of before, for the signals that channels watch. */
    // guarded by itself
    private static final Map<String, Watched> WATCHED = new HashMap<>();

    private static final class Watched {
        int channels;
        Object before;
    }

    /** {@code sun.misc.Signal} and {@code sun.misc.SignalHandler}. */
    private static final class Holder {
        static final Class<?> SIGNAL = find("sun.misc.Signal");
        static final Class<?> HANDLER = find("sun.misc.SignalHandler");

        private static Class<?> find(String name) {
            try {
                return Class.forName(name);
            } catch (ClassNotFoundException e) {
                throw new UnsupportedOperationException(
                        "signals need the module jdk.unsupported, which this Java lacks", e);
            }
        }

        static Object ignore() {
            return Proxy.newProxyInstance(HANDLER.getClassLoader(), new Class<?>[] {HANDLER}, (proxy, method,
                    arguments) ->
                    switch (method.getName()) {
                        case "equals" -> proxy == arguments[0];
                        case "hashCode" -> System.identityHashCode(proxy);
                        case "toString" -> "SignalChannel's";
                        default -> null;
                    });
        }
    }

    private SignalHandling() {
    }

    private static Map<String, String> reserved() {
        Map<String, String> reserved = new HashMap<>();
        for (String fault : new String[] {"SEGV", "BUS", "FPE", "ILL", "TRAP", "ABRT"}) {
            reserved.put(fault, "the JVM uses it for faults of the program");
        }
        reserved.put("QUIT", "the JVM prints its threads at it");
        reserved.put("PIPE", "the JVM ignores it, so that a write to a closed connection fails with an exception");
        reserved.put("XFSZ", "the JVM ignores it, so that a write past a limit fails with an exception");
        reserved.put("KILL", "no process can watch it");
        reserved.put("STOP", "no process can watch it");
        return reserved;
    }

    /**
     * The name without SIG, in upper case.
     *
     * @throws IllegalArgumentException for a signal that is reserved, or that this system does not have
     */
    static String checkedName(String signal) {
        String upper = signal.toUpperCase(java.util.Locale.ROOT);
        String name = upper.startsWith("SIG") ? upper.substring(3) : upper;
        String reason = RESERVED.get(name);
        if (reason != null) {
            throw new IllegalArgumentException("SIG" + name + " cannot be watched: " + reason);
        }
        number(name);
        return name;
    }

    static int number(String name) {
        return (int) call(name, "getNumber", signal(name));
    }

    /** Sends a signal to this process. */
    static void raise(String name) {
        call(name, "raise", null, signal(name));
    }

    /**
     * Makes a signal's action to do nothing, if it is not that already.
     *
     * @throws IllegalArgumentException where the JVM does not let it be changed, as with {@code -Xrs}
     */
    static void suppress(String name) {
        synchronized (WATCHED) {
            Watched watched = WATCHED.get(name);
            if (watched == null) {
                watched = new Watched();
                watched.before = name.equals(SUSPEND_RESUME) ? null : handle(name, IGNORE);
                WATCHED.put(name, watched);
            }
            watched.channels++;
        }
    }

    /** Undoes one {@link #suppress}. */
    static void restore(String name) {
        synchronized (WATCHED) {
            Watched watched = WATCHED.get(name);
            if (--watched.channels == 0) {
                WATCHED.remove(name);
                if (watched.before != null) {
                    handle(name, watched.before);
                }
            }
        }
    }

    private static Object handle(String name, Object handler) {
        return call(name, "handle", null, signal(name), handler);
    }

    private static Object signal(String name) {
        try {
            return Holder.SIGNAL.getConstructor(String.class).newInstance(name);
        } catch (InvocationTargetException e) {
            throw failure(name, e);
        } catch (ReflectiveOperationException e) {
            throw new UnsupportedOperationException("sun.misc.Signal", e);
        }
    }

    private static Object call(String name, String method, Object target, Object... arguments) {
        Class<?>[] types = new Class<?>[arguments.length];
        for (int i = 0; i < types.length; i++) {
            types[i] = i == 0 ? Holder.SIGNAL : Holder.HANDLER;
        }
        try {
            Method found = Holder.SIGNAL.getMethod(method, types);
            return found.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw failure(name, e);
        } catch (ReflectiveOperationException e) {
            throw new UnsupportedOperationException("sun.misc.Signal." + method, e);
        }
    }

    private static RuntimeException failure(String name, InvocationTargetException e) {
        if (e.getCause() instanceof Error error) {
            throw error;
        }
        return new IllegalArgumentException("SIG" + name + " cannot be watched: " + e.getCause().getMessage(),
                e.getCause());
    }
}
