package org.kqueue.benchmarks;

import java.util.Locale;

/**
 * One line of the table.
 *
 * @param row what was measured
 * @param unit of theirs and ours
 * @param theirs what it was compared with, NaN where there is nothing to compare with
 * @param ours our figure
 * @param figure what the target is about: a ratio (higher is better), or our own figure (lower is better)
 * @param target NaN for none
 * @param ratio whether the figure is a ratio
 */
record Result(String row, String unit, double theirs, double ours, double figure, double target, boolean ratio) {

    static Result ratio(String row, String unit, Ratios ratios, double target) {
        return new Result(row, unit, ratios.theirMedian(), ratios.ourMedian(), ratios.ratio(), target, true);
    }

    static Result count(String row, String unit, double theirs, double ours, double target) {
        return new Result(row, unit, theirs, ours, ours, target, false);
    }

    boolean isMet() {
        return ratio ? round(figure) >= target : round(figure) <= target;
    }

    /** Targets have two decimals, so figures are compared to two. */
    private static double round(double value) {
        return Math.round(value * 100) / 100.0;
    }

    String verdict() {
        return Double.isNaN(target) ? "" : isMet() ? "met" : "missed";
    }

    String targetText() {
        return Double.isNaN(target) ? "" : (ratio ? "≥ " : "≤ ") + number(target);
    }

    static String number(double value) {
        if (Double.isNaN(value)) {
            return "";
        }
        double size = Math.abs(value);
        String format = size >= 1000 ? "%,.0f" : size >= 20 ? "%.0f" : size >= 10 ? "%.1f" : "%.2f";
        return String.format(Locale.ROOT, format, value);
    }
}
