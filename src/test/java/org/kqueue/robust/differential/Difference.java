package org.kqueue.robust.differential;

import java.util.List;
import java.util.stream.Collectors;

/**
 * Where the two sides parted.
 *
 * @param kind of difference
 * @param program as far as it ran, with the numbers that its steps had when they ran
 * @param transcript of each step what the oracle said
 * @param expected what the oracle has at last
 * @param actual what we have
 */
record Difference(Kind kind, Program program, List<String> transcript, String expected, String actual) {

    /** Kinds, the worst first. */
    enum Kind {
        /** The oracle has found an operation ready that we have not: a program waits for ever. */
        LOST,
        /** A select returns again and again with nothing. */
        SPIN,
        /** We have found an operation ready that the oracle has not. */
        UNFOUNDED,
        /** Another result, exception, set of keys or interest. */
        RESULT
    }

    Difference {
        transcript = List.copyOf(transcript);
    }

    /** A program to read, with the oracle's results, and one to run. */
    String report() {
        StringBuilder text = new StringBuilder(kind + " after these steps:\n");
        for (int i = 0; i < program.steps().size(); i++) {
            text.append(String.format("  %-34s %s%n", program.steps().get(i), transcript.get(i)));
        }
        return text.append("the JDK: ").append(expected).append("\nkqueue:  ").append(actual)
                .append("\nagain:   -Dorg.kqueue.differential.program=\"").append(program).append('"').toString();
    }

    /** The program without what does not matter: which kind of channels, how they are called, how much is written. */
    String shape() {
        return kind + ": " + program.steps().stream().filter(step -> !step.op().name().startsWith("OPEN_P"))
                .map(step -> step.op().operands.contains("s") && !step.op().variants.isEmpty()
                        ? step.op() + " " + step.op().variants.get(step.variant()) : step.op().toString())
                .collect(Collectors.joining("; "));
    }
}
