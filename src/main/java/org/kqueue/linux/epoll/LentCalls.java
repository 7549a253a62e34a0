package org.kqueue.linux.epoll;

import org.kqueue.KqueueConfig;

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
     * @param calls used by every kqueue for selectors that is opened from now on
     */
    public static void lend(EpollCalls calls) {
        lent = calls;
    }

    /**
     * The calls that were lent.
     *
     * @return null where none were, or {@code org.kqueue.calls} asks for JNA's
     */
    public static EpollCalls get() {
        return KqueueConfig.calls().equals(KqueueConfig.AUTO) ? lent : null;
    }
}
