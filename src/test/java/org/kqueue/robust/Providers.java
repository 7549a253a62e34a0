package org.kqueue.robust;

import java.nio.channels.spi.SelectorProvider;
import org.kqueue.nio.jdk.JdkProvider;

/** The two sides of a comparison. */
public final class Providers {

    private static final SelectorProvider JDK = JdkProvider.get();
    private static final SelectorProvider KQUEUE = ours();

    private Providers() {
    }

    private static SelectorProvider ours() {
        try {
            return (SelectorProvider) Class.forName("org.kqueue.nio.KqueueSelectorProvider").getConstructor().newInstance();
        } catch (ClassNotFoundException e) {
            return JDK;
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
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
