package org.kqueue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;

/** Chooses backend and ABI for a {@link KqueueConfig}. */
final class Backends {

    // Read once: a security manager may forbid it to the programs that open a kqueue later.
    private static final String OS_NAME = System.getProperty("os.name");
    private static final String OS_ARCH = System.getProperty("os.arch");
    private static final String DATA_MODEL = System.getProperty("sun.arch.data.model", "64");
    private static final String SYSTEM = "system";
    private static final String EMBEDDED = "embedded";

    /** Ours, made when first asked for; guarded by the class. */
    private static KqueueBackend system;
    private static KqueueBackend embedded;

    private Backends() {
    }

    static Kqueue open(KqueueConfig config) throws IOException {
        if (!DATA_MODEL.equals("64")) {
            throw new KqueueUnavailableException("kqueue-nio needs a 64-bit Java; this one is " + DATA_MODEL + "-bit ("
                    + OS_ARCH + ")");
        }
        KqueueBackend backend = backend(config);
        KeventLayout layout = KeventLayout.of(config.abi() != null ? config.abi() : backend.defaultAbi(config));
        if (backend.needsJna(config)) {
            Jna.require();
        }
        return backend.open(config, layout);
    }

    private static KqueueBackend backend(KqueueConfig config) throws IOException {
        List<String> reasons = new ArrayList<>();
        for (String name : names(config)) {
            KqueueBackend backend = find(name);
            String reason = backend.whyNot(config);
            if (reason == null) {
                return backend;
            }
            reasons.add(name + ": " + reason);
        }
        throw new KqueueUnavailableException("no kqueue on " + OS_NAME + "/" + OS_ARCH + ": "
                + String.join("; ", reasons));
    }

    /** The backends to try, in this order. */
    private static List<String> names(KqueueConfig config) {
        if (!config.backend().equals(KqueueConfig.AUTO)) {
            return List.of(config.backend());
        }
        // Linux has no kqueue of its own, so the other is not even loaded.
        return OS_NAME.equals("Linux") && config.library() == null ? List.of(EMBEDDED)
                : List.of(SYSTEM, EMBEDDED);
    }

    private static synchronized KqueueBackend find(String name) {
        if (name.equals(SYSTEM)) {
            return system = system != null ? system : make("org.kqueue.bsd.SystemBackend");
        }
        if (name.equals(EMBEDDED)) {
            return embedded = embedded != null ? embedded : make("org.kqueue.linux.EmbeddedBackend");
        }
        List<String> known = new ArrayList<>(List.of(KqueueConfig.AUTO, SYSTEM, EMBEDDED));
        // The class loader of this class, so that an application server's context loader does not matter.
        for (KqueueBackend backend : ServiceLoader.load(KqueueBackend.class, Backends.class.getClassLoader())) {
            if (backend.name().equals(name)) {
                return backend;
            }
            known.add(backend.name());
        }
        throw new IllegalArgumentException(KqueueConfig.BACKEND + "=" + name + " is unknown; allowed: "
                + String.join(", ", known));
    }

    /** By name: this package does not know those above it. */
    private static KqueueBackend make(String backend) {
        try {
            return (KqueueBackend) Class.forName(backend).getConstructor().newInstance();
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("the jar lacks " + backend, e);
        }
    }
}
