package org.kqueue.linux.epoll;

/**
 * Where the package that may name the JDK's own native methods leaves them for the kqueues that are opened from then
 * on. They are linked already, add less to a call than JNA, and leave JNA unloaded. Thread-safe.
 */
public final class LentCalls {

    private static volatile EpollCalls lent;

    private LentCalls() {
    }

    /**
     * Lends calls.
     *
     * @param calls used by every kqueue for selectors that is opened from now on; null for JNA's
     */
    public static void lend(EpollCalls calls) {
        lent = calls;
    }

    /** {@return the calls that were lent, or null} */
    public static EpollCalls get() {
        return lent;
    }
}
