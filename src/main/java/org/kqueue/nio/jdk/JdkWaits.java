package org.kqueue.nio.jdk;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import org.kqueue.foreign.LentCalls;

/**
 * The native methods in which the JDK's own selectors wait on Linux, lent to the embedded kqueue. A JDK without one of
 * them has it called through the C library instead.
 */
final class JdkWaits {

    private static final int EINTR = 4;

    private JdkWaits() {
    }

    /** To be called when the package is open. */
    static void lend() {
        if (System.getProperty("os.name").equals("Linux")) {
            lend(LentCalls.EPOLL_WAIT, "sun.nio.ch.EPoll", "wait",
                    MethodType.methodType(int.class, int.class, long.class, int.class, int.class));
            lend(LentCalls.POLL, "sun.nio.ch.PollSelectorImpl", "poll",
                    MethodType.methodType(int.class, long.class, int.class, int.class));
        }
    }

    private static void lend(String function, String owner, String name, MethodType type) {
        try {
            Class<?> holder = Class.forName(owner);
            MethodHandles.Lookup own = MethodHandles.lookup();
            MethodHandle method = MethodHandles.privateLookupIn(holder, own).findStatic(holder, name, type);
            MethodHandle result = own.findStatic(JdkWaits.class, "result",
                    MethodType.methodType(int.class, int.class));
            LentCalls.lend(function, MethodHandles.filterReturnValue(method, result));
        } catch (ReflectiveOperationException | LinkageError e) {
            System.getLogger("org.kqueue").log(System.Logger.Level.DEBUG, () -> function + " is not the JDK's: " + e);
        }
    }

    /** {@code IOStatus.INTERRUPTED}, the one negative result that is not thrown, as an errno. */
    private static int result(int n) {
        return n < 0 ? -EINTR : n;
    }
}
