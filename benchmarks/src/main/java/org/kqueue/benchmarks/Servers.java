package org.kqueue.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Runs two echo servers, each in its own process, and gives them load in turns from this one. */
final class Servers {

    private final Path folder;
    private final int warmupMillis;
    private final int turns;
    private final int turnMillis;

    Servers(Path folder, int warmupMillis, int turns, int turnMillis) {
        this.folder = folder;
        this.warmupMillis = warmupMillis;
        this.turns = turns;
        this.turnMillis = turnMillis;
    }

    /** Requests or connections a second, and microseconds of server CPU for each. */
    record Pair(Ratios rate, Ratios cpu) {
    }

    /** A stretch of load. */
    private interface Turn {
        Load.Result run(long nanos) throws IOException, InterruptedException;
    }

    private static int port(Java server) throws IOException {
        String line = server.readLine();
        if (!line.startsWith("port ")) {
            throw new IOException("no port, but: " + line);
        }
        return Integer.parseInt(line.substring("port ".length()));
    }

    Pair compare(String mode, int connections, int idle) throws IOException, InterruptedException {
        try (Java theirs = Java.start("jdk", EchoServer.class, mode);
                Java ours = Java.start("kqueue", EchoServer.class, mode)) {
            return pingPong(theirs, ours, connections, idle);
        }
    }

    /** Null where there is no C compiler. */
    Pair compareWithC(int connections) throws IOException, InterruptedException {
        Path binary = compile();
        if (binary == null) {
            return null;
        }
        try (Java theirs = new Java(List.of(binary.toString()));
                Java ours = Java.start("kqueue", EchoServer.class, "echo")) {
            return pingPong(theirs, ours, connections, 0);
        }
    }

    private Path compile() throws IOException, InterruptedException {
        Path source = folder.resolveSibling("src/main/c/echo.c");
        Path binary = Files.createDirectories(folder).resolve("echo");
        try {
            Process cc = new ProcessBuilder("cc", "-O2", "-Wall", "-o", binary.toString(), source.toString())
                    .inheritIO().start();
            if (cc.waitFor() != 0) {
                throw new IOException("cc cannot compile " + source);
            }
            return binary;
        } catch (IOException e) {
            if (e.getMessage().contains("Cannot run program")) {
                return null;
            }
            throw e;
        }
    }

    private Pair pingPong(Java theirs, Java ours, int connections, int idle) throws IOException, InterruptedException {
        try (Load a = new Load(port(theirs), connections, idle); Load b = new Load(port(ours), connections, idle)) {
            return takeTurns(theirs, a::pingPong, ours, b::pingPong);
        }
    }

    Pair compareChurn() throws IOException, InterruptedException {
        try (Java theirs = Java.start("jdk", EchoServer.class, "echo");
                Java ours = Java.start("kqueue", EchoServer.class, "echo")) {
            int a = port(theirs);
            int b = port(ours);
            return takeTurns(theirs, nanos -> Load.churn(a, nanos), ours, nanos -> Load.churn(b, nanos));
        }
    }

    private Pair takeTurns(Java theirs, Turn a, Java ours, Turn b) throws IOException, InterruptedException {
        for (int i = 0; i < 2; i++) {
            a.run(warmupMillis * 500_000L);
            b.run(warmupMillis * 500_000L);
        }
        Ratios rate = new Ratios(true);
        Ratios cpu = new Ratios(false);
        for (int i = 0; i < turns; i++) {
            double[] their = measure(theirs, a);
            double[] our = measure(ours, b);
            rate.add(their[0], our[0]);
            cpu.add(their[1], our[1]);
        }
        return new Pair(rate, cpu);
    }

    private double[] measure(Java server, Turn turn) throws IOException, InterruptedException {
        long before = server.cpuNanos();
        Load.Result result = turn.run(turnMillis * 1_000_000L);
        return new double[] {result.perSecond(), (server.cpuNanos() - before) / 1e3 / result.requests()};
    }

    /** Requests a second, and the median and 99th percentile of the latency in microseconds. */
    double[] sweep(String provider, int connections) throws IOException {
        try (Java server = Java.start(provider, EchoServer.class, "echo");
                Load load = new Load(port(server), connections, 0)) {
            load.pingPong(warmupMillis * 1_000_000L);
            Load.Result result = load.pingPong(2L * turnMillis * 1_000_000L);
            return new double[] {result.perSecond(), result.latencyMicros(0.5), result.latencyMicros(0.99)};
        }
    }
}
