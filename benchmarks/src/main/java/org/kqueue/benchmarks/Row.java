package org.kqueue.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/** A line of the table over all runs of the comparison, of which there is at least one. */
final class Row {

    private final List<Result> runs = new ArrayList<>();

    void add(Result run) {
        runs.add(run);
    }

    Result first() {
        return runs.get(0);
    }

    double theirs() {
        return median(Result::theirs);
    }

    double ours() {
        return median(Result::ours);
    }

    private double median(ToDoubleFunction<Result> figure) {
        return Ratios.median(runs.stream().map(figure::applyAsDouble).toList());
    }

    /** The ratio of each run; nothing where the row is no ratio and has had one run. */
    String figures() {
        boolean ratio = first().ratio();
        return !ratio && runs.size() == 1 ? ""
                : runs.stream().map(run -> Result.number(run.figure())).collect(Collectors.joining(", "));
    }

    /** Met only where every run has met it. */
    String verdict() {
        // A target may be that of another row of the same work in some runs.
        List<Result> judged = runs.stream().filter(run -> !run.verdict().isEmpty()).toList();
        long met = judged.stream().filter(Result::isMet).count();
        return judged.isEmpty() ? "" : met == judged.size() ? "met" : met == 0 ? "missed" : "met in " + met + " of "
                + judged.size();
    }

    String targetText() {
        return runs.stream().map(Result::targetText).filter(text -> !text.isEmpty()).findFirst().orElse("");
    }

    double target() {
        return runs.stream().mapToDouble(Result::target).filter(target -> !Double.isNaN(target)).findFirst()
                .orElse(Double.NaN);
    }

    List<Result> runs() {
        return runs;
    }
}
