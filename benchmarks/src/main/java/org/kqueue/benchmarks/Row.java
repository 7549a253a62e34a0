package org.kqueue.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A line of the table: pairs of figures, each measured one right after the other, over all runs. */
final class Row {

    private final String work;
    private final String unit;
    private final Side other;
    private final Measure measure;
    private final double target;
    private final List<Double> theirs = new ArrayList<>();
    private final List<Double> ours = new ArrayList<>();
    /** The number of the run that a pair belongs to. */
    private final List<Integer> runs = new ArrayList<>();
    private int run;

    /** A row; target is NaN for none. */
    Row(String work, String unit, Side other, Measure measure, double target) {
        this.work = work;
        this.unit = unit;
        this.other = other;
        this.measure = measure;
        this.target = target;
    }

    /** Returns this row. Pairs that are added from now on belong to a run. */
    Row inRun(int number) {
        run = number;
        return this;
    }

    void add(double their, double our) {
        runs.add(run);
        theirs.add(their);
        ours.add(our);
    }

    String work() {
        return work;
    }

    String unit() {
        return unit;
    }

    Side other() {
        return other;
    }

    double their() {
        return median(theirs);
    }

    double our() {
        return median(ours);
    }

    static double median(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        int n = sorted.size();
        return (sorted.get((n - 1) / 2) + sorted.get(n / 2)) / 2;
    }

    private List<Double> figures(IntPredicate pairs) {
        return IntStream.range(0, ours.size()).filter(pairs)
                .mapToObj(pair -> measure.of(theirs.get(pair), ours.get(pair))).toList();
    }

    /** The median of the figures of each run. */
    private List<Double> runMedians() {
        return runs.stream().distinct().map(number -> median(figures(pair -> runs.get(pair).equals(number)))).toList();
    }

    /** Met only if every run has met it. */
    private String verdict() {
        if (Double.isNaN(target)) {
            return "";
        }
        List<Double> medians = runMedians();
        long met = medians.stream().filter(median -> measure.isMet(median, target)).count();
        return met == medians.size() ? "met" : met == 0 ? "missed" : "met in " + met + " of " + medians.size();
    }

    boolean isMissed() {
        return verdict().matches("missed|met in.*");
    }

    String markdown() {
        List<Double> all = figures(pair -> true);
        return String.format(Locale.ROOT, "| %s | %s | %s | %s | %s | %s | %s – %s | %s | %s |%n", work, unit,
                other.label, text(their()), text(our()),
                runMedians().stream().map(Row::text).collect(Collectors.joining(", ")),
                text(all.stream().min(Double::compare).orElseThrow()),
                text(all.stream().max(Double::compare).orElseThrow()),
                Double.isNaN(target) ? "" : measure.sign + text(target), verdict());
    }

    String json() {
        return String.format(Locale.ROOT, "{\"work\": \"%s\", \"unit\": \"%s\", \"other\": \"%s\", \"theirs\": %s, "
                + "\"ours\": %s, \"figure\": \"%s\", \"runs\": %s, \"target\": %s, \"verdict\": \"%s\"}", work, unit,
                other.label, json(theirs), json(ours), measure.name().toLowerCase(Locale.ROOT), json(runMedians()),
                Double.isNaN(target) ? "null" : target, verdict());
    }

    private static String json(List<Double> values) {
        return values.stream().map(value -> String.format(Locale.ROOT, "%.3f", value)).toList().toString();
    }

    private static String text(double value) {
        double size = Math.abs(value);
        String format = size >= 1000 ? "%,.0f" : size >= 20 ? "%.0f" : size >= 10 ? "%.1f" : "%.2f";
        return String.format(Locale.ROOT, format, value);
    }
}
