package org.kqueue.linux;

import java.io.IOException;
import java.util.List;
import org.kqueue.KeventLayout;
import org.kqueue.Kqueue;
import org.kqueue.KqueueBackend;
import org.kqueue.KqueueConfig;
import org.kqueue.KqueueUnavailableException;

/**
 * The kqueue that is built in for Linux, over epoll. Its reference is FreeBSD, so that is the ABI it speaks by default.
 */
public final class EmbeddedBackend implements KqueueBackend {

    /** Does nothing; for the service loader. */
    public EmbeddedBackend() {
    }

    @Override
    public String name() {
        return "embedded";
    }

    @Override
    public List<KeventLayout> layouts() {
        return List.of();
    }

    @Override
    public String defaultAbi(KqueueConfig config) {
        return "freebsd";
    }

    @Override
    public String whyNot(KqueueConfig config) {
        return System.getProperty("os.name").equals("Linux") ? null
                : "the embedded kqueue needs Linux's epoll; use org.kqueue.backend=system";
    }

    @Override
    public Kqueue open(KqueueConfig config, KeventLayout layout) throws IOException {
        try {
            return config.detail() == KqueueConfig.Detail.FULL ? EmbeddedKqueue.open(layout)
                    : ReadinessKqueue.open(layout);
        } catch (LinkageError e) {
            throw new KqueueUnavailableException("the embedded kqueue cannot call the C library: " + e.getMessage()
                    + " (it needs Linux with epoll, eventfd and statx)", e);
        }
    }
}
