package org.kqueue.trace;

import java.io.IOException;
import java.util.List;
import java.util.Set;

/** Asks the rules about single lines. */
final class Acceptance {

    private Acceptance() {
    }

    static TraceStep step(String line) throws IOException {
        return TraceReader.read("test", List.of("TRACE 0", line)).get(0).steps().get(0);
    }

    /** Whether FreeBSD's rules accept a line, after others of the same trace that were seen as recorded. */
    static boolean isAccepted(String recorded, String seen, String... before) throws IOException {
        return isAccepted(Rule.forFreebsd(), recorded, seen, before);
    }

    static boolean isAcceptedFromNetbsd(String recorded, String seen, String... before) throws IOException {
        return isAccepted(Rule.forNetbsd(), recorded, seen, before);
    }

    static boolean isAccepted(Set<Rule> rules, String recorded, String seen, String... before) throws IOException {
        return isAcceptedBefore("", rules, recorded, seen, before);
    }

    /** As above, with events that are in the queue seen behind those of the line. */
    static boolean isAcceptedBefore(String behind, Set<Rule> rules, String recorded, String seen, String... before)
            throws IOException {
        KnoteModel model = follow(before);
        TraceStep expected = step(recorded);
        TraceStep actual = step(seen);
        model.changes(expected);
        Call call = new Call(expected, actual, model, (name, filter) -> false);
        boolean kevent = expected.isKevent() && !expected.outcome().startsWith("-")
                && !actual.outcome().startsWith("-");
        List<TraceStep.Seen> rest = behind.isEmpty() ? List.of() : step("K n=64 -> 9 " + behind).events();
        return Replay.agrees(expected, actual) || (kevent ? new EventMatch(call, rest, rules).isAccepted()
                : rules.stream().anyMatch(rule -> rule.results(call)));
    }

    /** The record of lines that were seen as recorded, in a trace with two socket pairs. */
    static KnoteModel follow(String... lines) throws IOException {
        KnoteModel model = new KnoteModel();
        model.files().open("a0", "b0");
        model.files().open("a1", "b1");
        for (String line : lines) {
            TraceStep step = step(line);
            model.changes(step);
            model.follow(step);
            if (step.isKevent()) {
                model.fired(step.operand(0), step.events());
            }
        }
        return model;
    }
}
