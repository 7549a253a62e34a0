package org.kqueue.benchmarks;

import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A child process that answers line by line: a JVM of this Java or a C program. It ends when its standard input does.
 * Its standard error is appended to a file.
 */
final class Child implements Closeable {

    /** Options of every JVM that is measured after its start. */
    static final List<String> STEADY = List.of("-Xms256m", "-Xmx256m", "-XX:+AlwaysPreTouch",
            "--enable-native-access=ALL-UNNAMED");
    /** Where the standard error of every child goes. */
    static final Path ERRORS = Compare.HOME.resolve("target/errors-jdk" + Compare.FEATURE + ".txt");
    static final String CLASS_PATH = System.getProperty("java.class.path");
    private static final long END_SECONDS = 20;

    private final List<String> command;
    private final Process process;
    private final BufferedReader out;
    private final PrintWriter in;

    Child(List<String> command) throws IOException {
        this.command = command;
        process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.appendTo(ERRORS.toFile())).start();
        out = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII));
        in = new PrintWriter(new OutputStreamWriter(process.getOutputStream(), StandardCharsets.US_ASCII), true);
    }

    /** The command that runs a class of ours on a provider. */
    static List<String> java(String provider, List<String> options, String classPath, Class<?> main, String... args) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add(Provider.option(provider));
        command.addAll(options);
        command.addAll(List.of("-cp", classPath, main.getName()));
        command.addAll(List.of(args));
        return command;
    }

    String readLine() throws IOException {
        String line = out.readLine();
        if (line == null) {
            throw new IOException("ended without an answer: " + this);
        }
        return line;
    }

    /** The next line, which must be a word and a number. */
    int readNumber(String word) throws IOException {
        String line = readLine();
        if (!line.startsWith(word + " ")) {
            throw new IOException("\"" + line + "\", not \"" + word + " <number>\": " + this);
        }
        return Integer.parseInt(line.substring(word.length() + 1));
    }

    String ask(String line) throws IOException {
        in.println(line);
        return readLine();
    }

    /** Processor time so far, of all its threads. */
    long cpuNanos() throws IOException {
        return CpuTime.nanos(process.toHandle());
    }

    @Override
    public void close() throws IOException {
        in.close();
        try {
            if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
                throw new IOException("did not end within " + END_SECONDS + " s: " + this);
            }
            if (process.exitValue() != 0) {
                throw new IOException("exit status " + process.exitValue() + ": " + this);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            process.destroyForcibly();
            out.close();
        }
    }

    @Override
    public String toString() {
        return String.join(" ", command) + " (its standard error is in " + ERRORS + ")";
    }
}
