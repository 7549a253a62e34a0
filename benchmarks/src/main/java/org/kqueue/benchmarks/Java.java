package org.kqueue.benchmarks;

import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A process that answers line by line: a JVM of this Java on this class path, or the C server. Closing it ends it. */
final class Java implements Closeable {

    static final int FEATURE = Runtime.version().feature();

    private final Process process;
    private final BufferedReader out;
    private final PrintWriter in;
    private final List<String> command;

    Java(List<String> command) throws IOException {
        this.command = command;
        process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        out = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII));
        in = new PrintWriter(new OutputStreamWriter(process.getOutputStream(), StandardCharsets.US_ASCII), true);
    }

    /** The command that runs a class of ours on a provider. Both sides of a comparison get the same options. */
    static List<String> command(String provider, Class<?> main, String... args) {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        List<String> command = new ArrayList<>(List.of(java, Provider.option(provider), "-Xms256m", "-Xmx256m",
                "-XX:+AlwaysPreTouch", "-cp", System.getProperty("java.class.path")));
        if (FEATURE >= 22) {
            command.add(1, "--enable-native-access=ALL-UNNAMED");
        }
        String options = System.getProperty("kqueue.benchmarks.jvm", "");
        if (!options.isEmpty()) {
            command.addAll(1, List.of(options.split(" ")));
        }
        command.add(main.getName());
        command.addAll(List.of(args));
        return command;
    }

    static Java start(String provider, Class<?> main, String... args) throws IOException {
        return new Java(command(provider, main, args));
    }

    String readLine() throws IOException {
        String line = out.readLine();
        if (line == null) {
            throw new IOException("ended without an answer: " + String.join(" ", command));
        }
        return line;
    }

    String ask(String line) throws IOException {
        in.println(line);
        return readLine();
    }

    /** The processor time of all threads that are alive, and of the process where the system tells no more. */
    long cpuNanos() throws IOException {
        Path tasks = Path.of("/proc", Long.toString(process.pid()), "task");
        if (!Files.isReadable(tasks.resolve(process.pid() + "/schedstat"))) {
            return process.toHandle().info().totalCpuDuration().orElseThrow().toNanos();
        }
        long nanos = 0;
        List<Path> threads;
        try (Stream<Path> entries = Files.list(tasks)) {
            threads = entries.toList();
        }
        for (Path thread : threads) {
            try {
                nanos += Long.parseLong(Files.readString(thread.resolve("schedstat")).split(" ")[0]);
            } catch (IOException e) {
                // The thread has ended since it was listed.
                continue;
            }
        }
        return nanos;
    }

    @Override
    public void close() throws IOException {
        in.close();
        try {
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IOException("did not end: " + String.join(" ", command));
            }
            if (process.exitValue() != 0) {
                throw new IOException("exit status " + process.exitValue() + ": " + String.join(" ", command));
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            out.close();
        }
    }
}
