package org.kqueue.linux.epoll;

import org.kqueue.nio.jdk.JdkChannels;

/** The JDK's native methods as they are lent once in a JVM. */
public final class JdkCalls {

    /** Null where {@code org.kqueue.calls} asks for others. */
    public static final EpollCalls LENT = lent();

    private JdkCalls() {
    }

    private static EpollCalls lent() {
        JdkChannels.open();
        return LentCalls.get();
    }
}
