package org.kqueue.robust.fault;

import java.io.IOException;
import java.nio.channels.Selector;
import java.nio.channels.spi.SelectorProvider;
import org.kqueue.KeventLayout;
import org.kqueue.Kqueue;
import org.kqueue.KqueueBackend;
import org.kqueue.KqueueConfig;
import org.kqueue.nio.Providers;
import org.kqueue.robust.Faults;
import org.kqueue.robust.FaultyKqueue;

/** {@code org.kqueue.backend=faulty}: the backend that serves here otherwise, with faults. */
public final class FaultyBackend implements KqueueBackend {

    static final String NAME = "faulty";
    /** The plan of the selector that is being opened; one test runs at a time. */
    private static volatile Faults plan = Faults.NONE;

    /** For the service loader. */
    public FaultyBackend() {
    }

    /** Opens a selector whose system calls go wrong by plan. */
    static Selector openSelector(Faults faults) throws IOException {
        SelectorProvider provider = OnFaulty.PROVIDER;
        plan = faults;
        try {
            return provider.openSelector();
        } finally {
            plan = Faults.NONE;
        }
    }

    private static final class OnFaulty {
        static final SelectorProvider PROVIDER =
                new Providers.On(new KqueueConfig(NAME, null, null, KqueueConfig.Detail.READINESS));
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
