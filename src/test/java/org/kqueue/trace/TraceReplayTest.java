package org.kqueue.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.kqueue.KqueueConfig;

/** Replays recordings of BSD kernels on the embedded kqueue; {@link TraceRecorder} replays others. */
class TraceReplayTest {

    private static final KqueueConfig EMBEDDED = new KqueueConfig("embedded", null, null, KqueueConfig.Detail.FULL);
    private static final Path TRACES = Path.of("src/test/resources/traces");
    private static final String FAMILIES = "socketpairs dispatch pipes unixfull errors receipt multi nested odd udp";
    private static final long SETTLE_MILLIS = 2;

    private static Replay replay(String kernel, List<Path> files) throws IOException {
        Assumptions.assumeTrue(TraceDescriptors.LINUX, "the embedded kqueue is Linux's");
        Replay replay = new Replay(EMBEDDED, SETTLE_MILLIS, Rules.forFile(kernel));
        long recorded = 0;
        for (Path file : files) {
            List<Trace> traces = TraceReader.read(file);
            assertTrue(traces.size() > 0, file + " has no trace");
            for (Trace trace : traces) {
                replay.replay(trace);
                recorded += trace.steps().stream().filter(Step::isKevent).count();
            }
        }
        System.out.println(kernel + " " + replay.summary());
        assertEquals(List.of(), replay.differences, replay.summary());
        assertEquals(recorded, replay.calls, "kevent calls compared");
        return replay;
    }

    private static Path file(String name) {
        return TRACES.resolve(name + ".trace");
    }

    /** Replays recordings of a kernel. */
    private static Replay replay(String kernel, String families) throws IOException {
        return replay(kernel, Stream.of(families.split(" ")).map(family -> file(kernel + family)).toList());
    }

    @Test
    void doesWhatFreebsdDid() throws IOException {
        assertEquals(15_111, replay("freebsd-", FAMILIES).calls);
    }

    @Test
    void doesWhatNetbsdDidButForNamedDifferences() throws IOException {
        assertEquals(17_307, replay("bsd-", FAMILIES + " tcp tcpfull").calls);
    }

    /**
     * FreeBSD 15 performed the programs of FreeBSD 12: what the recordings differ in is its rule, and no other rule is
     * used more often.
     */
    @Test
    void doesWhatFreebsd15DidButForItsNamedDifference() throws IOException {
        Replay on15 = replay("freebsd15-", FAMILIES);
        assertEquals(15_111, on15.calls);
        Map<String, Integer> used = new TreeMap<>(on15.used);
        assertEquals(32, used.remove("FREEBSD15_CLOSE_WAKES_NO_WRITER"));
        Map<String, Integer> usedOn12 = new TreeMap<>(replay("freebsd-", FAMILIES).used);
        // These recordings say how many bytes of datagrams there were; the older ones, only that there were some.
        assertTrue(used.remove("DATAGRAM_DATA") > usedOn12.remove("DATAGRAM_DATA"));
        // FreeBSD 15 has queued fewer knotes at a close that could be at another place here.
        assertTrue(used.remove("QUEUED_AT_SHUTDOWN") < usedOn12.remove("QUEUED_AT_SHUTDOWN"));
        assertEquals(usedOn12, used);
    }

    /** Lines of the single cases: each is compared, or not performed for a reason. */
    @Test
    @Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void doesWhatFreebsdDidInSingleCases() throws IOException {
        Replay replay = replay("freebsd-", "cases");
        assertEquals(882, replay.results);
        assertEquals(Map.of("NO_TIMESPEC", 1, "NO_COUNT", 2, "NO_POINTER", 2, "NO_KQUEUE_OF_A_NUMBER", 3, "NO_FORK", 1,
                "SET_UP_NOT_RECORDED", 2), replay.skipped);
        Map<String, Integer> used = new TreeMap<>(replay.used);
        used.remove("TIMER_CLOCK");
        assertEquals("{ACCEPT_OF_A_RESET=1, CLEAR_WOKEN_BY_ACCEPT=1, CLEAR_WOKEN_BY_ACKNOWLEDGEMENT=2,"
                + " CLEAR_WOKEN_BY_PEER_READ=7, CLEAR_WOKEN_BY_SHUTDOWN=2, CLOSE_ENDS_WAITS=3, DATAGRAM_DATA=3,"
                + " DIRECTORY_SIZE=3, FORK_AND_EXEC=8, KQUEUE_CYCLE=2, ONE_TICK=1, ONE_WAY_PIPE=1, PIPE_READ_WAKES=2,"
                + " PIPE_ROOM=1, QUEUED_AT_SCAN=1, QUEUED_AT_SHUTDOWN=1, READ_OF_NOTHING=1, REFUSED_IS_FRESH=10,"
                + " RESET_OF_LOCAL_CLIENT=1, RMDIR_READS=1, SHUT_RD_REACHES_PEER=3, STALE_ONESHOT=1, STALE_QUEUE=1,"
                + " TCP_RESET_BEHIND_END=1, TERMINAL_ROOM=1, TRUNCATION=2, WAIT_GOES_ON=3}", used.toString());
    }

    @Test
    void everyLineOfEveryRecordingIsReadAndWrittenAsItWas() throws IOException {
        try (Stream<Path> files = Files.list(TRACES)) {
            for (Path file : files.filter(name -> name.toString().endsWith(".trace")).sorted().toList()) {
                List<String> written = new ArrayList<>();
                for (Trace trace : TraceReader.read(file)) {
                    written.add(trace.head());
                    trace.steps().forEach(step -> written.addAll(step.toString().lines().toList()));
                }
                List<String> lines = Files.readAllLines(file).stream().map(TraceReader::code)
                        .filter(line -> !line.isEmpty()).toList();
                assertEquals(lines, written, file.toString());
            }
        }
    }
}
