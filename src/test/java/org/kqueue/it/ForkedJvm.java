package org.kqueue.it;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A Java of its own, the one that runs the tests, with the -all.jar on its class path and what it prints kept. */
final class ForkedJvm implements AutoCloseable {

    /** The one flag. */
    static final String FLAG = "-Djava.nio.channels.spi.SelectorProvider=org.kqueue.nio.KqueueSelectorProvider";
    /** What libraries that reach into the JDK's selectors ask for in their own documentation. */
    static final String OPEN_SUN_NIO_CH = "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED";
    static final String SELECTOR = "org.kqueue.nio.KqueueSelector";
    static final String PROVIDER = "org.kqueue.nio.KqueueSelectorProvider";

    private static final long DEADLINE_NANOS = TimeUnit.SECONDS.toNanos(90);

    private final List<String> command;
    private final Process process;
    private final Thread reader;
    // guarded by itself
    private final List<String> output = new ArrayList<>();

    private ForkedJvm(List<String> command) throws IOException {
        this.command = command;
        process = new ProcessBuilder(command).redirectErrorStream(true).start();
        reader = new Thread(this::read, "output of " + process.pid());
        reader.setDaemon(true);
        reader.start();
    }

    /** Starts a main class with the flag, and with the -all.jar and the tests' own dependencies on the class path. */
    static ForkedJvm withFlag(Class<?> main, String... args) throws IOException {
        return java(Stream.of(FLAG, "-cp", classPath(), main.getName()), args);
    }

    /** Starts java with the arguments as they are. */
    static ForkedJvm java(String... arguments) throws IOException {
        return java(Arrays.stream(arguments));
    }

    private static ForkedJvm java(Stream<String> first, String... last) throws IOException {
        Stream<String> backend = Stream.of("org.kqueue.backend", "org.kqueue.library", "org.kqueue.abi",
                "jna.boot.library.path").filter(name -> System.getProperty(name) != null)
                .map(name -> "-D" + name + "=" + System.getProperty(name));
        return new ForkedJvm(Stream.of(Stream.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()),
                backend, first, Arrays.stream(last)).flatMap(part -> part).toList());
    }

    /** The jar under test, which is all of ours that a forked JVM gets. */
    static Path allJar() {
        String jar = System.getProperty("kqueue.it.jar");
        if (jar == null || !Files.isRegularFile(Path.of(jar))) {
            throw new IllegalStateException("no -all.jar (" + jar + "); run these tests by: mvn -B verify");
        }
        return Path.of(jar);
    }

    /** The jar without JNA, which is a named module. */
    static Path plainJar() {
        return Path.of(allJar().toString().replace("-all.jar", ".jar"));
    }

    static Path jnaJar() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator)).map(Path::of)
                .filter(path -> path.getFileName().toString().startsWith("jna-")).findFirst().orElseThrow();
    }

    /**
     * The -all.jar, then the test classes and what they need; not our classes nor JNA, which must come from the jar.
     */
    static String classPath() {
        List<String> path = new ArrayList<>(List.of(allJar().toString()));
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            String name = Path.of(entry).getFileName().toString();
            if (!name.equals("classes") && !name.startsWith("kqueue-nio-") && !name.startsWith("jna-")) {
                path.add(entry);
            }
        }
        return String.join(File.pathSeparator, path);
    }

    private void read() {
        try (BufferedReader lines = process.inputReader()) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                synchronized (output) {
                    output.add(line);
                    output.notifyAll();
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("output of " + command, e);
        }
    }

    /** Waits for a line that begins so and returns what follows. */
    String await(String prefix) throws InterruptedException {
        return await(0, prefix);
    }

    /** Waits for a line that begins so and comes after another, which has come already, and returns what follows. */
    String awaitAfter(String earlier, String prefix) throws InterruptedException {
        int line = 0;
        synchronized (output) {
            while (!output.get(line++).startsWith(earlier)) {
                // The line is there.
                continue;
            }
        }
        return await(line, prefix);
    }

    private String await(int firstLine, String prefix) throws InterruptedException {
        long start = System.nanoTime();
        synchronized (output) {
            int seen = firstLine;
            while (true) {
                for (; seen < output.size(); seen++) {
                    if (output.get(seen).startsWith(prefix)) {
                        return output.get(seen).substring(prefix.length());
                    }
                }
                if (!reader.isAlive() && seen == output.size()) {
                    throw new AssertionError("ended without a line \"" + prefix + "…\": " + this);
                }
                if (System.nanoTime() - start > DEADLINE_NANOS) {
                    throw new AssertionError("no line \"" + prefix + "…\" in time: " + this);
                }
                output.wait(100);
            }
        }
    }

    /** Where the echo server listens that runs in this JVM; it must say that selector and channels are ours. */
    int echoPort() throws InterruptedException {
        if (!await("selector ").startsWith(SELECTOR + "@") || !await("provider ").equals(PROVIDER)) {
            throw new AssertionError("expected " + SELECTOR + " and " + PROVIDER + ": " + this);
        }
        return listeningPort();
    }

    /** Where the echo server listens, whatever its selector. */
    int listeningPort() throws InterruptedException {
        String address = await("listening on ");
        return Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
    }

    /** Waits for the end and returns the exit status. */
    int exitStatus() throws InterruptedException {
        if (!process.waitFor(DEADLINE_NANOS, TimeUnit.NANOSECONDS)) {
            throw new AssertionError("still running: " + this);
        }
        reader.join(TimeUnit.NANOSECONDS.toMillis(DEADLINE_NANOS));
        return process.exitValue();
    }

    /** SIGTERM. By the handle, because {@code Process.destroy} closes the pipe that we read from. */
    void terminate() {
        process.toHandle().destroy();
    }

    String output() {
        synchronized (output) {
            return String.join("\n", output);
        }
    }

    long pid() {
        return process.pid();
    }

    @Override
    public String toString() {
        return String.join(" ", command) + "\n" + output();
    }

    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }
}
