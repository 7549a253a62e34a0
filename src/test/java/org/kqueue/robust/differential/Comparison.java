package org.kqueue.robust.differential;

import java.io.IOException;
import java.nio.channels.spi.SelectorProvider;
import java.util.Map;
import java.util.Objects;
import org.kqueue.robust.differential.World.KeyState;

/** Runs a program in two worlds side by side and says where they first differ. */
final class Comparison {

    private final SelectorProvider oracle;
    private final SelectorProvider subject;

    Comparison(SelectorProvider oracle, SelectorProvider subject) {
        this.oracle = oracle;
        this.subject = subject;
    }

    /** The first difference that stays at every pace, or null. */
    String difference(Program program) throws IOException, InterruptedException {
        String difference = difference(program, Pace.FAST);
        for (Pace pace : Pace.SLOWER) {
            if (difference == null) {
                return null;
            }
            difference = difference(program, pace);
        }
        return difference;
    }

    String difference(Program program, Pace pace) throws IOException, InterruptedException {
        try (World expected = new World(oracle); World actual = new World(subject)) {
            Interpreter left = new Interpreter(expected, isJdks(oracle), pace);
            Interpreter right = new Interpreter(actual, isJdks(subject), pace);
            for (int i = 0; i < program.steps().size(); i++) {
                Step step = program.steps().get(i);
                String wanted = left.run(step);
                String got = right.run(step);
                if (pace.settleMillis() > 0) {
                    Thread.sleep(pace.settleMillis());
                }
                String difference = wanted.equals(got) ? keys(expected, actual)
                        : "the JDK's: " + wanted + "; ours: " + got;
                if (difference != null) {
                    return "step " + i + " (" + step + "): " + difference;
                }
            }
            return null;
        }
    }

    /** So that the JDK's can be compared with itself, which tests the harness. */
    private static boolean isJdks(SelectorProvider provider) {
        return provider.getClass().getName().startsWith("sun.");
    }

    private static String keys(World expected, World actual) {
        for (int s = 0; s < World.SELECTORS; s++) {
            Map<Integer, KeyState> wanted = expected.keys(s);
            Map<Integer, KeyState> got = actual.keys(s);
            boolean same = wanted == null || got == null ? wanted == got : wanted.keySet().equals(got.keySet())
                    && wanted.keySet().stream().allMatch(i -> wanted.get(i).sameAs(got.get(i)));
            if (!same) {
                return "keys of selector " + s + ", the JDK's: " + Objects.toString(wanted, "closed")
                        + "; ours: " + Objects.toString(got, "closed");
            }
        }
        return null;
    }
}
