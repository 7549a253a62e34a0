package org.kqueue.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.kqueue.KqueueConfig;
import org.kqueue.bsd.NativeBuild;
import org.kqueue.robust.Forked;

@Timeout(value = 1, unit = TimeUnit.MINUTES)
class DoctorTest {

    private static final boolean LINUX = System.getProperty("os.name").equals("Linux");

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private int run(String... args) {
        return Doctor.run(List.of(args), new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8));
    }

    private String output() {
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void saysWhatWorksAndThatTheSelectorServes() {
        assertEquals(0, run(), this::output);
        for (String word : List.of("system", "java", "jna", "backend", "abi", "jdk channels", "EVFILT_READ",
                "EVFILT_VNODE", "median",
                "descriptors allowed", "can serve")) {
            assertTrue(output().contains(word), () -> word + " in\n" + output());
        }
        assertTrue(output().lines().anyMatch(line -> line.matches(" *EVFILT_READ +works")), this::output);
    }

    @ParameterizedTest
    @MethodSource("org.kqueue.doctor.DoctorTest#allAbis")
    void triesEachFilterInEachAbi(String abi) {
        String before = System.getProperty(KqueueConfig.ABI);
        System.setProperty(KqueueConfig.ABI, abi);
        try {
            assertEquals(0, run(), this::output);
        } finally {
            if (before == null) {
                System.clearProperty(KqueueConfig.ABI);
            } else {
                System.setProperty(KqueueConfig.ABI, before);
            }
        }
        assertTrue(output().contains("all tried work"), this::output);
    }

    static Stream<String> allAbis() {
        // A system's own kqueue speaks one, and -Dorg.kqueue.abi may name another of its C library.
        return LINUX ? Stream.of("macos", "freebsd", "freebsd11", "netbsd", "netbsd11", "openbsd", "dragonfly")
                : Stream.of(System.getProperty(KqueueConfig.ABI, ""));
    }

    /** A timer of 10 ms may expire at once there; and there are no signals, processes or files. */
    @Test
    void aLibraryIsTriedAsItIs() {
        System.setProperty(KqueueConfig.LIBRARY, NativeBuild.model("freebsd", "-DTICK_MS=10").toString());
        System.setProperty(KqueueConfig.ABI, "freebsd");
        try {
            assertEquals(0, run(), this::output);
        } finally {
            System.clearProperty(KqueueConfig.LIBRARY);
            System.clearProperty(KqueueConfig.ABI);
        }
        assertTrue(output().lines().anyMatch(line -> line.matches(" *EVFILT_TIMER +works, 10 ms took \\d+")),
                this::output);
        assertTrue(output().contains("all tried work; not supported: EVFILT_SIGNAL, EVFILT_PROC, EVFILT_VNODE"),
                this::output);
    }

    @Test
    void givesItsVerdictWithoutTheModulesOfTheJdk() throws Exception {
        Forked.Result result = Forked.java(Doctor.class, "--limit-modules", "java.base");
        assertTrue(result.output().contains("\n  selector  c"), result::output);
        result = Forked.java(Doctor.class, "--limit-modules", "java.base,java.logging");
        assertEquals(0, result.status(), result::output);
        assertTrue(result.output().contains("no java.management"), result::output);
        assumeTrue(LINUX, "the signals of a system's own kqueue need no module");
        assertTrue(result.output().contains("; not supported: EVFILT_SIGNAL"), result::output);
    }

    @Test
    void givesItsVerdictWithoutProc() throws Exception {
        assumeTrue(LINUX, "hides /proc as Linux does");
        String java = System.getProperty("java.home");
        List<String> command = List.of("unshare", "-rm", "sh", "-c", "mount -t tmpfs none /proc && exec \"$@\"", "sh",
                "env", "LD_LIBRARY_PATH=" + java + "/lib", java + "/bin/java", "-cp",
                System.getProperty("java.class.path"), Doctor.class.getName());
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes());
        assumeTrue(!output.startsWith("unshare") && !output.startsWith("mount"), "no namespace here: " + output);
        assertEquals(0, process.waitFor(), output);
        assertTrue(output.contains("descriptors  unknown: "), output);
        assertTrue(output.contains("\n  selector  can serve\n"), output);
    }

    @Test
    void theProviderIsWhatServes() throws Exception {
        Forked.Result result = Forked.java(Doctor.class);
        assertTrue(result.output().contains(".KqueueSelectorProvider, opens org.kqueue.nio.KqueueSelector\n"),
                result::output);
        result = Forked.java(Doctor.class, "-Dorg.kqueue.calls=jna", "-Djna.noclasspath=true",
                "-Djna.boot.library.path=/nonexistent");
        assertEquals(1, result.status(), result::output);
        assertTrue(result.output().contains(".KqueueSelectorProvider, opens sun.nio.ch."), result::output);
    }

    @Test
    void writesJson() {
        assertEquals(0, run("--json"), this::output);
        assertTrue(output().startsWith("{\n  \"platform\": {\n"), this::output);
        assertTrue(output().contains("\"EVFILT_READ\": \"works\""), this::output);
        assertTrue(output().matches("(?s).*\"descriptors open\": \\d+,.*"), this::output);
        assertTrue(output().endsWith("\n}\n"), this::output);
    }

    @Test
    void escapesJson() {
        Report report = new Report();
        report.add("a\"b", "c\\d", "line\nnext");
        assertEquals("{\n  \"a\\\"b\": {\n    \"c\\\\d\": \"line\\u000anext\"\n  }\n}\n", report.json());
    }

    @Test
    void failsWhereTheSelectorCannotServe() {
        System.setProperty(KqueueConfig.LIBRARY, "/nonexistent/libkqueue.so");
        try {
            assertEquals(1, run(), this::output);
        } finally {
            System.clearProperty(KqueueConfig.LIBRARY);
        }
        assertTrue(output().contains("cannot serve") && output().contains("/nonexistent/libkqueue.so"), this::output);
        assertTrue(output().contains("none was tried"), this::output);
    }

    @Test
    void explainsItselfWhenArgumentsAreUnknown() {
        assertEquals(2, run("--jsonn"));
        assertTrue(err.toString(StandardCharsets.UTF_8).contains("usage: "));
        assertEquals(2, run("echo", "port"));
        assertEquals(2, run("echo", "1", "2"));
        assertEquals(0, run("--help"));
        assertTrue(output().startsWith("usage: "));
    }
}
