package org.kqueue.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.kqueue.trace.CaseHistory.Deed;
import org.kqueue.trace.CaseHistory.Kind;

/** What each rule accepts, and what it must refuse: another outcome, and the accepted one in another situation. */
class CaseDifferenceTest {

    private static final Pattern EVENT = Pattern.compile("\\{([^}]*)}");

    /**
     * @param situation what was done before, in words: {@code kind 43 PIPE_WRITER}, {@code peer 43 r}, {@code change
     *     …}, {@code interrupted}, {@code mark …}, or an operation and {@code -> result}
     * @param refused outcomes that are wrong in this situation
     */
    record Example(CaseDifference rule, List<String> situation, String recorded, String accepted,
            List<String> refused) {

        /** The accepted outcome has to be refused here. */
        static final List<String> NOTHING_DONE = List.of();

        CaseHistory history(List<String> lines) {
            CaseHistory history = new CaseHistory();
            for (String line : lines) {
                String[] words = line.split(" ");
                switch (words[0]) {
                    case "kind" -> history.made(words[1], Kind.valueOf(words[2]));
                    case "peer" -> history.connected(words[1], words[2]);
                    case "change" -> history.calling(List.of(CaseEntry.parse(line.substring("change ".length()))));
                    case "interrupted" -> history.wasInterrupted();
                    case "mark" -> history.mark(line.substring("mark ".length()));
                    default -> {
                        String[] halves = line.split(" -> ");
                        history.done(new Deed(List.of(halves[0].split(" ")), Long.parseLong(halves[1]), 0));
                    }
                }
            }
            return history;
        }

        boolean accepts(String seen, List<String> lines) {
            if (isText(recorded)) {
                String expected = rule.here(recorded, history(lines));
                return expected.equals(seen) && !expected.equals(recorded);
            }
            CaseOutcome before = outcome(recorded);
            CaseOutcome expected = rule.here(before, outcome(seen), history(lines));
            return expected.equals(outcome(seen)) && !expected.equals(before);
        }

        private static boolean isText(String outcome) {
            return !outcome.startsWith("{") && !outcome.equals("0") && !outcome.startsWith("errno");
        }
    }

    private static CaseOutcome outcome(String text) {
        if (text.startsWith("errno")) {
            return CaseOutcome.failed(Integer.parseInt(text.substring("errno ".length())));
        }
        return CaseOutcome.of(EVENT.matcher(text).results().map(event -> CaseEntry.parse(event.group(1))).toList());
    }

    private static Example example(CaseDifference rule, String situation, String recorded, String accepted,
            String... refused) {
        return new Example(rule, situation.isEmpty() ? List.of() : List.of(situation.split("; ")), recorded, accepted,
                List.of(refused));
    }

    static Stream<Example> examples() {
        String pipe = "kind 43 PIPE_WRITER; kind r PIPE_READER; peer 43 r; ";
        String pair = "kind 3 UNIX; kind b UNIX; peer 3 b; ";
        return Stream.of(
                example(CaseDifference.FREE_SPACE, "", "{3 WRITE 0 data=8192 u=1}", "{3 WRITE 0 data=212992 u=1}",
                        "{3 WRITE 0 data=0 u=1}", "{3 WRITE EOF data=9 u=1}", "{3 WRITE 0 data=9 u=2}",
                                "{3 READ 0 data=9 u=1}", "0"),
                example(CaseDifference.ONE_TICK, "", "{2 TIMER ONESHOT|CLEAR data=1} {4 TIMER ONESHOT|CLEAR data=1}",
                        "{4 TIMER ONESHOT|CLEAR data=1} {2 TIMER ONESHOT|CLEAR data=1}",
                        "{4 TIMER ONESHOT|CLEAR data=1}",
                                "{4 TIMER ONESHOT|CLEAR data=2} {2 TIMER ONESHOT|CLEAR data=1}"),
                example(CaseDifference.FORK_AND_EXEC, "change 9 PROC ADD ff=c0000000 u=7", "0",
                        "{9 PROC ERROR data=22 u=7}",
                        "{9 PROC ERROR data=3 u=7}", "{8 PROC ERROR data=22 u=7}"),
                example(CaseDifference.FORK_AND_EXEC, "mark refused", "{9 PROC CLEAR ff=40000000}", "0",
                        "{9 PROC CLEAR ff=20000000}"),
                example(CaseDifference.READ_OF_NOTHING, "read g 9 -> 0", "{3 VNODE CLEAR ff=400}", "0",
                        "{3 VNODE CLEAR ff=80}"),
                example(CaseDifference.TRUNCATION, "truncate g 30 -> 3", "{3 VNODE CLEAR ff=8}", "{3 VNODE CLEAR ff=6}",
                        "{3 VNODE CLEAR ff=2}", "{3 VNODE CLEAR ff=4}", "0"),
                example(CaseDifference.TRUNCATION, "truncate g 30 -> 30", "{3 VNODE CLEAR ff=8}",
                        "{3 VNODE CLEAR ff=2}",
                        "{3 VNODE CLEAR ff=6}", "0"),
                example(CaseDifference.RMDIR_READS, "rmdir d -> 0", "{3 VNODE CLEAR ff=401}", "{3 VNODE CLEAR ff=1}",
                        "{3 VNODE CLEAR ff=400}", "0"),
                example(CaseDifference.DIRECTORY_SIZE, "kind 7 DIRECTORY", "{7 READ 0 data=512 u=1}",
                        "{7 READ 0 data=4096 u=1}",
                        "{7 READ 0 data=0 u=1}", "{7 READ EOF data=4096 u=1}", "0"),
                example(CaseDifference.TERMINAL_ROOM, "kind 7 TERMINAL", "{7 WRITE 0 data=512}", "{7 WRITE 0 data=0}",
                        "{7 WRITE 0 data=1}", "0"),
                example(CaseDifference.PIPE_READ_WAKES, "kind 4 PIPE_READER; read 4 2 -> 2", "{4 READ CLEAR data=3}",
                        "0",
                        "{4 READ CLEAR data=2}"),
                example(CaseDifference.PIPE_ROOM, pipe + "fill 43 -> 65536; read r 1 -> 1", "{43 WRITE 0 data=512}",
                        "0",
                        "{43 WRITE 0 data=511}"),
                example(CaseDifference.ONE_WAY_PIPE, "kind 4 PIPE_READER", "{4 WRITE 0 data=512}", "0",
                        "{4 WRITE EOF data=512}"),
                example(CaseDifference.CLEAR_WOKEN_BY_PEER_READ, pair + "read b 2 -> 2", "{3 WRITE CLEAR data=8192}",
                        "0",
                        "{3 WRITE CLEAR|EOF data=8192}"),
                example(CaseDifference.CLEAR_WOKEN_BY_PEER_READ, "kind 43 PIPE_WRITER; write 43 2 -> 2",
                        "{43 WRITE CLEAR data=8192}", "0",
                        "{43 WRITE CLEAR|EOF data=8192}"),
                example(CaseDifference.FULL_BUFFER, pair + "fill 3 -> 99999; read b 4096 -> 4096",
                        "{3 WRITE CLEAR data=8192}", "0",
                        "{3 WRITE CLEAR|EOF data=8192}"),
                example(CaseDifference.DATAGRAM_DATA, "kind 3 DATAGRAM", "{3 READ 0 data=11}", "{3 READ 0 data=4}",
                        "{3 READ 0 data=0}", "{3 READ 0 data=12}", "{3 READ EOF data=4}", "0"),
                example(CaseDifference.SHUT_RD_REACHES_PEER, pair + "shutrd b -> 0", "{3 WRITE 0 data=8192}",
                        "{3 WRITE EOF data=8192}", "{3 WRITE EOF ff=36 data=8192}", "0"),
                example(CaseDifference.SHUT_RD_REACHES_PEER, pair + "shutrd b -> 0", "0",
                        "{3 WRITE CLEAR|EOF data=8192}",
                        "{3 WRITE CLEAR data=8192}", "{3 READ CLEAR|EOF data=8192}"),
                example(CaseDifference.SHUT_RD_REACHES_PEER, pair + "shutrd b -> 0; shutwr b -> 0; close b -> 0",
                        "{3 WRITE CLEAR|EOF data=8192}", "0", "{3 WRITE CLEAR data=8192}"),
                example(CaseDifference.CLEAR_WOKEN_BY_SHUTDOWN, pair + "shutwr b -> 0", "0",
                        "{3 WRITE CLEAR data=8192}",
                        "{3 WRITE 0 data=8192}", "{3 READ CLEAR data=8192}", "{b WRITE CLEAR data=8192}".replace('b',
                                '4')),
                example(CaseDifference.QUEUED_AT_SCAN, "kind 3 UNIX; kind 4 UNIX; connectpath 4 u -> 0",
                        "{4 WRITE 0 data=8192} {3 READ 0 data=1}", "{3 READ 0 data=1} {4 WRITE 0 data=8192}",
                        "{3 READ 0 data=1}", "{3 READ 0 data=2} {4 WRITE 0 data=8192}"),
                example(CaseDifference.STALE_ONESHOT, "read 5 5 -> 5", "{5 READ ONESHOT data=5}", "0",
                        "{5 READ ONESHOT data=0}"),
                example(CaseDifference.STALE_ONESHOT, "mark stale 5; change 5 READ DELETE", "{5 READ ERROR data=2}",
                        "0",
                        "{5 READ ERROR data=9}"),
                example(CaseDifference.CLEAR_WOKEN_BY_ACCEPT, "kind 5 LISTENER; accept s 5 -> 0",
                        "{5 READ CLEAR data=1}", "0",
                        "{5 READ CLEAR data=2}"),
                example(CaseDifference.REFUSED_IS_FRESH, "kind 5 TCP; mark refused 5", "{5 WRITE EOF data=1}", "0",
                        "{5 WRITE 0 data=1}"),
                example(CaseDifference.REFUSED_IS_FRESH, "mark refused 5; read 5 1 -> -1", "read 0 errno 0",
                        "read -1 errno 57", "read -1 errno 54", "read 1 errno 0"),
                example(CaseDifference.RESET_AFTER_END, "soerror 5 -> 32", "SO_ERROR 54", "SO_ERROR 32", "SO_ERROR 0",
                        "SO_ERROR 61"),
                example(CaseDifference.CLOSE_ENDS_WAITS, "close kq -> 0", "{5 READ 0 data=3}", "errno 9", "errno 4",
                        "0"),
                example(CaseDifference.WAIT_GOES_ON, "interrupted", "errno 4", "0", "errno 9", "{1 USER CLEAR}"),
                example(CaseDifference.KQUEUE_CYCLE, "kind 2 KQUEUE; change 2 READ ADD u=1",
                        "{3 READ 0 data=5} {2 READ 0 data=1 u=1}",
                        "{2 READ ERROR data=62 u=1}", "{2 READ ERROR data=22 u=1}", "{3 READ 0 data=5}"),
                example(CaseDifference.KQUEUE_CYCLE, "kind 4 KQUEUE; mark cycle", "{4 READ 0 data=4}",
                        "{4 READ 0 data=3}",
                        "{4 READ 0 data=2}", "0"),
                example(CaseDifference.STALE_QUEUE, "kind 4 KQUEUE; read 5 5 -> 5", "{4 READ 0 data=1}", "0",
                        "{4 READ 0 data=2}"),
                example(CaseDifference.ACCEPT_OF_A_RESET, "accept s 5 -> 9", "accept failed errno 53",
                        "accept failed errno 0",
                        "accept failed errno 35"),
                example(CaseDifference.CLEAR_WOKEN_BY_ACKNOWLEDGEMENT, "kind 7 TCP; peer 7 s; read s 5 -> 5",
                        "{7 WRITE CLEAR data=9}", "0",
                        "{7 WRITE CLEAR|EOF data=9}"),
                example(CaseDifference.RESET_OF_LOCAL_CLIENT, "kind 5 UNIX; close 4 -> 0", "{5 READ EOF ff=36}",
                        "{5 READ EOF ff=0}",
                        "{5 READ 0 ff=0}", "{5 READ EOF ff=3d}", "0"),
                example(CaseDifference.QUEUED_AT_SHUTDOWN, "peer 5 b; close b -> 0", "{5 READ EOF} {5 WRITE EOF}",
                        "{5 WRITE EOF} {5 READ EOF}", "{5 WRITE EOF}", "{5 WRITE 0} {5 READ EOF}"));
    }

    @ParameterizedTest
    @MethodSource("examples")
    void acceptsWhatItIsFor(Example example) {
        assertTrue(example.accepts(example.accepted(), example.situation()));
    }

    @ParameterizedTest
    @MethodSource("examples")
    void refusesOtherOutcomes(Example example) {
        assertFalse(example.refused().isEmpty());
        for (String refused : example.refused()) {
            assertFalse(example.accepts(refused, example.situation()), refused);
        }
    }

    /** Only {@link CaseDifference#FREE_SPACE} and {@link CaseDifference#ONE_TICK} hold whatever was done. */
    @ParameterizedTest
    @MethodSource("examples")
    void refusesItWhereItsCauseIsMissing(Example example) {
        Set<CaseDifference> always = EnumSet.of(CaseDifference.FREE_SPACE, CaseDifference.ONE_TICK);
        if (always.contains(example.rule())) {
            assertTrue(example.situation().isEmpty());
            return;
        }
        assertFalse(example.accepts(example.accepted(), Example.NOTHING_DONE));
        for (int i = 0; i < example.situation().size(); i++) {
            if (!example.situation().get(i).startsWith("kind b") && !example.situation().get(i).startsWith("kind r")) {
                List<String> less = new java.util.ArrayList<>(example.situation());
                less.remove(i);
                assertFalse(example.accepts(example.accepted(), less), () -> "without " + example.situation());
            }
        }
    }

    @Test
    void everyRuleHasAnExample() {
        assertEquals(Arrays.stream(CaseDifference.values()).collect(Collectors.toSet()),
                examples().map(Example::rule).collect(Collectors.toSet()));
    }

    @Test
    void everyRuleIsInTheReadme() throws IOException {
        String readme = Files.readString(Path.of("README.md"));
        for (CaseDifference rule : CaseDifference.values()) {
            assertTrue(readme.contains("`" + rule + "`"), rule + " is not in the table of known differences");
        }
    }

    @Test
    void timersKeepToThisMachinesClock() {
        long milli = 1_000_000;
        CaseOutcome five = outcome("{1 TIMER CLEAR data=5 u=7}");
        for (int count = 1; count <= 8; count++) {
            CaseTimers timers = new CaseTimers();
            timers.applied(CaseEntry.parse("1 TIMER ADD d=10 u=7"), 0, new CaseTimers.Span(0, milli));
            CaseOutcome seen = outcome("{1 TIMER CLEAR data=" + count + " u=7}");
            boolean accepted = timers.here(five, seen, new CaseTimers.Span(55 * milli, 64 * milli)).equals(seen);
            // Between 55 - 1 - 2 and 64 + 2 milliseconds have passed.
            assertEquals(count >= 5 && count <= 6, accepted, "count " + count);
        }
    }

    @Test
    void aTimerThatIsDueMustBeReported() {
        long milli = 1_000_000;
        CaseTimers timers = new CaseTimers();
        timers.applied(CaseEntry.parse("1 TIMER ADD|ONESHOT d=10 u=7"), 0, new CaseTimers.Span(0, milli));
        CaseOutcome one = outcome("{1 TIMER ONESHOT|CLEAR data=1 u=7}");
        CaseOutcome none = outcome("0");
        assertEquals(one, timers.here(one, none, new CaseTimers.Span(20 * milli, 21 * milli)), "is certain");
        assertEquals(none, timers.here(none, outcome("{1 TIMER ONESHOT|CLEAR data=1 u=8}"), new CaseTimers.Span(0,
                20 * milli)));
        assertEquals(none, timers.here(none, one, new CaseTimers.Span(0, 5 * milli)), "too early");
        assertEquals(none, timers.here(one, none, new CaseTimers.Span(5 * milli, 6 * milli)), "not due yet");
    }
}
