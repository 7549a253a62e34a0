package org.kqueue.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.kqueue.KqueueConfig;

/**
 * Replays recordings of BSD kernels on the embedded kqueue. {@code -Dorg.kqueue.traces=<file or folder>} replays
 * others.
 */
class TraceReplayTest {

    private static final KqueueOpener EMBEDDED =
            KqueueOpener.of(new KqueueConfig("embedded", null, null, KqueueConfig.Detail.FULL));
    private static final Path TRACES = Path.of("src/test/resources/traces");
    private static final String OTHERS = System.getProperty("org.kqueue.traces", "");
    private static final long SETTLE_MILLIS = 2;

    private static void assertReplays(Path file) throws IOException {
        assumeLinux();
        Replay replay = new Replay(EMBEDDED, SETTLE_MILLIS, Rule.forFile(file.getFileName().toString()));
        List<Trace> traces = TraceReader.read(file);
        assertTrue(traces.size() > 0, file + " has no trace");
        for (Trace trace : traces) {
            replay.replay(trace);
        }
        System.out.println(file.getFileName() + ": " + replay.summary());
        assertEquals(List.of(), replay.differences(), replay.summary());
        long recorded = traces.stream().flatMap(trace -> trace.steps().stream()).filter(TraceStep::isKevent).count();
        assertEquals(recorded, replay.calls(), "kevent calls compared");
    }

    private static void assumeLinux() {
        Assumptions.assumeTrue(HostConstants.CURRENT.linux(), "the embedded kqueue is Linux's");
    }

    @ParameterizedTest
    @ValueSource(strings = {"socketpairs", "dispatch", "pipes", "unixfull", "errors", "receipt", "multi", "nested",
            "odd", "udp"})
    void doesWhatFreebsdDid(String family) throws IOException {
        assertReplays(TRACES.resolve("freebsd-" + family + ".trace"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"socketpairs", "dispatch", "pipes", "unixfull", "errors", "receipt", "multi", "nested",
            "odd", "udp", "tcp",
        "tcpfull"})
    void doesWhatNetbsdDidButForNamedDifferences(String family) throws IOException {
        assertReplays(TRACES.resolve("bsd-" + family + ".trace"));
    }

    static List<Path> others() throws IOException {
        if (OTHERS.isEmpty()) {
            return List.of(TRACES.resolve("freebsd-dispatch.trace"));
        }
        try (Stream<Path> files = Files.walk(Path.of(OTHERS))) {
            return files.filter(file -> file.toString().endsWith(".trace")).sorted().toList();
        }
    }

    @ParameterizedTest
    @MethodSource("others")
    void replaysWhatThePropertyNames(Path file) throws IOException {
        assertReplays(file);
    }

    @Test
    void everyLineOfEveryRecordingIsReadAndWrittenAsItWas() throws IOException {
        try (Stream<Path> files = Files.list(TRACES)) {
            for (Path file : files.filter(name -> name.toString().endsWith(".trace")).sorted().toList()) {
                List<String> written = new ArrayList<>();
                for (Trace trace : TraceReader.read(file)) {
                    written.add(trace.toString());
                    trace.steps().forEach(step -> written.add(TraceWriter.write(step)));
                }
                List<String> lines = Files.readAllLines(file).stream()
                        .filter(line -> !line.isBlank() && !line.startsWith("#")).map(String::strip).toList();
                assertEquals(lines, written, file.toString());
            }
        }
    }
}
