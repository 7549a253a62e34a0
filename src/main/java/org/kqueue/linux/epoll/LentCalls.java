package org.kqueue.linux.epoll;

/**
 * The JDK's own native methods, lent to the kqueues for selectors. {@code org.kqueue.nio.jdk}, the only package that
 * may name them, sets them here. They are linked already, take less time than JNA, and leave JNA unloaded. Thread-safe.
 */
public final class LentCalls {

    private static volatile EpollCalls lent;

    private LentCalls() {
    }

    /**
     * Lends calls.
     *
     * @param calls used by every kqueue for selectors that is opened from now on; null for JNA
     */
    public static void lend(EpollCalls calls) {
        lent = calls;
    }

    /** {@return the calls that were lent, or null} */
    public static EpollCalls get() {
        return lent;
    }
}
