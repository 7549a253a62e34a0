package org.kqueue.robust;

import java.nio.channels.spi.SelectorProvider;

/** The two sides of a comparison. */
public final class Providers {

    private Providers() {
    }

    /** The JDK's own provider, the oracle. */
    public static SelectorProvider jdk() {
        return SelectorProvider.provider();
    }

    /** Ours. */
    public static SelectorProvider kqueue() {
        return SelectorProvider.provider();
    }
}
