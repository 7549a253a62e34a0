package org.kqueue.contract;

import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.kqueue.Kqueue;
import org.kqueue.KqueueConfig;

/**
 * A kqueue that the contract is run against: the embedded one in every ABI, or with {@code -Dorg.kqueue.library} and
 * {@code -Dorg.kqueue.abi} the library named there.
 */
record Subject(KqueueConfig config) {

    private static final List<String> ABIS =
            List.of("macos", "freebsd", "freebsd11", "netbsd", "netbsd11", "openbsd", "dragonfly");

    static Stream<Subject> all() {
        KqueueConfig named = KqueueConfig.fromSystemProperties();
        if (named.library() != null) {
            return Stream.of(new Subject(named));
        }
        return ABIS.stream().map(abi -> new Subject(new KqueueConfig("embedded", null, abi, KqueueConfig.Detail.FULL)));
    }

    Kqueue open() throws IOException {
        return Kqueue.open(config);
    }

    boolean isEmbedded() {
        return config.library() == null;
    }

    @Override
    public String toString() {
        return isEmbedded() ? "embedded, " + config.abi() : config.library() + ", " + config.abi();
    }
}
