package org.kqueue.nio;

import java.io.IOException;
import java.nio.channels.spi.AbstractSelector;
import java.nio.channels.spi.SelectorProvider;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Named;
import org.kqueue.Kqueue;
import org.kqueue.KqueueConfig;
import org.kqueue.bsd.KqueueModel;
import org.kqueue.bsd.NativeBuild;
import org.kqueue.nio.jdk.JdkProvider;

/** The providers that tests run on: the JDK's own, which is the oracle, and ours on each kqueue there is here. */
public final class Providers {

    private static final boolean LINUX = System.getProperty("os.name").equals("Linux");
    private static final List<String> ABIS =
            List.of("macos", "freebsd", "freebsd11", "netbsd", "netbsd11", "openbsd", "dragonfly");

    private Providers() {
    }

    /** Ours, and on Linux the JDK's own: those of other systems do not pass, and are not what is tested. */
    public static List<Named<SelectorProvider>> all() {
        List<Named<SelectorProvider>> all = new ArrayList<>(ours());
        if (LINUX) {
            all.add(0, Named.of("jdk", JdkProvider.get()));
        }
        return all;
    }

    /** The JDK's own provider, the oracle. */
    public static SelectorProvider jdk() {
        return JdkProvider.get();
    }

    /**
     * Ours, as system properties have it. {@code -Dorg.kqueue.robust.provider=jdk} puts the JDK's in its place, which
     * tests the tests.
     */
    public static SelectorProvider kqueue() {
        return Configured.PROVIDER;
    }

    /** Ours, on each kqueue. */
    public static List<Named<SelectorProvider>> ours() {
        List<Named<SelectorProvider>> all = new ArrayList<>();
        if (LINUX) {
            for (String abi : ABIS) {
                all.add(named(new KqueueConfig("embedded", null, abi, KqueueConfig.Detail.READINESS)));
            }
        }
        if (NativeBuild.isPossible()) {
            // The kqueue in C, by the system backend, with the habits of kernels that the embedded one has not.
            all.add(inLibrary("FreeBSD 15: TCP is late, a writer is not told of an AF_UNIX peer's close", "freebsd",
                    "-DFREEBSD15", "-DLATE_TCP"));
            all.add(inLibrary("NetBSD 9: no user events, events keep EV_ADD, ticks of 10 ms", "netbsd", "-DNO_USER",
                    "-DKEEPS_FLAGS", "-DTICK_MS=10", "-DIGNORES_TIMER_NOTES"));
            all.add(inLibrary("libkqueue: answers changes late, does not see a close", "freebsd11", "-DQUIRKS"));
        }
        KqueueConfig named = KqueueConfig.fromSystemProperties();
        if (all.isEmpty() || named.library() != null) {
            all.add(named(named));
        }
        return all;
    }

    private static Named<SelectorProvider> inLibrary(String kernel, String abi, String... options) {
        String library = NativeBuild.model(abi, options).toString();
        return Named.of("system, as " + kernel,
                new On(new KqueueConfig("system", library, abi, KqueueConfig.Detail.READINESS)));
    }

    private static Named<SelectorProvider> named(KqueueConfig config) {
        return Named.of(config.backend() + " " + (config.abi() == null ? "default" : config.abi()), new On(config));
    }

    private static final class Configured {
        static final SelectorProvider PROVIDER = "jdk".equals(System.getProperty("org.kqueue.robust.provider")) ? jdk()
                : new KqueueSelectorProvider();
    }

    /** Ours, beside a kqueue in C whose calls a test looks into. The test opens its selectors itself. */
    static final class OnModel extends KqueueSelectorProvider {
        final KqueueModel model;

        private OnModel(KqueueModel model) {
            this.model = model;
        }
    }

    static Named<SelectorProvider> onModel(String name, String abi, String... options) {
        return Named.of(name, new OnModel(new KqueueModel(abi, options)));
    }

    /** Ours, on a kqueue that no system property names. */
    public static class On extends KqueueSelectorProvider {
        private final SelectorSettings settings;

        /** On the kqueue of a configuration. */
        public On(KqueueConfig config) {
            this(new SelectorSettings(config, false, false));
        }

        private On(SelectorSettings settings) {
            super(settings);
            this.settings = settings;
        }

        KqueueConfig config() {
            return settings.config();
        }

        /** A kqueue as this provider's selectors have it. */
        public final Kqueue openKqueue() throws IOException {
            return settings.openKqueue();
        }

        /** A selector that waits in this kqueue. */
        public final AbstractSelector openSelector(Kqueue kqueue) throws IOException {
            return KqueueSelector.open(this, settings, kqueue);
        }
    }
}
