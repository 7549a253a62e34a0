package org.kqueue.robust;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A main class of the tests in a JVM of its own, on the same class path. */
public final class Forked {

    private Forked() {
    }

    /** How it ended, and what it printed on both streams. */
    public record Result(int status, String output) {

        /** The last line it printed. */
        public String lastLine() {
            String[] lines = output.strip().split("\n");
            return lines[lines.length - 1];
        }
    }

    /** Runs it to its end. What comes before {@code "--"} is for the JVM, what comes after for the program. */
    public static Result java(Class<?> main, String... arguments) throws IOException, InterruptedException {
        return java(Map.of(), main, arguments);
    }

    /** The same with more environment variables. */
    public static Result java(Map<String, String> environment, Class<?> main, String... arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(System.getProperty("java.home") + "/bin/java"));
        List<String> given = List.of(arguments);
        int split = given.indexOf("--");
        command.addAll(split < 0 ? given : given.subList(0, split));
        System.getProperties().stringPropertyNames().stream().filter(name -> name.startsWith("org.kqueue."))
                .forEach(name -> command.add("-D" + name + "=" + System.getProperty(name)));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(split < 0 ? List.of() : given.subList(split + 1, given.size()));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(environment);
        Process process = builder.start();
        try {
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return new Result(process.waitFor(), output);
        } finally {
            process.destroyForcibly();
        }
    }
}
