package org.kqueue.benchmarks;

import java.io.Closeable;
import java.io.File;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Runs servers of the same work, each in its own process, and gives them load in turns from this one. */
final class Servers {

    static final String PER_REQUEST = "µs of server CPU per request";
    private static final double NONE = Double.NaN;

    private final Length length;
    private final Report report;

    Servers(Length length, Report report) {
        this.length = length;
        this.report = report;
    }

    static List<String> nio(Side side, EchoServer.Mode mode, String... options) {
        List<String> all = new ArrayList<>(Child.STEADY);
        all.addAll(List.of(options));
        return Child.java(provider(side), all, Child.CLASS_PATH, EchoServer.class, mode.name());
    }

    /** Netty's transport on a provider, or its native one. */
    static List<String> netty(Side side, String version, Load.Talk talk) {
        List<String> options = new ArrayList<>(Child.STEADY);
        // Lets Netty install its selected-key set.
        options.add("--add-opens=java.base/sun.nio.ch=ALL-UNNAMED");
        options.add("-Dio.netty.tryReflectionSetAccessible=true");
        String classPath = Child.CLASS_PATH + File.pathSeparator
                + Compare.HOME.resolve("target/netty-" + version + "/*");
        return Child.java(provider(side), options, classPath, NettyServer.class,
                side == Side.NETTY_EPOLL ? "epoll" : "nio", talk.name());
    }

    private static String provider(Side side) {
        return side == Side.KQUEUE ? "kqueue" : "jdk";
    }

    /** A server and its clients. */
    private static final class Loaded implements Closeable {
        private final Child server;
        private final Load load;

        Loaded(List<String> command, Load.Talk talk, int connections, int idle) throws IOException {
            server = new Child(command);
            load = new Load(server.readNumber("port"), talk, connections, idle);
        }

        /** Requests a second, and microseconds of the server's processor time for each. */
        double[] run(long millis) throws IOException {
            long before = server.cpuNanos();
            Load.Result result = load.run(millis);
            return new double[] {result.perSecond(), (server.cpuNanos() - before) / 1e3 / result.requests()};
        }

        @Override
        public void close() throws IOException {
            load.close();
            server.close();
        }
    }

    /** Compares kqueue with each other side. The targets are those against the JDK, NaN for none. */
    void compare(String work, Map<Side, List<String>> commands, Load.Talk talk, int connections, int idle,
            double rateTarget, double cpuTarget) throws IOException {
        Map<Side, Loaded> servers = new EnumMap<>(Side.class);
        try {
            for (Side side : commands.keySet()) {
                servers.put(side, new Loaded(commands.get(side), talk, connections, idle));
            }
            for (int i = 0; i < 2; i++) {
                for (Loaded server : servers.values()) {
                    server.run(length.warmupMillis / 2);
                }
            }
            for (int i = 0; i < length.turns; i++) {
                Map<Side, double[]> turn = new EnumMap<>(Side.class);
                for (Side side : servers.keySet()) {
                    turn.put(side, servers.get(side).run(length.turnMillis));
                }
                double[] our = turn.remove(Side.KQUEUE);
                turn.forEach((side, their) -> {
                    boolean jdk = side == Side.JDK;
                    report.row(work, "requests/s", side, Measure.RATE, jdk ? rateTarget : NONE).add(their[0], our[0]);
                    report.row(work, PER_REQUEST, side, Measure.COST, jdk ? cpuTarget : NONE).add(their[1], our[1]);
                });
            }
        } finally {
            for (Loaded server : servers.values()) {
                server.close();
            }
        }
    }

    /** Compares servers that have just started, with all that is loaded, linked and compiled while they serve. */
    void compareFresh(String work, Load.Talk talk, int connections, double target) throws IOException {
        for (int i = 0; i < length.forks; i++) {
            double their = fresh(Side.JDK, talk, connections);
            report.row(work, PER_REQUEST, Side.JDK, Measure.COST, target)
                    .add(their, fresh(Side.KQUEUE, talk, connections));
        }
    }

    private double fresh(Side side, Load.Talk talk, int connections) throws IOException {
        try (Loaded server = new Loaded(nio(side, EchoServer.Mode.ECHO), talk, connections, 0)) {
            return server.run(length.freshMillis)[1];
        }
    }
}
