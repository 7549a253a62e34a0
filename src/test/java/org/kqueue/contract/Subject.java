package org.kqueue.contract;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.kqueue.Kqueue;
import org.kqueue.KqueueConfig;
import org.kqueue.bsd.NativeBuild;

/**
 * A kqueue that the contract is run against: the embedded one in every ABI and, by the system backend, the kqueue in C
 * that the tests bring along, with the habits of several kernels; elsewhere the system's own. Or else the one that
 * {@code -Dorg.kqueue.backend=system} and {@code -Dorg.kqueue.library} name.
 */
record Subject(KqueueConfig config) {

    private static final List<String> ABIS =
            List.of("macos", "freebsd", "freebsd11", "netbsd", "netbsd11", "openbsd", "dragonfly");

    static Stream<Subject> all() {
        KqueueConfig named = KqueueConfig.fromSystemProperties();
        if (named.library() != null || named.backend().equals("system")) {
            return Stream.of(new Subject(named));
        }
        if (!Posix.LINUX) {
            return Stream.of(new Subject(new KqueueConfig("system", null, null, KqueueConfig.Detail.FULL)));
        }
        List<Subject> all = new ArrayList<>();
        for (String abi : ABIS) {
            all.add(new Subject(new KqueueConfig("embedded", null, abi, KqueueConfig.Detail.FULL)));
        }
        if (NativeBuild.isPossible()) {
            all.add(inLibrary("macos", "-DLATE_TCP"));
            all.add(inLibrary("dragonfly", "-DLATE_TCP"));
            all.add(inLibrary("freebsd", "-DFREEBSD15", "-DLATE_TCP"));
            // NetBSD before 10.
            all.add(inLibrary("netbsd", "-DNO_USER", "-DKEEPS_FLAGS", "-DTICK_MS=10", "-DIGNORES_TIMER_NOTES"));
        }
        return all.stream();
    }

    private static Subject inLibrary(String abi, String... options) {
        String library = NativeBuild.model(abi, options).toString();
        return new Subject(new KqueueConfig("system", library, abi, KqueueConfig.Detail.FULL));
    }

    Kqueue open() throws IOException {
        return Kqueue.open(config);
    }

    boolean isEmbedded() {
        return config.backend().equals("embedded");
    }

    @Override
    public String toString() {
        return config.backend() + (config.library() == null ? "" : " " + config.library()) + ", " + config.abi();
    }
}
