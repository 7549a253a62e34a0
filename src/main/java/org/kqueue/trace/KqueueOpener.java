package org.kqueue.trace;

import java.io.IOException;
import org.kqueue.Kqueue;
import org.kqueue.KqueueConfig;

/** Where a trace's kqueues come from. */
@FunctionalInterface
interface KqueueOpener {

    /** Opens a kqueue. */
    Kqueue open() throws IOException;

    /** Opens those of a configuration. */
    static KqueueOpener of(KqueueConfig config) {
        return () -> Kqueue.open(config);
    }
}
