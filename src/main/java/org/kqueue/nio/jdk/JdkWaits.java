package org.kqueue.nio.jdk;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import org.kqueue.foreign.LentCalls;

/**
 * The native methods in which the JDK's own selectors wait on Linux, lent to the embedded kqueue. A JDK without one of
 * them has it called through the C library instead.
 */
final class JdkWaits {

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
            LentCalls.lend(function,
                    MethodHandles.privateLookupIn(holder, MethodHandles.lookup()).findStatic(holder, name, type));
        } catch (ReflectiveOperationException | LinkageError e) {
            System.getLogger("org.kqueue").log(System.Logger.Level.DEBUG, () -> function + " is not the JDK's: " + e);
        }
    }
}
