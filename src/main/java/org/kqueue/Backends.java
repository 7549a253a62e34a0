package org.kqueue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.Collectors;

/** Chooses backend and ABI for a {@link KqueueConfig}. */
final class Backends {

    /** Loaded once; the class loader of this class, so that an application server's context loader does not matter. */
    private static final List<KqueueBackend> ALL = load();

    private Backends() {
    }

    private static List<KqueueBackend> load() {
        List<KqueueBackend> all = new ArrayList<>();
        for (KqueueBackend backend : ServiceLoader.load(KqueueBackend.class, Backends.class.getClassLoader())) {
            all.add(backend);
        }
        return List.copyOf(all);
    }

    static Kqueue open(KqueueConfig config) throws IOException {
        if (!"64".equals(System.getProperty("sun.arch.data.model", "64"))) {
            throw new KqueueUnavailableException("kqueue-nio needs a 64-bit Java; this one is "
                    + System.getProperty("sun.arch.data.model") + "-bit (" + System.getProperty("os.arch") + ")");
        }
        KqueueBackend backend = backend(config);
        String abi = config.abi() != null ? config.abi() : backend.defaultAbi(config);
        if (abi == null) {
            throw new IllegalArgumentException(KqueueConfig.ABI + " must be set here; allowed: " + abiNames());
        }
        KeventLayout layout = layout(abi);
        if (backend.needsJna(config)) {
            Jna.require();
        }
        return backend.open(config, layout);
    }

    private static KqueueBackend backend(KqueueConfig config) throws IOException {
        List<String> reasons = new ArrayList<>();
        for (KqueueBackend backend : ALL) {
            if (config.backend().equals(KqueueConfig.AUTO) || config.backend().equals(backend.name())) {
                String reason = backend.whyNot(config);
                if (reason == null) {
                    return backend;
                }
                reasons.add(backend.name() + ": " + reason);
            }
        }
        if (reasons.isEmpty()) {
            throw new IllegalArgumentException(KqueueConfig.BACKEND + "=" + config.backend() + " is unknown; allowed: "
                    + KqueueConfig.AUTO + ", "
                    + ALL.stream().map(KqueueBackend::name).collect(Collectors.joining(", ")));
        }
        throw new KqueueUnavailableException("no kqueue on " + System.getProperty("os.name") + "/"
                + System.getProperty("os.arch") + ": " + String.join("; ", reasons));
    }

    private static KeventLayout layout(String abi) {
        for (KqueueBackend backend : ALL) {
            for (KeventLayout layout : backend.layouts()) {
                if (layout.name().equals(abi)) {
                    return layout;
                }
            }
        }
        throw new IllegalArgumentException(KqueueConfig.ABI + "=" + abi + " is unknown; allowed: " + abiNames());
    }

    private static String abiNames() {
        return ALL.stream().flatMap(backend -> backend.layouts().stream()).map(KeventLayout::name)
                .collect(Collectors.joining(", "));
    }
}
