package org.kqueue.benchmarks;

import java.util.Locale;

/** How long the comparison takes. */
enum Length {
    /** Only shows that every row works. */
    SMOKE(1, 1, 2, 100, 100, 1, 100, 200),
    /** The default. */
    SHORT(10, 3, 4, 1000, 4000, 7, 700, 2000),
    /** For figures that are published. */
    FULL(20, 5, 8, 1000, 4000, 11, 1500, 2000);

    /** Pairs of JVMs that open one selector. */
    final int starts;
    /** Pairs of JVMs for each JMH benchmark, and for each row about the first seconds of a server. */
    final int forks;
    /** JMH's, in each JVM. */
    final int iterations;
    final int iterationMillis;
    /** Load that a server gets before it is measured. */
    final int warmupMillis;
    /** Stretches of load that are measured. */
    final int turns;
    final int turnMillis;
    /** Load on a server that has just started. */
    final int freshMillis;

    Length(int starts, int forks, int iterations, int iterationMillis, int warmupMillis, int turns, int turnMillis,
            int freshMillis) {
        this.starts = starts;
        this.forks = forks;
        this.iterations = iterations;
        this.iterationMillis = iterationMillis;
        this.warmupMillis = warmupMillis;
        this.turns = turns;
        this.turnMillis = turnMillis;
        this.freshMillis = freshMillis;
    }

    /** By the name of its option, such as --short. */
    static Length of(String option) {
        return valueOf(option.substring(2).toUpperCase(Locale.ROOT));
    }
}
