package org.kqueue.bsd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** Compiles the C sources of {@code src/test/c} into shared libraries. */
public final class NativeBuild {

    private static final Path SOURCES = Path.of(System.getProperty("basedir", ""), "src", "test", "c").toAbsolutePath();
    private static final Map<String, Path> BUILT = new ConcurrentHashMap<>();

    private NativeBuild() {
    }

    /**
     * Compiles {@code kqueue_model.c}, once a JVM for each set of options. Without a C compiler the test is skipped, in
     * CI it fails.
     */
    public static Path model(String abi, String... options) {
        List<String> flags = new ArrayList<>(List.of("-DABI_" + abi));
        flags.addAll(List.of(options));
        return compiled("kqueue_model.c", flags.toArray(String[]::new));
    }

    /** Compiles a source. */
    public static Path compiled(String source, String... options) {
        requireLinux();
        List<String> flags = List.of(options);
        return BUILT.computeIfAbsent(source + ' ' + String.join(" ", flags), key -> compile(source, flags));
    }

    /** Whether {@link #model} would not skip. */
    public static boolean isPossible() {
        return HostSystem.CURRENT == HostSystem.LINUX && (findCompiler() != null || "true".equals(System.getenv("CI")));
    }

    private static void requireLinux() {
        if (HostSystem.CURRENT != HostSystem.LINUX) {
            abort("the kqueue in C that the tests bring along is written for Linux; this is " + HostSystem.CURRENT);
        }
    }

    private static Path compile(String source, List<String> flags) {
        try {
            Path folder = Files.createTempDirectory("kqueue-native");
            folder.toFile().deleteOnExit();
            Path library = folder.resolve("lib" + source.replace(".c", ".so"));
            List<String> command = new ArrayList<>(List.of(compiler(), "-std=gnu11", "-Wall", "-Wextra", "-Werror",
                    "-O2", "-fPIC", "-shared", "-fvisibility=hidden", "-Wl,-Bsymbolic", "-pthread"));
            command.addAll(flags);
            command.addAll(List.of("-o", library.toString(), SOURCES.resolve(source).toString()));
            Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
            String output = new String(process.getInputStream().readAllBytes());
            if (!process.waitFor(1, TimeUnit.MINUTES)) {
                process.destroyForcibly();
                fail("the C compiler does not end: " + command);
            }
            // The JVM closes its ends of the pipes some time after the exit; tests that count descriptors would see it.
            process.getOutputStream().close();
            process.getInputStream().close();
            process.getErrorStream().close();
            assertEquals(0, process.exitValue(), () -> String.join(" ", command) + "\n" + output);
            library.toFile().deleteOnExit();
            return library;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String findCompiler() {
        for (String name : List.of("cc", "gcc", "clang")) {
            for (String folder : System.getenv("PATH").split(File.pathSeparator)) {
                if (Files.isExecutable(Path.of(folder, name))) {
                    return name;
                }
            }
        }
        return null;
    }

    private static String compiler() {
        String compiler = findCompiler();
        if (compiler != null) {
            return compiler;
        }
        if ("true".equals(System.getenv("CI"))) {
            fail("CI needs a C compiler: cc, gcc or clang on the PATH");
        }
        return abort("no C compiler (cc, gcc, clang) on the PATH");
    }
}
