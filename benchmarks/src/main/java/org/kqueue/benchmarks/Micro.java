package org.kqueue.benchmarks;

import java.io.IOException;

/** Runs {@link Work} in two processes that take turns. */
final class Micro {

    private final int warmupMillis;
    private final int turns;
    private final int turnMillis;

    Micro(int warmupMillis, int turns, int turnMillis) {
        this.warmupMillis = warmupMillis;
        this.turns = turns;
        this.turnMillis = turnMillis;
    }

    /** Nanoseconds an operation, and bytes allocated by an operation of either side. */
    record Pair(Ratios nanos, double theirBytes, double ourBytes) {
    }

    Pair compare(String their, String our, String work, int registered, int ready) throws IOException {
        String[] args = {work, Integer.toString(registered), Integer.toString(ready)};
        try (Java theirs = Java.start(their, Worker.class, args); Java ours = Java.start(our, Worker.class, args)) {
            theirs.readLine();
            ours.readLine();
            for (int i = 0; i < 4; i++) {
                measure(theirs, warmupMillis / 4);
                measure(ours, warmupMillis / 4);
            }
            Ratios nanos = new Ratios(false);
            double theirBytes = Double.MAX_VALUE;
            double ourBytes = Double.MAX_VALUE;
            for (int i = 0; i < turns; i++) {
                double[] a = measure(theirs, turnMillis);
                double[] b = measure(ours, turnMillis);
                nanos.add(a[0], b[0]);
                // The least: a turn in which the JIT compiles anew allocates a little for nothing.
                theirBytes = Math.min(theirBytes, a[1]);
                ourBytes = Math.min(ourBytes, b[1]);
            }
            return new Pair(nanos, theirBytes, ourBytes);
        }
    }

    /** Nanoseconds an operation on one provider. */
    double nanos(String provider, int registered, int ready) throws IOException {
        try (Java worker = Java.start(provider, Worker.class, "select", Integer.toString(registered),
                Integer.toString(ready))) {
            worker.readLine();
            measure(worker, warmupMillis);
            Ratios nanos = new Ratios(false);
            for (int i = 0; i < turns; i++) {
                nanos.add(0, measure(worker, turnMillis / 2)[0]);
            }
            return nanos.ourMedian();
        }
    }

    /** Nanoseconds and allocated bytes an operation. */
    private static double[] measure(Java worker, int millis) throws IOException {
        String[] words = worker.ask("run " + millis).split(" ");
        double operations = Double.parseDouble(words[0]);
        // The 100 bytes or so of reading a command are no operation's.
        return new double[] {Double.parseDouble(words[1]) / operations, Double.parseDouble(words[2]) / operations};
    }

    double heapPerKey(String provider) throws IOException {
        try (Java worker = Java.start(provider, Worker.class, "heap", "10000")) {
            return Double.parseDouble(worker.readLine());
        }
    }

    /** Milliseconds of the first open in a JVM. */
    Ratios firstOpen(int times) throws IOException {
        Ratios millis = new Ratios(false);
        for (int i = 0; i < times; i++) {
            millis.add(firstOpen("jdk"), firstOpen("kqueue"));
        }
        return millis;
    }

    private static double firstOpen(String provider) throws IOException {
        try (Java worker = Java.start(provider, Worker.class, "first-open")) {
            return Double.parseDouble(worker.readLine()) / 1e6;
        }
    }
}
