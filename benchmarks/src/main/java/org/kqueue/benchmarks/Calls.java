package org.kqueue.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Counts the calls that a server makes for a request. */
final class Calls {

    private static final int CONNECTIONS = 50;
    /** Long enough for many requests, though strace slows the server down. */
    private static final int LOAD_MILLIS = 1500;
    private static final String UNIT = "calls per request";

    private final Report report;

    Calls(Report report) {
        this.report = report;
    }

    /**
     * The kevent calls of our selector, against those of one that makes a call for each change, as the JDK's on macOS
     * and BSD does: one for each of the same changes beside the same waits.
     */
    void kevent(String work, EchoServer.Mode mode, Load.Talk talk, String... options) throws IOException {
        try (Child server = new Child(Servers.nio(Side.KQUEUE, mode, options));
                Load load = new Load(server.readNumber("port"), talk, CONNECTIONS, 0)) {
            load.run(0);
            String[] before = server.ask("calls").split(" ");
            double requests = load.run(LOAD_MILLIS).requests();
            String[] after = server.ask("calls").split(" ");
            double calls = (Long.parseLong(after[0]) - Long.parseLong(before[0])) / requests;
            double changes = (Long.parseLong(after[1]) - Long.parseLong(before[1])) / requests;
            report.row(work, UNIT, Side.ONE_CALL_EACH, Measure.COST, Double.NaN).add(calls + changes, calls);
        }
    }

    /** The epoll_ctl calls of either selector. */
    void epollCtl(String work, EchoServer.Mode mode, Load.Talk talk) throws IOException {
        report.row(work, UNIT, Side.JDK, Measure.COST, Double.NaN).add(traced(Side.JDK, mode, talk),
                traced(Side.KQUEUE, mode, talk));
    }

    /** Calls per request, without those of start and end: the difference between a long load and a very short one. */
    private double traced(Side side, EchoServer.Mode mode, Load.Talk talk) throws IOException {
        long[] few = traced(side, mode, talk, 0);
        long[] many = traced(side, mode, talk, LOAD_MILLIS);
        return (many[1] - few[1]) / (double) (many[0] - few[0]);
    }

    /** Requests and calls. */
    private static long[] traced(Side side, EchoServer.Mode mode, Load.Talk talk, long millis) throws IOException {
        Path output = Compare.HOME.resolve("target/strace.txt");
        List<String> command = new ArrayList<>(List.of("strace", "-f", "-c", "-q", "-U", "name,calls", "-e",
                "trace=epoll_ctl", "-o", output.toString()));
        command.addAll(Servers.nio(side, mode));
        long requests;
        try (Child server = new Child(command); Load load = new Load(server.readNumber("port"), talk, CONNECTIONS, 0)) {
            requests = load.run(millis).requests();
        }
        for (String line : Files.readAllLines(output)) {
            String[] words = line.strip().split("\\s+");
            if (words[0].equals("epoll_ctl")) {
                return new long[] {requests, Long.parseLong(words[1])};
            }
        }
        throw new IOException("no epoll_ctl in " + output);
    }
}
