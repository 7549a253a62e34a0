package org.kqueue.nio.jdk;

import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/**
 * Parks a virtual thread until a descriptor is readable, as the JDK's own selectors do from JDK 24 on
 * ({@code sun.nio.ch.Poller.pollSelector}): a thread of the JDK's waits for all of them. Thread-safe.
 */
public final class VirtualThreadPoller {

    private static final MethodHandle IS_VIRTUAL = find(Thread.class, "isVirtual",
            MethodType.methodType(boolean.class), false);
    private static final MethodHandle POLL_SELECTOR = IS_VIRTUAL == null ? null : find(poller(), "pollSelector",
            MethodType.methodType(void.class, int.class, long.class), true);

    private VirtualThreadPoller() {
    }

    private static Class<?> poller() {
        try {
            return Class.forName("sun.nio.ch.Poller", false, null);
        } catch (ClassNotFoundException e) {
            return null;
        }
    }

    private static MethodHandle find(Class<?> owner, String name, MethodType type, boolean isStatic) {
        if (owner == null) {
            return null;
        }
        try {
            return isStatic ? MethodHandles.privateLookupIn(owner, MethodHandles.lookup()).findStatic(owner, name, type)
                    : MethodHandles.publicLookup().findVirtual(owner, name, type);
        } catch (ReflectiveOperationException e) {
            return null;
        }
    }

    /**
     * Whether the current thread is a virtual one that {@link #park} can park.
     *
     * @return false on JDKs before 24
     */
    public static boolean isCurrentVirtual() {
        if (POLL_SELECTOR == null) {
            return false;
        }
        try {
            return (boolean) IS_VIRTUAL.invokeExact(Thread.currentThread());
        } catch (Throwable e) {
            throw Rethrow.asUnchecked(e);
        }
    }

    /**
     * Parks the current virtual thread. Returns early when it is interrupted.
     *
     * @param fd the descriptor of an epoll instance or a kqueue
     * @param timeoutNanos the longest wait
     * @throws IOException if the descriptor cannot be polled
     */
    public static void park(int fd, long timeoutNanos) throws IOException {
        try {
            // 0 is no limit there.
            POLL_SELECTOR.invokeExact(fd, timeoutNanos == Long.MAX_VALUE ? 0 : timeoutNanos);
        } catch (Throwable e) {
            throw Rethrow.asIOException(e);
        }
    }
}
