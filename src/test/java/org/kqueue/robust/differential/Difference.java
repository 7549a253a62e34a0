package org.kqueue.robust.differential;

import java.util.List;
import java.util.stream.Collectors;

/**
 * The first step at which the two sides differed.
 *
 * @param kind of difference
 * @param program as far as it ran, with the numbers that its steps had when they ran
 * @param transcript the JDK's result of each step
 * @param expected the JDK's result of the last step
 * @param actual our result of the last step
 */
record Difference(Kind kind, Program program, List<String> transcript, String expected, String actual) {

    /** Kinds, the worst first. */
    enum Kind {
        /** The JDK has found an operation ready and we have not: a program would wait for ever. */
        LOST,
        /** A select returns again and again with nothing. */
        SPIN,
        /** We have found an operation ready and the JDK has not. */
        UNFOUNDED,
        /** The result, the exception, the set of keys or the interest differs. */
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

    /** The program without the kinds and numbers of its channels and the numbers of bytes. */
    String shape() {
        return kind + ": " + program.steps().stream().filter(step -> !step.op().name().startsWith("OPEN_P"))
                .map(step -> step.op().operands.contains("s") && !step.op().variants.isEmpty()
                        ? step.op() + " " + step.op().variants.get(step.variant()) : step.op().toString())
                .collect(Collectors.joining("; "));
    }
}
