package org.kqueue.foreign;

import java.lang.invoke.MethodHandle;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Native methods of the JDK that call a C function as we would, lent by the package that may name them to those who
 * would call it. They are linked already and add less to a call than JNA, and are there on Java 17, where {@code
 * java.lang.foreign} is not.
 *
 * <p>Their results are those of the C functions, but for errors: of a call that was interrupted a negative number is
 * returned, any other is thrown as an {@link java.io.IOException}. Thread-safe.
 */
public final class LentCalls {

    /** {@code int epoll_wait(int epfd, long events, int maxevents, int timeoutMillis)}. */
    public static final String EPOLL_WAIT = "epoll_wait";
    /** {@code int poll(long fds, int nfds, int timeoutMillis)}. */
    public static final String POLL = "poll";

    private static final Map<String, MethodHandle> LENT = new ConcurrentHashMap<>();

    private LentCalls() {
    }

    /**
     * Lends a method.
     *
     * @param function one of the names above
     * @param method of the type given there
     */
    public static void lend(String function, MethodHandle method) {
        LENT.put(function, method);
    }

    /**
     * A method that was lent. A caller keeps it in a {@code static final} field, so that the JIT compiles the call in
     * line.
     *
     * @param function one of the names above
     * @return null where none was lent, or {@link ForeignCalls#CALLS} says how calls are to be made
     */
    public static MethodHandle find(String function) {
        return ForeignCalls.isAuto() ? LENT.get(function) : null;
    }
}
