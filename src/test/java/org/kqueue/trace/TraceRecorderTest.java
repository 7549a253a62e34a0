package org.kqueue.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.kqueue.KqueueConfig;
import org.kqueue.bsd.NativeBuild;

/** The recorder as it is used: from a file of programs to a recording, and back. */
class TraceRecorderTest {

    private static final KqueueConfig EMBEDDED = new KqueueConfig("embedded", null, null, KqueueConfig.Detail.FULL);
    private static final Path TRACES = Path.of("src/test/resources/traces");
    private static final long SETTLE_MILLIS = 2;
    private static final int PROGRAMS = 40;

    @TempDir
    Path folder;

    private record Run(int status, String out, String err) {
    }

    @BeforeEach
    void needsLinux() {
        Assumptions.assumeTrue(TraceDescriptors.LINUX, "the embedded kqueue and the one in C are Linux's");
    }

    private static Run run(KqueueConfig config, String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int status = TraceRecorder.run(arguments, config, SETTLE_MILLIS,
                new PrintStream(out, true, StandardCharsets.UTF_8), new PrintStream(err, true, StandardCharsets.UTF_8));
        return new Run(status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8).strip());
    }

    private String write(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text).toString();
    }

    /** Records the first programs of a recording, and replays that. */
    private void assertReplaysOnItself(KqueueConfig config, String family) throws IOException {
        StringBuilder programs = new StringBuilder();
        List<Trace> traces = TraceReader.read(TRACES.resolve(family + ".trace"));
        for (Trace trace : traces.subList(0, Math.min(PROGRAMS, traces.size()))) {
            programs.append(trace.head()).append('\n');
            trace.steps().forEach(step -> programs.append(step.with((Result) null)).append('\n'));
        }
        Run recorded = run(config, write("programs.trace", programs.toString()));
        assertEquals(0, recorded.status(), recorded.err());
        long calls = programs.toString().lines().filter(line -> line.matches("K[ @].*")).count();
        Run replayed = run(config, "--replay", "--rules", "none", write("recorded.trace", recorded.out()));
        assertEquals(0, replayed.status(), replayed.out() + replayed.err());
        assertTrue(replayed.out().contains(" " + calls + " kevent calls, 0 with a difference"), replayed.out());
    }

    /** But for full TCP connections: when one has room again is the stack's to say, and not the same twice. */
    @ParameterizedTest
    @ValueSource(strings = {"freebsd-socketpairs", "freebsd-dispatch", "freebsd-pipes", "freebsd-unixfull",
        "freebsd-errors", "freebsd-receipt", "freebsd-multi", "freebsd-nested", "freebsd-odd", "freebsd-udp",
        "bsd-tcp"})
    void aRecordingOfTheEmbeddedKqueueReplaysOnItWithoutAnyRule(String family) throws IOException {
        assertReplaysOnItself(EMBEDDED, family);
    }

    @ParameterizedTest
    @CsvSource({"freebsd, freebsd-socketpairs", "freebsd11, freebsd-dispatch", "macos, freebsd-errors",
        "netbsd, freebsd-odd", "openbsd, freebsd-receipt", "dragonfly, freebsd-pipes", "netbsd11, freebsd-unixfull"})
    void aRecordingOfASystemsKqueueReplaysOnItWithoutAnyRule(String abi, String family) throws IOException {
        String library = NativeBuild.model(abi).toString();
        assertReplaysOnItself(new KqueueConfig("system", library, abi, KqueueConfig.Detail.FULL), family);
    }

    @Test
    void aRecordingOfFreebsdReplaysByItsRulesAndNotWithout() {
        String file = TRACES.resolve("freebsd-pipes.trace").toString();
        Run byRules = run(EMBEDDED, "--replay", file);
        assertEquals(0, byRules.status(), byRules.out());
        Run without = run(EMBEDDED, "--replay", "--rules", "none", file);
        assertEquals(1, without.status(), without.out());
        assertTrue(without.out().contains("\n  recorded K ") && without.out().contains("\n  seen     K "));
    }

    @Test
    void theRecordingNamesItsSystemAndKeepsThePrograms() throws IOException {
        Run recorded = run(EMBEDDED, write("p.trace", """
                # anything
                TRACE 7 bare
                PIPE 0
                W p0w 3
                K [p0r READ ADD 5] [p0w READ DELETE 6] n=2

                K n=2  # behind
                """));
        List<String> lines = recorded.out().lines().toList();
        assertTrue(lines.get(0).matches("# recorded on Linux .*, kqueue: embedded \\(epoll\\), freebsd ABI"),
                lines.get(0));
        assertEquals(List.of("TRACE 7 bare", "PIPE 0", "W p0w 3 -> 3",
                "K [p0r READ ADD 5] [p0w READ DELETE 6] n=2 -> 1 {p0w READ ERROR data=2 udata=6}",
                "K n=2 -> 1 {p0r READ data=3 udata=5}"), lines.subList(1, lines.size()));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '!', value = {
        "JUMP a0 ! unknown operation, known are K START SKIP OPEN ",
        "W a0 ! the form is W <fd> <n>, with numbers of up to five digits; a descriptor is a0 b0 (pair)",
        "W z0 5 ! the form is W <fd> <n>, with",
        "W a0 999999 ! the form is W <fd> <n>, with",
        "W a0 5 -> some ! some is no result of W",
        "CONNECT c0 a0 ! the form is CONNECT <socket> <listener or refused>, with",
        "LATER 5 JUMP ! unknown operation, known are",
        "K [a0 READ ADD 1] ! a kevent call is K[@i] [change]... n=<room>",
        "K [a0 READ ADD] n=1 ! a change is [name filter flags udata fflags=<n> data=<n>], the last two may be left out",
        "K [z0 READ ADD 1] n=1 ! a change is [name filter",
        "K [a0 NOISE ADD 1] n=1 ! a change is [name filter",
        "K n=1 -> 1 {a0} ! an event is {name filter flags... [data=<n>] [fflags=<n>] udata=<n>}; a descriptor is",
        "TRACE 1 naked ! a trace is TRACE <number> [bare], or CASE <title>",
    })
    void aMalformedLineIsNamedWithWhatIsAllowed(String line, String message) throws IOException {
        Run run = run(EMBEDDED, write("p.trace", "TRACE 0\n" + line + "\n"));
        assertEquals(2, run.status());
        assertTrue(run.err().startsWith("p.trace:2: " + message), run.err());
        assertTrue(run.err().endsWith(": " + line), run.err());
    }

    @Test
    void whatCannotBeReadOrPerformedIsNamed() throws IOException {
        String missing = folder.resolve("missing.trace").toString();
        assertEquals(missing + ": no such file", run(EMBEDDED, missing).err());
        Path binary = Files.write(folder.resolve("binary"), new byte[] {(byte) 0xC3, (byte) 0x28});
        assertEquals(binary + ": not a text file", run(EMBEDDED, binary.toString()).err());
        assertEquals("early:1: an operation before the first TRACE or CASE: W a0 5",
                run(EMBEDDED, write("early", "W a0 5\n")).err());
        String program = write("program", "TRACE 0\nK n=1\n");
        assertEquals("program:2: no result to compare with, record it first: K n=1",
                run(EMBEDDED, "--replay", program).err());
        Run run = run(new KqueueConfig("system", "/nowhere/libkqueue.so", "freebsd11", KqueueConfig.Detail.FULL),
                program);
        assertEquals(2, run.status());
        assertTrue(run.err().contains("/nowhere/libkqueue.so"), run.err());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "--replay", "--record x", "a b", "--replay --rules macos x", "--rules none x"})
    void anythingElseShowsTheUsage(String arguments) {
        Run run = run(EMBEDDED, arguments.isEmpty() ? new String[0] : arguments.split(" "));
        assertEquals(2, run.status());
        assertTrue(run.err().startsWith("usage: TraceRecorder"), run.err());
        assertEquals("", run.out());
    }
}
