package org.kqueue.linux;

import java.io.IOException;
import org.kqueue.KeventLayout;
import org.kqueue.Kqueue;
import org.kqueue.KqueueBackend;
import org.kqueue.KqueueConfig;
import org.kqueue.KqueueUnavailableException;
import org.kqueue.linux.epoll.LentCalls;
import org.kqueue.linux.knotes.EmbeddedKqueues;
import org.kqueue.linux.readiness.ReadinessKqueue;

/**
 * The built-in kqueue for Linux, over epoll. It behaves as FreeBSD does, and has the ABI of FreeBSD by default.
 */
public final class EmbeddedBackend implements KqueueBackend {

    private static final boolean LINUX = System.getProperty("os.name").equals("Linux");

    /** Not made for selectors. */
    private static final class Full {
        static final EmbeddedKqueues KQUEUES = new EmbeddedKqueues();
    }

    /** Makes a backend, which opens nothing yet. */
    public EmbeddedBackend() {
    }

    @Override
    public String name() {
        return "embedded";
    }

    @Override
    public String defaultAbi(KqueueConfig config) {
        return "freebsd";
    }

    private static boolean isFull(KqueueConfig config) {
        return config.detail() == KqueueConfig.Detail.FULL;
    }

    @Override
    public String whyNot(KqueueConfig config) {
        if (!LINUX) {
            return "the embedded kqueue needs Linux's epoll; use org.kqueue.backend=system";
        }
        return isFull(config) ? Full.KQUEUES.whyNot() : null;
    }

    @Override
    public boolean needsJna(KqueueConfig config) {
        return isFull(config) || LentCalls.get() == null;
    }

    @Override
    public Kqueue open(KqueueConfig config, KeventLayout layout) throws IOException {
        try {
            return isFull(config) ? Full.KQUEUES.open(layout) : ReadinessKqueue.open(layout);
        } catch (LinkageError e) {
            throw new KqueueUnavailableException("the embedded kqueue cannot call the C library: " + e.getMessage()
                    + " (it needs Linux with epoll and eventfd)", e);
        }
    }
}
