package org.kqueue.nio;

import java.io.IOException;
import org.kqueue.Kqueue;
import org.kqueue.KqueueConfig;

/**
 * What the system properties say about selectors. Read once, when the provider is made, as a security manager may
 * forbid it to those who open selectors later.
 *
 * @param config how kqueues are opened
 * @param registersBeans whether each selector is registered as an MXBean
 * @param traces whether each kevent call is logged
 */
record SelectorSettings(KqueueConfig config, boolean registersBeans, boolean traces) {

    static SelectorSettings fromSystemProperties() {
        return new SelectorSettings(KqueueConfig.fromSystemProperties(), Boolean.getBoolean("org.kqueue.jmx"),
                Boolean.getBoolean("org.kqueue.trace"));
    }

    /** Opens a kqueue for a selector. */
    Kqueue openKqueue() throws IOException {
        return Kqueue.open(config.withDetail(KqueueConfig.Detail.READINESS));
    }
}
