package org.kqueue.benchmarks;

import java.util.function.DoubleBinaryOperator;

/** What is said about a pair of figures, theirs and ours. */
enum Measure {
    /** More is better: a ratio. */
    RATE("≥ ", (their, our) -> our / their),
    /** Less is better: a ratio that is more than 1 where ours is less. */
    COST("≥ ", (their, our) -> their / our),
    /** What ours has more. */
    EXTRA("≤ +", (their, our) -> our - their),
    /** Our figure. */
    COUNT("≤ ", (their, our) -> our);

    final String sign;
    private final DoubleBinaryOperator figure;

    Measure(String sign, DoubleBinaryOperator figure) {
        this.sign = sign;
        this.figure = figure;
    }

    double of(double their, double our) {
        return figure.applyAsDouble(their, our);
    }

    /** Whether a figure, to two decimals, reaches a target. */
    boolean isMet(double value, double target) {
        double rounded = Math.round(value * 100) / 100.0;
        return this == RATE || this == COST ? rounded >= target : rounded <= target;
    }
}
