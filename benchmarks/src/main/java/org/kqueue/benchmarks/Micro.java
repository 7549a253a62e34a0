package org.kqueue.benchmarks;

import java.util.List;
import java.util.function.ToDoubleFunction;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Runs {@link SelectorBenchmark} with JMH, each time in a new JVM, the providers in turns. */
final class Micro {

    /** JMH uses sun.misc.Unsafe, of which a new JDK warns. */
    private static final String[] QUIET = Compare.FEATURE < 24 ? new String[0]
            : new String[] {"--sun-misc-unsafe-memory-access=allow"};

    private final Length length;
    private final Report report;

    Micro(Length length, Report report) {
        this.length = length;
        this.report = report;
    }

    /** Of one JVM without warm-up: microseconds in the first iteration and, compiled, in the later ones; bytes. */
    private record Score(double first, double compiled, double bytes) {
    }

    /**
     * Adds the rows of a benchmark.
     *
     * @param first the end of the name of the row about the first iteration, null for no such row
     * @param compiled the end of the name of the row about the later ones
     * @param ready the benchmark's parameter of this name, null if it has none
     */
    void compare(String work, String first, String compiled, String benchmark, String ready, double target)
            throws RunnerException {
        for (int i = 0; i < length.forks; i++) {
            Score their = run("jdk", benchmark, ready);
            Score our = run("kqueue", benchmark, ready);
            if (first != null) {
                report.row(work + first, "µs", Side.JDK, Measure.COST, target).add(their.first, our.first);
            }
            report.row(work + compiled, "µs", Side.JDK, Measure.COST, target).add(their.compiled, our.compiled);
            report.row(work, "bytes allocated", Side.JDK, Measure.COUNT, Double.NaN).add(their.bytes, our.bytes);
        }
    }

    private Score run(String provider, String benchmark, String ready) throws RunnerException {
        ChainedOptionsBuilder options = new OptionsBuilder()
                .include(SelectorBenchmark.class.getName() + "\\." + benchmark + "$").param("provider", provider)
                .forks(1).warmupIterations(0).measurementIterations(length.iterations)
                .measurementTime(TimeValue.milliseconds(length.iterationMillis))
                .jvmArgs(Child.STEADY.toArray(String[]::new)).jvmArgsAppend(QUIET).addProfiler(GCProfiler.class)
                .verbosity(VerboseMode.SILENT).shouldFailOnError(true);
        if (ready != null) {
            options.param("ready", ready);
        }
        List<IterationResult> iterations = List.copyOf(new Runner(options.build()).runSingle().getBenchmarkResults()
                .iterator().next().getIterationResults());
        List<IterationResult> later = iterations.subList(iterations.size() / 2, iterations.size());
        return new Score(iterations.get(0).getPrimaryResult().getScore() / 1e3,
                median(later, iteration -> iteration.getPrimaryResult().getScore()) / 1e3,
                median(later, Micro::allocatedBytes));
    }

    private static double allocatedBytes(IterationResult iteration) {
        Result<?> bytes = iteration.getSecondaryResults().get("gc.alloc.rate.norm");
        return bytes.getScore();
    }

    private static double median(List<IterationResult> iterations, ToDoubleFunction<IterationResult> figure) {
        return Row.median(iterations.stream().mapToDouble(figure).boxed().toList());
    }
}
