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

    private static Run run(KqueueConfig config, String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int status = TraceRecorder.run(arguments, config, SETTLE_MILLIS,
                new PrintStream(out, true, StandardCharsets.UTF_8), new PrintStream(err, true, StandardCharsets.UTF_8));
        return new Run(status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    /** The first programs of a recording, without what was seen. */
    private Path programs(String family) throws IOException {
        List<Trace> traces = TraceReader.read(TRACES.resolve(family + ".trace"));
        StringBuilder text = new StringBuilder();
        for (Trace trace : traces.subList(0, Math.min(PROGRAMS, traces.size()))) {
            text.append(trace).append('\n');
            trace.steps().forEach(step -> text.append(TraceWriter.write(step.saw(null, List.of()))).append('\n'));
        }
        return Files.writeString(folder.resolve("programs.trace"), text);
    }

    private void assertReplaysOnItself(KqueueConfig config, String family, String rules) throws IOException {
        Assumptions.assumeTrue(HostConstants.CURRENT.linux(), "both kqueues are Linux's");
        Path programs = programs(family);
        Run recorded = run(config, programs.toString());
        assertEquals(0, recorded.status(), recorded.err());
        Path recording = Files.writeString(folder.resolve("recorded.trace"), recorded.out());
        long calls = Files.readAllLines(programs).stream().filter(line -> line.matches("K[ @].*")).count();
        Run replayed = run(config, "--replay", "--rules", rules, recording.toString());
        assertEquals(0, replayed.status(), replayed.out() + replayed.err());
        assertTrue(replayed.out().contains(" " + calls + " kevent calls, 0 with a difference"), replayed.out());
    }

    @ParameterizedTest
    @ValueSource(strings = {"freebsd-socketpairs", "freebsd-dispatch", "freebsd-pipes", "freebsd-unixfull",
        "freebsd-errors", "freebsd-receipt", "freebsd-multi", "freebsd-nested", "freebsd-odd", "freebsd-udp",
                "bsd-tcp"})
    void aRecordingOfTheEmbeddedKqueueReplaysOnItWithoutAnyRule(String family) throws IOException {
        assertReplaysOnItself(EMBEDDED, family, "none");
    }

    /** When a full connection has room again is TCP's to say, and not the same twice on a busy machine: TCP_FULL. */
    @Test
    void aRecordingOfFullConnectionsReplaysButForTheMomentOfTheirRoom() throws IOException {
        assertReplaysOnItself(EMBEDDED, "bsd-tcpfull", "freebsd");
    }

    @ParameterizedTest
    @CsvSource({"freebsd, freebsd-socketpairs", "freebsd11, freebsd-dispatch", "macos, freebsd-errors",
        "netbsd, freebsd-odd", "openbsd, freebsd-receipt", "dragonfly, freebsd-pipes", "netbsd11, freebsd-unixfull"})
    void aRecordingOfASystemsKqueueReplaysOnItWithoutAnyRule(String abi, String family) throws IOException {
        Path library = NativeBuild.model(abi);
        assertReplaysOnItself(new KqueueConfig("system", library.toString(), abi, KqueueConfig.Detail.FULL), family,
                "none");
    }

    @Test
    void aRecordingOfFreebsdReplaysByItsRulesAndNotWithout() {
        Assumptions.assumeTrue(HostConstants.CURRENT.linux(), "the embedded kqueue is Linux's");
        String file = TRACES.resolve("freebsd-pipes.trace").toString();
        Run byRules = run(EMBEDDED, "--replay", file);
        assertEquals(0, byRules.status(), byRules.out());
        Run without = run(EMBEDDED, "--replay", "--rules", "none", file);
        assertEquals(1, without.status(), without.out());
        assertTrue(without.out().contains("  recorded K "), without.out());
        assertTrue(without.out().contains("  seen     K "), without.out());
    }

    @Test
    void theRecordingNamesItsSystemAndKeepsThePrograms() throws IOException {
        Assumptions.assumeTrue(HostConstants.CURRENT.linux(), "the embedded kqueue is Linux's");
        String program = """
                # anything
                TRACE 7 bare
                PIPE 0
                W p0w 3
                K [p0r READ ADD 5] [p0w READ DELETE 6] n=2

                K n=2
                """;
        Run recorded = run(EMBEDDED, Files.writeString(folder.resolve("p.trace"), program).toString());
        List<String> lines = recorded.out().lines().toList();
        assertTrue(lines.get(0).startsWith("# recorded on Linux "), lines.get(0));
        assertTrue(lines.get(0).endsWith(", kqueue: embedded (epoll), freebsd ABI"), lines.get(0));
        assertEquals(List.of("TRACE 7 bare", "PIPE 0", "W p0w 3 -> 3",
                "K [p0r READ ADD 5] [p0w READ DELETE 6] n=2 -> 1 {p0w READ ERROR data=2 udata=6}",
                "K n=2 -> 1 {p0r READ data=3 udata=5}"), lines.subList(1, lines.size()));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '!', value = {
        "JUMP a0 ! p.trace:2: unknown operation JUMP, known are K ACCEPT CLOSE CONNECT DRAIN",
        "W a0 ! p.trace:2: W takes 2 operands: [a descriptor: a0 b0 (socket pair)",
        "W z0 5 ! p.trace:2: z0 is not a descriptor: a0 b0",
        "W a0 many ! p.trace:2: many is not a number",
        "W a0 99999 ! p.trace:2: 99999 is more than 65536",
        "W a0 5 -> some ! p.trace:2: some is no result of W",
        "CLOSE a0 -> 0 ! p.trace:2: 0 is no result of CLOSE",
        "CONNECT c0 a0 ! p.trace:2: a0 is not a listener l0, or refused",
        "UCONN u0 c0 ! p.trace:2: c0 is not a UDP socket u0, or refused",
        "OPEN 44 ! p.trace:2: 44 is not a digit",
        "K [a0 READ ADD 1] ! p.trace:2: a kevent call is K[@i] [change]... n=<room>",
        "K [a0 READ ADD] n=1 ! p.trace:2: a change is [name filter flags udata]",
        "K [z0 READ ADD 1] n=1 ! p.trace:2: z0 is not a descriptor",
        "K [a0 TIMER ADD 1] n=1 ! p.trace:2: unknown filter TIMER, known are READ WRITE",
        "K [a0 READ AD 1] n=1 ! p.trace:2: unknown flag AD, known are 0 ADD DELETE ENABLE",
        "K n=1 -> 1 {a0} ! p.trace:2: an event is {name filter flags...",
        "TRACE 1 naked ! p.trace:2: a trace is TRACE <number> [bare]",
    })
    void aMalformedLineIsNamedWithWhatIsAllowed(String line, String message) throws IOException {
        Path file = Files.writeString(folder.resolve("p.trace"), "TRACE 0\n" + line + "\n");
        Run run = run(EMBEDDED, file.toString());
        assertEquals(2, run.status());
        assertTrue(run.err().startsWith(message), run.err());
        assertTrue(run.err().strip().endsWith(": " + line), run.err());
    }

    @Test
    void aFileThatIsNoTraceOrNotThereIsNamed() throws IOException {
        Path missing = folder.resolve("missing.trace");
        assertEquals(missing + ": no such file", run(EMBEDDED, missing.toString()).err().strip());
        Path binary = Files.write(folder.resolve("binary"), new byte[] {(byte) 0xC3, (byte) 0x28});
        assertEquals(binary + ": not a text file", run(EMBEDDED, binary.toString()).err().strip());
        Path early = Files.writeString(folder.resolve("early"), "W a0 5\n");
        assertEquals("early:1: an operation before the first TRACE: W a0 5",
                run(EMBEDDED, early.toString()).err().strip());
        Path program = Files.writeString(folder.resolve("program"), "TRACE 0\nK n=1\n");
        assertEquals("program:2: no result to compare with, record it first: K n=1",
                run(EMBEDDED, "--replay", program.toString()).err().strip());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "--replay", "--record x", "a b", "--replay --rules macos x", "--rules none x"})
    void anythingElseShowsTheUsage(String arguments) {
        Run run = run(EMBEDDED, arguments.isEmpty() ? new String[0] : arguments.split(" "));
        assertEquals(2, run.status());
        assertTrue(run.err().startsWith("usage: TraceRecorder"), run.err());
        assertEquals("", run.out());
    }

    @Test
    void aKqueueThatIsNotThereIsSaid() throws IOException {
        Path program = Files.writeString(folder.resolve("program"), "TRACE 0\nK n=1\n");
        Run run = run(new KqueueConfig("system", "/nowhere/libkqueue.so", "freebsd11", KqueueConfig.Detail.FULL),
                program.toString());
        assertEquals(2, run.status());
        assertTrue(run.err().contains("/nowhere/libkqueue.so"), run.err());
    }
}
