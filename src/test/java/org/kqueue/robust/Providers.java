package org.kqueue.robust;

import java.nio.channels.spi.SelectorProvider;
import org.kqueue.nio.KqueueSelectorProvider;
import org.kqueue.nio.jdk.JdkProvider;

/**
 * The two sides of a comparison. {@code -Dorg.kqueue.robust.provider=jdk} puts the JDK on both, which tests the tests.
 */
public final class Providers {

    private static final SelectorProvider JDK = JdkProvider.get();
    private static final SelectorProvider KQUEUE =
            "jdk".equals(System.getProperty("org.kqueue.robust.provider")) ? JDK : new KqueueSelectorProvider();

    private Providers() {
    }

    /** The JDK's own provider, the oracle. */
    public static SelectorProvider jdk() {
        return JDK;
    }

    /** Ours. */
    public static SelectorProvider kqueue() {
        return KQUEUE;
    }
}
