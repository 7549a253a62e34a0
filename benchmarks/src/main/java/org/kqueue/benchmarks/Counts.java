package org.kqueue.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Counts system calls with {@code strace -f -c}. */
final class Counts {

    private static final int WAKEUPS = 20_000;
    private static final int CONNECTIONS = 2_000;
    private static final long LOAD_NANOS = 2_000_000_000L;

    private final Path folder;

    Counts(Path folder) {
        this.folder = folder;
    }

    boolean isPossible() throws InterruptedException {
        try {
            return new ProcessBuilder("strace", "-f", "-c", "-o", "/dev/null", "true")
                    .redirectError(ProcessBuilder.Redirect.DISCARD).start().waitFor() == 0;
        } catch (IOException e) {
            return false;
        }
    }

    private Path output(String provider) {
        return folder.resolve("strace-" + provider + ".txt");
    }

    private Java traced(String provider, Class<?> main, String... args) throws IOException {
        List<String> command = new ArrayList<>(List.of("strace", "-f", "-c", "-q", "-U", "name,calls", "-o",
                output(provider).toString()));
        command.addAll(Java.command(provider, main, args));
        return new Java(command);
    }

    private Map<String, Long> calls(String provider) throws IOException {
        Map<String, Long> calls = new TreeMap<>();
        for (String line : Files.readAllLines(output(provider))) {
            String[] words = line.strip().split("\\s+");
            if (words.length == 2 && words[1].chars().allMatch(Character::isDigit)) {
                calls.put(words[0], Long.parseLong(words[1]));
            }
        }
        return calls;
    }

    private static long sum(Map<String, Long> calls, String... names) {
        long sum = 0;
        for (String name : names) {
            sum += calls.getOrDefault(name, 0L);
        }
        return sum;
    }

    Result perWakeup() throws IOException {
        return Result.count("system calls per wakeup with nobody selecting, and selectNow", "calls", wakeup("jdk"),
                wakeup("kqueue"), 1.0);
    }

    private double wakeup(String provider) throws IOException {
        long[] totals = new long[2];
        for (int i = 0; i < 2; i++) {
            try (Java worker = traced(provider, Worker.class, "wakeup", "1", "0")) {
                worker.readLine();
                worker.ask("repeat " + (i == 0 ? 0 : WAKEUPS));
            }
            totals[i] = sum(calls(provider), "epoll_wait", "epoll_pwait", "epoll_pwait2", "epoll_ctl", "read", "write");
        }
        return Math.round(100.0 * (totals[1] - totals[0]) / WAKEUPS) / 100.0;
    }

    Result perConnection() throws IOException, InterruptedException {
        return Result.count("epoll_ctl per churned connection", "calls", churn("jdk"), churn("kqueue"), 1.05);
    }

    private double churn(String provider) throws IOException, InterruptedException {
        long connections = 0;
        try (Java server = traced(provider, EchoServer.class, "echo")) {
            int port = Integer.parseInt(server.readLine().substring("port ".length()));
            while (connections < CONNECTIONS) {
                connections += Load.churn(port, LOAD_NANOS / 4).requests();
            }
        }
        return sum(calls(provider), "epoll_ctl") / (double) connections;
    }

    Result perRequest() throws IOException {
        return Result.count("epoll_ctl per request, dispatch server", "calls", dispatch("jdk"), dispatch("kqueue"),
                1.05);
    }

    private double dispatch(String provider) throws IOException {
        long requests;
        try (Java server = traced(provider, EchoServer.class, "dispatch")) {
            int port = Integer.parseInt(server.readLine().substring("port ".length()));
            try (Load load = new Load(port, 50, 0)) {
                requests = load.pingPong(LOAD_NANOS).requests();
            }
        }
        return sum(calls(provider), "epoll_ctl") / (double) requests;
    }
}
