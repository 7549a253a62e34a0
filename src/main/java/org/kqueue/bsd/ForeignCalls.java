package org.kqueue.bsd;

import com.sun.jna.Native;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodType;
import org.kqueue.KqueueConfig;

/**
 * Chooses between JNA and {@code java.lang.foreign} for {@code kevent}. JNA works everywhere; from Java 22 on a foreign
 * call is about 0.2 µs cheaper, which is half of what polling an empty kqueue costs.
 *
 * <p>A caller keeps what it gets in a {@code static final} field, so that the JIT compiles the call in line.
 * Thread-safe.
 */
final class ForeignCalls {

    private ForeignCalls() {
    }

    /**
     * Checks {@link KqueueConfig#calls()}.
     *
     * @throws UnsupportedOperationException for {@code foreign} where that is impossible; the message says why
     */
    static void requirePossible() {
        if (KqueueConfig.calls().equals("foreign")) {
            String reason = whyNot();
            if (reason != null) {
                throw new UnsupportedOperationException(KqueueConfig.CALLS + "=foreign: " + reason);
            }
        }
    }

    /** Why foreign calls cannot be made, or null if they can. */
    private static String whyNot() {
        if (Runtime.version().feature() < 22) {
            return "needs Java 22";
        }
        try {
            // Never ask for it here: that prints a warning or throws. JNA has asked already, by loading its native
            // part.
            return Native.POINTER_SIZE == Long.BYTES
                    && (boolean) Module.class.getMethod("isNativeAccessEnabled").invoke(ForeignCalls.class.getModule())
                    ? null : "native access is not enabled for it; start Java with --enable-native-access=ALL-UNNAMED";
        } catch (ReflectiveOperationException e) {
            return e.toString();
        }
    }

    /** Where a function is; asked only if it will be called. */
    @FunctionalInterface
    interface Address {

        long find();
    }

    /**
     * Makes a handle that calls a function. A call that returns a negative number leaves the errno where JNA's calls
     * leave it, in {@link Native#getLastError()}.
     *
     * @param address of the function
     * @param name for messages
     * @param type with {@code int} and {@code long} only. Returns {@code int}
     * @return the handle, or null where JNA is to be used
     */
    static MethodHandle of(Address address, String name, MethodType type) {
        if (KqueueConfig.calls().equals("jna") || whyNot() != null) {
            return null;
        }
        try {
            return Downcall.link(address.find(), type);
        } catch (ReflectiveOperationException | LinkageError | RuntimeException e) {
            // Made here only: a logger is several milliseconds of the first selector's.
            System.getLogger("org.kqueue").log(System.Logger.Level.DEBUG, () -> name + " is called through JNA: " + e);
            return null;
        }
    }

    /**
     * For a call through a handle, which may throw anything by its declaration and throws nothing.
     *
     * @param thrown by the handle
     * @return never
     */
    static AssertionError thrown(Throwable thrown) {
        if (thrown instanceof Error error) {
            throw error;
        }
        return new AssertionError("a native call threw", thrown);
    }
}
