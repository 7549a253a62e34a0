package org.kqueue.linux.knotes;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.function.Consumer;

/**
 * {@code sun.misc.Signal}. By reflection, because its module jdk.unsupported may be missing and because the compiler
 * warns of every mention of it.
 */
final class JvmSignal {

    private static final Class<?> SIGNAL = find("sun.misc.Signal");
    private static final Class<?> HANDLER = find("sun.misc.SignalHandler");
    private static final Object DEFAULT = constant("SIG_DFL");
    private static final Object IGNORE = constant("SIG_IGN");

    private JvmSignal() {
    }

    private static Class<?> find(String name) {
        try {
            return Class.forName(name);
        } catch (ClassNotFoundException e) {
            return null;
        }
    }

    private static Object constant(String name) {
        try {
            return HANDLER == null ? null : HANDLER.getField(name).get(null);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("sun.misc.SignalHandler." + name, e);
        }
    }

    static boolean isAvailable() {
        return HANDLER != null;
    }

    /** A handler that passes the JVM's signal object on. Runs in a thread of its own, for each signal. */
    static Object handler(Consumer<Object> action) {
        return Proxy.newProxyInstance(JvmSignal.class.getClassLoader(), new Class<?>[] {HANDLER},
                (proxy, method, arguments) ->
                switch (method.getName()) {
                    case "equals" -> proxy == arguments[0];
                    case "hashCode" -> System.identityHashCode(proxy);
                    case "toString" -> "EVFILT_SIGNAL";
                    default -> {
                        action.accept(arguments[0]);
                        yield null;
                    }
                });
    }

    /**
     * Sets a signal's handler.
     *
     * @return the handler of before
     * @throws IllegalArgumentException for a signal that the JVM keeps to itself
     */
    static Object handle(String name, Object handler) {
        try {
            Object signal = SIGNAL.getConstructor(String.class).newInstance(name);
            return SIGNAL.getMethod("handle", SIGNAL, HANDLER).invoke(null, signal, handler);
        } catch (InvocationTargetException e) {
            throw new IllegalArgumentException("SIG" + name + ": " + e.getCause().getMessage(), e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("sun.misc.Signal", e);
        }
    }

    /** Runs a handler as the JVM would, unless it is not one in Java. */
    static void run(Object handler, Object signal) {
        if (handler == null || handler == DEFAULT || handler == IGNORE) {
            return;
        }
        try {
            HANDLER.getMethod("handle", SIGNAL).invoke(handler, signal);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof UnsupportedOperationException) {
                // A handler in C, such as HotSpot's own, wrapped: it cannot be called from Java.
                return;
            }
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw (Error) e.getCause();
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("sun.misc.SignalHandler", e);
        }
    }
}
