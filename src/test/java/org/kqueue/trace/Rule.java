package org.kqueue.trace;

import java.util.List;
import java.util.function.BiPredicate;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * A named difference between the recording kernel and the embedded kqueue, and where it lets what is seen differ from
 * what was recorded: its conditions look at both and at what the trace's own record says about the knotes. None knows a
 * trace by number. A rule without conditions is one that the replay itself follows, or that single lines name.
 */
final class Rule {

    /** A condition on an entry as recorded and as seen. */
    @FunctionalInterface
    interface Pair {
        boolean test(Call call, Kevent recorded, Kevent seen);
    }

    final String name;
    /** Why it is so, in a sentence. */
    final String reason;
    /** Whether a line's result that is no list of events may be another one. */
    Predicate<Call> result = call -> false;
    /** What is performed then so that both systems are in the same state again; each step carries its result. */
    Function<Call, List<Step>> inStep = call -> List.of();
    /** Whether a recorded event may be missing. */
    BiPredicate<Call, Kevent> missing = (call, event) -> false;
    /** Whether an event may be seen that was not recorded. */
    BiPredicate<Call, Kevent> unexpected = missing;
    /** Whether an event may come at another place. */
    BiPredicate<Call, Kevent> moved = missing;
    /** Whether an entry of the same knote may say something else. */
    Pair instead = (call, recorded, seen) -> false;

    Rule(String name, String reason) {
        this.name = name;
        this.reason = reason;
    }

    Rule result(Predicate<Call> condition) {
        result = condition;
        return this;
    }

    Rule inStep(Function<Call, List<Step>> steps) {
        inStep = steps;
        return this;
    }

    Rule missing(BiPredicate<Call, Kevent> condition) {
        missing = condition;
        return this;
    }

    Rule unexpected(BiPredicate<Call, Kevent> condition) {
        unexpected = condition;
        return this;
    }

    Rule moved(BiPredicate<Call, Kevent> condition) {
        moved = condition;
        return this;
    }

    Rule instead(Pair condition) {
        instead = condition;
        return this;
    }

    @Override
    public String toString() {
        return name;
    }
}
