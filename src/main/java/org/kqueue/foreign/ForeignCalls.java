package org.kqueue.foreign;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import com.sun.jna.Pointer;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodType;

/**
 * Chooses between JNA and {@code java.lang.foreign} for the calls that a select is made of. JNA works everywhere; from
 * Java 22 on a foreign call is about 0.2 µs cheaper, which is half of what polling an empty kqueue costs, but linking
 * the first takes 50 ms: see {@link LateLink}. The waits of selectors on Linux have a third way, {@link LentCalls}.
 *
 * <p>A caller keeps what it gets in a {@code static final} field, so that the JIT compiles the call in line.
 * Thread-safe.
 */
public final class ForeignCalls {

    /** The property that chooses: {@code auto}, {@code jna} or {@code foreign}. */
    public static final String CALLS = "org.kqueue.calls";

    private ForeignCalls() {
    }

    /**
     * Checks the property.
     *
     * @throws IllegalArgumentException for a value that is not allowed; the message names those that are
     * @throws UnsupportedOperationException for {@code foreign} where that is impossible; the message says why
     */
    public static void requireProperty() {
        String calls = property();
        switch (calls) {
            case "auto", "jna" -> { }
            case "foreign" -> {
                String reason = whyNot();
                if (reason != null) {
                    throw new UnsupportedOperationException(CALLS + "=foreign: " + reason);
                }
            }
            default -> throw new IllegalArgumentException(CALLS + "=" + calls + "; allowed: auto, jna, foreign");
        }
    }

    /** Whether the shortest way is to be taken. */
    static boolean isAuto() {
        return property().equals("auto");
    }

    /** Whether calls may go through {@code java.lang.foreign}. */
    static boolean arePossible() {
        return !property().equals("jna") && whyNot() == null;
    }

    /** Whether they must. */
    static boolean areRequired() {
        return property().equals("foreign") && whyNot() == null;
    }

    private static String property() {
        String calls = System.getProperty(CALLS);
        return calls == null || calls.isBlank() ? "auto" : calls.strip();
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

    /**
     * Makes a handle that calls a function of the C library. Of a call that fails, a negative number, the reason is
     * lost: what a thread has in errno may change before Java could read it, and to have it kept by the call itself
     * costs 40 bytes on the heap for each, now and then. So one that fails must be made again through JNA.
     *
     * @param name of the function
     * @param type with {@code int} and {@code long} only; an address is a {@code long}. Returns {@code int}
     * @return the handle
     * @throws UnsatisfiedLinkError where it cannot be made
     */
    public static MethodHandle ofLibcWithoutErrno(String name, MethodType type) {
        try {
            return Downcall.linkWithoutErrno(Pointer.nativeValue(
                    NativeLibrary.getInstance(Platform.C_LIBRARY_NAME).getGlobalVariableAddress(name)), type);
        } catch (ReflectiveOperationException | RuntimeException e) {
            UnsatisfiedLinkError error = new UnsatisfiedLinkError(name + ": " + e);
            error.initCause(e);
            throw error;
        }
    }

    /** Where a function is; asked only if it will be called. */
    public interface Address {

        /**
         * Looks the function up.
         *
         * @return its address
         */
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
    public static MethodHandle of(Address address, String name, MethodType type) {
        if (!arePossible()) {
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
    public static AssertionError thrown(Throwable thrown) {
        if (thrown instanceof Error error) {
            throw error;
        }
        return new AssertionError("a native call threw", thrown);
    }
}
