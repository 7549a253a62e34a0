package org.kqueue.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the rules accept, and what they must refuse: the examples of {@code rules.txt}. */
class RulesTest {

    private static final Path EXAMPLES = Path.of("src/test/resources/org/kqueue/trace/rules.txt");
    private static final List<Rule> ALL =
            Stream.of(Rules.FREEBSD, Rules.FREEBSD15, Rules.NETBSD).flatMap(List::stream).distinct().toList();

    /** A recorded line and results of it: {@code +}, {@code -}, {@code =}. */
    private record Line(String recorded, List<String> results) {
    }

    private record Example(String head, List<String> before, List<Line> lines) {

        String name() {
            return head.split(" ")[0];
        }

        /** The rules of the kernel that the example is about. */
        List<Rule> rules() {
            return name().startsWith("NETBSD") ? Rules.NETBSD : name().startsWith("FREEBSD15") ? Rules.FREEBSD15
                    : Rules.FREEBSD;
        }

        boolean isNothing() {
            return name().endsWith("NOTHING");
        }

        @Override
        public String toString() {
            return head + " " + before + " " + lines.get(0).recorded;
        }
    }

    static List<Example> examples() throws IOException {
        List<Example> examples = new ArrayList<>();
        for (String line : Files.readAllLines(EXAMPLES)) {
            Example last = examples.isEmpty() ? null : examples.get(examples.size() - 1);
            if (line.startsWith("  ")) {
                last.before.add(line.strip());
            } else if (line.startsWith("? ")) {
                last.lines.add(new Line(line.substring(2), new ArrayList<>()));
            } else if (line.matches("[-+=] .*")) {
                last.lines.get(last.lines.size() - 1).results.add(line);
            } else if (!line.isBlank() && !line.startsWith("#")) {
                examples.add(new Example(line, new ArrayList<>(), new ArrayList<>()));
            }
        }
        return examples;
    }

    private static Step step(String line) throws IOException {
        return TraceReader.read("test", List.of("TRACE 0", line)).get(0).steps().get(0);
    }

    private static Kevent event(String text) throws IOException {
        return step("K n=64 -> 1 " + text).result().events().get(0);
    }

    private static RecordedState state(List<String> before) throws IOException {
        RecordedState state = new RecordedState(false);
        for (String line : before) {
            String text = line.replace("~", "");
            if (text.startsWith("here ")) {
                state.firedHereOnly("k0", event(text.substring("here ".length())));
            } else if (text.startsWith("missed ")) {
                state.knote("k0", event(text.substring("missed ".length()))).isMissed = true;
            } else if (step(text).isKevent()) {
                state.changes(step(text), 0, 0);
                state.events(step(text), step(text).result(), List.of());
            } else {
                state.follow(step(text));
            }
        }
        return state;
    }

    private static Call call(List<String> before, String recorded, String result, boolean ready) throws IOException {
        Step step = step(recorded);
        Result seen = step(recorded.split(" -> ")[0] + " -> " + result.substring(2).split(" \\| ")[0]).result();
        RecordedState state = state(before);
        if (step.isKevent()) {
            state.changes(step, 0, 0);
        }
        return new Call(step, seen, state, (name, filter) -> ready, 0, 0);
    }

    private static boolean isAccepted(List<Rule> rules, List<String> before, Line line, String result, boolean ready)
            throws IOException {
        Call call = call(before, line.recorded, result, ready);
        int bar = result.indexOf(" | ");
        List<Kevent> behind = bar < 0 ? List.of() : step("K n=64 -> 9 " + result.substring(bar + 3)).result()
                .events();
        boolean failed = call.recorded().result().isFailure() || call.seen().isFailure();
        return call.recorded().isKevent() && !failed ? new EventMatch(call, behind, rules).isAccepted
                : rules.stream().anyMatch(rule -> rule.result.test(call));
    }

    @ParameterizedTest
    @MethodSource("examples")
    void acceptsAndRefuses(Example example) throws IOException {
        List<Rule> alone = ALL.stream().filter(rule -> rule.name.equals(example.name())).toList();
        assertEquals(example.isNothing() ? 0 : 1, alone.size(), "there is no rule " + example.name());
        for (Line line : example.lines) {
            for (String result : line.results) {
                String text = line.recorded + " seen as " + result;
                switch (result.charAt(0)) {
                    case '+' -> {
                        assertTrue(isAccepted(alone, example.before, line, result, false), text);
                        assertEquals(!example.head.contains("unless ready"),
                                isAccepted(alone, example.before, line, result, true), text);
                        assertNeedsItsCause(example, line, result);
                    }
                    case '-' -> assertFalse(isAccepted(example.rules(), example.before, line, result, false), text);
                    default -> {
                        Call call = call(example.before, line.recorded, line.results.get(0), false);
                        assertEquals(result.substring(2), alone.get(0).inStep.apply(call).stream()
                                .map(Step::toString).collect(Collectors.joining("; ")));
                    }
                }
            }
        }
    }

    private static void assertNeedsItsCause(Example example, Line line, String result) throws IOException {
        for (String cause : example.before) {
            List<String> less = new ArrayList<>(example.before);
            less.remove(cause);
            assertTrue(cause.startsWith("~") || !isAccepted(example.rules(), less, line, result, false),
                    () -> line.recorded + " seen as " + result + " without " + cause);
        }
        if (example.rules() != Rules.FREEBSD) {
            assertFalse(isAccepted(Rules.FREEBSD, example.before, line, result, false), "by a rule of FreeBSD 12");
        }
    }

    @Test
    void everyRuleHasAnExampleOrIsNamedInACase() throws IOException {
        Set<String> known = examples().stream().filter(example -> !example.isNothing()).map(Example::name)
                .collect(Collectors.toSet());
        known.addAll(Set.of("DUP2_OF_SAME_FILE", "NETBSD_FLAGS", "TIMER_CLOCK"));
        for (Trace trace : TraceReader.read(Path.of("src/test/resources/traces/freebsd-cases.trace"))) {
            trace.steps().stream().filter(step -> step.here() != null).forEach(step -> known.add(step.here().rule()));
        }
        assertEquals(ALL.stream().map(rule -> rule.name).collect(Collectors.toSet()), known);
    }

    @Test
    void timersKeepToThisMachinesClock() throws IOException {
        long milli = 1_000_000;
        Kevent add = step("K [1 TIMER ADD 7 data=10] n=0 -> 0").changes().get(0);
        TimerClock timer = new TimerClock(null, add, add.flags(), 0, 0, milli);
        for (int count = 0; count <= 8; count++) {
            // Between 55 - 1 - 2 and 64 + 2 milliseconds have passed.
            assertEquals(count >= 5 && count <= 6, timer.isPossible(count, 55 * milli, 64 * milli), "count " + count);
        }
        assertTrue(timer.isCertain(20 * milli));
        assertFalse(timer.isCertain(10 * milli), "perhaps not due");
        timer.delivered(5);
        assertFalse(timer.isCertain(55 * milli), "reported");
    }
}
