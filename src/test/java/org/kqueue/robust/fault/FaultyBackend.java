package org.kqueue.robust.fault;

import java.io.IOException;
import java.nio.channels.Selector;
import org.kqueue.KeventLayout;
import org.kqueue.Kqueue;
import org.kqueue.KqueueBackend;
import org.kqueue.KqueueConfig;
import org.kqueue.robust.Providers;

/** {@code org.kqueue.backend=faulty}: the backend that serves here otherwise, with faults. */
public final class FaultyBackend implements KqueueBackend {

    static final String NAME = "faulty";
    private static final Faults NONE = new Faults() {
    };
    /** The plan of the selector that is being opened; one test runs at a time. */
    private static volatile Faults plan = NONE;

    /** For the service loader. */
    public FaultyBackend() {
    }

    /** Opens a selector whose system calls go wrong by plan. */
    static Selector openSelector(Faults faults) throws IOException {
        String before = System.getProperty(KqueueConfig.BACKEND);
        plan = faults;
        System.setProperty(KqueueConfig.BACKEND, NAME);
        try {
            return Providers.kqueue().openSelector();
        } finally {
            plan = NONE;
            if (before == null) {
                System.clearProperty(KqueueConfig.BACKEND);
            } else {
                System.setProperty(KqueueConfig.BACKEND, before);
            }
        }
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public String defaultAbi(KqueueConfig config) {
        return "freebsd";
    }

    @Override
    public String whyNot(KqueueConfig config) {
        return config.backend().equals(NAME) ? null : "for tests only";
    }

    @Override
    public Kqueue open(KqueueConfig config, KeventLayout layout) throws IOException {
        Faults faults = plan;
        faults.kqueue();
        return new FaultyKqueue(Kqueue.open(new KqueueConfig(KqueueConfig.AUTO, null, layout.name(), config.detail())),
                faults);
    }
}
