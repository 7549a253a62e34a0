package org.kqueue.robust.differential;

import java.io.IOException;
import java.nio.channels.spi.SelectorProvider;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.kqueue.robust.differential.Difference.Kind;
import org.kqueue.robust.differential.Outcome.End;

/**
 * Runs a program on two sides, step by step, and says where they first differ. After each step all keys of all
 * selectors are compared. After a select both sides go on selecting until they agree, or a deadline has passed, because
 * a select may return early.
 */
final class Comparison {

    private final SelectorProvider oracle;
    private final SelectorProvider subject;

    Comparison(SelectorProvider oracle, SelectorProvider subject) {
        this.oracle = oracle;
        this.subject = subject;
    }

    /** The first difference that is found with all deadlines, or null. */
    Difference difference(Program program) throws IOException, InterruptedException {
        Difference difference = difference(program, Deadlines.FAST);
        for (Deadlines slower : Deadlines.SLOWER) {
            if (difference == null) {
                return null;
            }
            difference = difference(program, slower);
        }
        return difference;
    }

    /** The first difference with these deadlines, or null. */
    Difference difference(Program program, Deadlines deadlines) throws IOException, InterruptedException {
        try (Side expected = new Side(oracle); Side actual = new Side(subject)) {
            return new Run(program, deadlines, expected, actual).difference();
        }
    }

    /** One run of a program. */
    private static final class Run {
        private final Program program;
        private final Deadlines deadlines;
        private final Side expected;
        private final Side actual;
        private final Interpreter left;
        private final Interpreter right;
        private final List<Step> steps = new ArrayList<>();
        private final List<String> transcript = new ArrayList<>();

        Run(Program program, Deadlines deadlines, Side expected, Side actual) {
            this.program = program;
            this.deadlines = deadlines;
            this.expected = expected;
            this.actual = actual;
            left = new Interpreter(expected, deadlines);
            right = new Interpreter(actual, deadlines);
        }

        Difference difference() throws InterruptedException {
            for (Step given : program.steps()) {
                Step step = left.resolve(given);
                steps.add(step);
                Outcome wanted = left.run(step);
                Outcome got = right.run(step);
                transcript.add(wanted.end() == null ? wanted.toString()
                        : wanted + ": " + expected.selected(step.selector()));
                Difference difference = difference(wanted, got);
                if (difference != null && wanted.end() != null && got.end() != null) {
                    difference = agree(wanted, got, difference);
                }
                if (difference != null) {
                    return difference;
                }
            }
            return null;
        }

        /** Selects on both sides until they agree; the last difference if they never do. */
        private Difference agree(Outcome wanted, Outcome got, Difference first) {
            Difference difference = first;
            Outcome ours = got;
            Outcome jdks = wanted;
            long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(deadlines.agreeMillis());
            while (difference != null && System.nanoTime() - end < 0) {
                jdks = left.again(jdks);
                ours = right.again(ours);
                difference = difference(jdks, ours);
            }
            return difference;
        }

        private Difference difference(Outcome wanted, Outcome got) {
            if (!wanted.said().equals(got.said())) {
                return found(Kind.RESULT, wanted, got);
            }
            Kind kind = endsDiffer(wanted.end(), got.end());
            if (kind != null) {
                return found(kind, wanted, got);
            }
            if (!Objects.equals(wanted.offered(), got.offered())) {
                return found(kind(wanted.offered(), got.offered()), wanted, got);
            }
            for (int i = 0; i < Side.SELECTORS; i++) {
                Map<Integer, KeyState> jdks = expected.keys(i);
                Map<Integer, KeyState> ours = actual.keys(i);
                if (!Objects.equals(jdks, ours)) {
                    return found(kindOfKeys(jdks, ours), "keys of s" + i + " " + jdks, "keys of s" + i + " " + ours);
                }
            }
            return null;
        }

        /**
         * Compares how a select ended. Where no key is ready the JDK's select may spin, and ours must not.
         * Where a selected key is still ready, both return at once every time.
         */
        private Kind endsDiffer(End wanted, End got) {
            int selector = steps.get(steps.size() - 1).selector();
            if (got == End.SPUN) {
                return actual.isOracle() || wanted != End.WAITED && someSelected(selector) ? null : Kind.SPIN;
            }
            if (wanted == End.SPUN) {
                return actual.isOracle() || got == End.RETURNED || oracleMaySpin(selector) ? null : Kind.LOST;
            }
            return wanted == got ? null : wanted == End.RETURNED ? Kind.LOST : Kind.UNFOUNDED;
        }

        private boolean oracleMaySpin(int selector) {
            Map<Integer, KeyState> keys = expected.keys(selector);
            return keys != null && keys.entrySet().stream().anyMatch(one -> one.getValue().valid()
                    && expected.slot(one.getKey()).makesOracleSpin(one.getValue().interest()));
        }

        private boolean someSelected(int selector) {
            Map<Integer, KeyState> keys = actual.keys(selector);
            return keys != null && keys.values().stream()
                    .anyMatch(key -> key.selected() && (key.ready() & key.interest()) != 0);
        }

        private static Kind kind(Map<Integer, Integer> jdks, Map<Integer, Integer> ours) {
            return jdks == null || ours == null ? Kind.RESULT
                    : jdks.entrySet().stream().anyMatch(one -> !ours.containsKey(one.getKey())
                            || isMissing(one.getValue(), ours.get(one.getKey()))) ? Kind.LOST : Kind.UNFOUNDED;
        }

        private static boolean isMissing(int jdks, int ours) {
            return (jdks & ~ours) != 0;
        }

        private static Kind kindOfKeys(Map<Integer, KeyState> jdks, Map<Integer, KeyState> ours) {
            if (jdks == null || ours == null || !jdks.keySet().equals(ours.keySet())) {
                return Kind.RESULT;
            }
            Kind kind = null;
            for (Map.Entry<Integer, KeyState> one : jdks.entrySet()) {
                KeyState wanted = one.getValue();
                KeyState got = ours.get(one.getKey());
                Kind kindOfKey = wanted.valid() != got.valid() || wanted.interest() != got.interest() ? Kind.RESULT
                        : wanted.equals(got) ? null
                        : wanted.selected() && !got.selected() || isMissing(wanted.ready(), got.ready()) ? Kind.LOST
                        : Kind.UNFOUNDED;
                if (kindOfKey != null && (kind == null || kindOfKey.compareTo(kind) < 0)) {
                    kind = kindOfKey;
                }
            }
            return kind;
        }

        private Difference found(Kind kind, Object wanted, Object got) {
            return new Difference(kind, new Program(steps), transcript, wanted.toString(), got.toString());
        }
    }
}
