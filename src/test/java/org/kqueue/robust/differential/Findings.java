package org.kqueue.robust.differential;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Compares programs, shrinks those that fail, and keeps one of each shape. Thread-safe. */
final class Findings {

    private static final long SHRINK_SECONDS = 60;

    private final Comparison comparison;
    private final long start = System.nanoTime();
    // guarded by this
    private final Map<String, Difference> byShape = new LinkedHashMap<>();
    private final List<List<?>> knownParts = new ArrayList<>();
    private int programs;
    private int failed;
    /** Programs that differed with the shortest deadlines only. A busy machine causes some. */
    private int notRepeated;
    private double firstSeconds;

    Findings(Comparison comparison) {
        this.comparison = comparison;
    }

    /**
     * Runs one program. Returns true if there is no difference, or none when it is run again.
     *
     * @param parts of the program. If it contains all parts of a program that has failed, it is not shrunk
     */
    boolean tryOut(Program program, List<?> parts) throws IOException, InterruptedException {
        Difference difference = comparison.difference(program, Deadlines.FAST);
        synchronized (this) {
            programs++;
            if (difference == null) {
                return true;
            }
            if (knownParts.stream().anyMatch(known -> isPartOf(known, parts))) {
                failed++;
                return false;
            }
        }
        difference = comparison.difference(difference.program());
        if (difference == null) {
            synchronized (this) {
                notRepeated++;
            }
            return true;
        }
        double foundSeconds = seconds();
        Difference smallest = shrink(difference);
        synchronized (this) {
            failed++;
            firstSeconds = byShape.isEmpty() ? foundSeconds : firstSeconds;
            byShape.putIfAbsent(smallest.shape(), smallest);
            knownParts.add(parts);
            knownParts.add(smallest.program().steps());
        }
        return false;
    }

    /** Whether all elements of the first list are in the second, in the same order. */
    private static boolean isPartOf(List<?> small, List<?> large) {
        int i = 0;
        for (Object one : large) {
            if (i < small.size() && small.get(i).equals(one)) {
                i++;
            }
        }
        return i == small.size();
    }

    private Difference shrink(Difference difference) throws IOException, InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SHRINK_SECONDS);
        Program small = difference.program().shrink(program -> differs(program, difference.kind(), Deadlines.FAST)
                && differs(program, difference.kind(), Deadlines.SLOWER.get(0)), () -> System.nanoTime() - end >= 0);
        Difference confirmed = comparison.difference(small);
        return confirmed != null ? confirmed : difference;
    }

    private boolean differs(Program program, Difference.Kind kind, Deadlines deadlines) {
        try {
            Difference difference = comparison.difference(program, deadlines);
            return difference != null && difference.kind() == kind;
        } catch (IOException | InterruptedException e) {
            throw new AssertionError("the harness failed on " + program, e);
        }
    }

    double seconds() {
        return (System.nanoTime() - start) / 1e9;
    }

    /** What was run. */
    synchronized String summary() {
        return String.format("%,d programs in %.0f s, %d failed%s, %d differed once and not again", programs, seconds(),
                failed, failed == 0 ? "" : String.format(" (the first after %.1f s), %d smallest shapes", firstSeconds,
                byShape.size()), notRepeated);
    }

    /** Throws an AssertionError with the smallest failing programs, if there are any. */
    synchronized void check(String how) {
        if (failed > 0) {
            StringBuilder text = new StringBuilder(how).append(": ").append(summary());
            byShape.values().forEach(one -> text.append("\n\n").append(one.report()));
            throw new AssertionError(text.toString());
        }
    }
}
