package org.kqueue.benchmarks;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.openjdk.jmh.runner.RunnerException;

/**
 * Runs every row of the comparison. The sides of a row take turns, A B A B …, so that what disturbs one disturbs the
 * other; a run's figure is the median of the figures of its pairs.
 */
final class Compare {

    static final int FEATURE = Runtime.version().feature();
    /** The folder of the benchmarks. */
    static final Path HOME = Path.of(System.getProperty("kqueue.benchmarks.home", ".")).toAbsolutePath().normalize();
    private static final boolean LINUX = System.getProperty("os.name").equals("Linux");
    private static final double NONE = Double.NaN;

    private final Length length;
    private final Pattern only;
    private final int runs;
    /** Netty's native transport is there for this system only. */
    private final boolean nativeEpoll = LINUX && System.getProperty("os.arch").equals("amd64");
    private final boolean compiler = CProgram.exists("cc", "--version");
    private final boolean strace = LINUX && CProgram.exists("strace", "-f", "-c", "true");
    private final Report report;
    private final Micro micro;
    private final Servers servers;
    private final Calls calls;
    private boolean failed;

    private Compare(Length length, Pattern only, int runs) throws IOException, InterruptedException {
        this.length = length;
        this.only = only;
        this.runs = runs;
        Files.deleteIfExists(Child.ERRORS);
        String systemCall = "was not measured, as there is no C compiler (cc)";
        if (compiler) {
            try (Child program = new Child(List.of(CProgram.compile("src/main/c/syscall.c", "syscall").toString()))) {
                systemCall = "takes " + program.readNumber("nanoseconds") + " ns";
            }
        }
        report = new Report(length, runs, systemCall);
        micro = new Micro(length, report);
        servers = new Servers(length, report);
        calls = new Calls(report);
        if (!nativeEpoll) {
            report.note("Skipped: Netty's native epoll, which is copied for Linux on amd64 only.");
        }
        if (!LINUX || !compiler) {
            report.note("Skipped: the C server and the C model of a kqueue, which need Linux and a C compiler (cc).");
        }
        if (!strace) {
            report.note("Skipped: epoll_ctl calls, as there is no strace, or it may not trace here.");
        }
    }

    /** Runs, prints the table, and writes it with JSON and a chart: to results if these are all rows. */
    public static void main(String[] args) throws IOException, InterruptedException {
        Length length = Length.SHORT;
        Pattern only = Pattern.compile("");
        int runs = 1;
        try {
            for (int i = 0; i < args.length; i++) {
                switch (args[i]) {
                    case "--smoke", "--short", "--full" -> length = Length.of(args[i]);
                    case "--only" -> only = Pattern.compile(args[++i]);
                    case "--runs" -> runs = Integer.parseInt(args[++i]);
                    default -> throw new IllegalArgumentException();
                }
            }
        } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
            System.err.println("not understood: " + String.join(" ", args) + "; allowed are --short, --full or --smoke, "
                    + "--runs <number> and --only <regular expression over the names of rows>");
            System.exit(2);
        }
        Provider.use("jdk");
        new Compare(length, only, runs).run();
    }

    private void run() throws IOException, InterruptedException {
        for (int run = 1; run <= runs; run++) {
            System.err.println("run " + run + " of " + runs);
            report.startRun();
            row("first Selector.open() of a JVM, from the -all.jar", this::firstOpen);
            lifeCycles();
            row("a registered key, of 10,000", this::footprint);
            servers();
            calls("interest toggled, 50 connections", EchoServer.Mode.TOGGLE, Load.Talk.ECHO);
            calls("dispatch to workers, 50 connections", EchoServer.Mode.DISPATCH, Load.Talk.ECHO);
            calls("connection churn", EchoServer.Mode.ECHO, Load.Talk.CHURN);
        }
        if (report.rows().isEmpty() && !failed) {
            throw new IllegalArgumentException("no row has a name that matches " + only);
        }
        System.out.println(report.markdown());
        boolean all = only.pattern().isEmpty() && length != Length.SMOKE;
        Path folder = HOME.resolve(all ? "results" : "target/results").resolve("jdk" + FEATURE);
        Files.createDirectories(folder);
        report.write(folder);
        Chart.draw(report.rows(), folder);
        System.out.println(report.missed() + "; see " + folder);
        System.exit(failed ? 1 : 0);
    }

    /** Measures one piece of work. */
    private interface Measurement {
        void run(String work) throws IOException, InterruptedException, RunnerException;
    }

    /** A failure is noted, and the other rows are measured all the same. */
    private void row(String work, Measurement measurement) throws InterruptedException {
        if (only.matcher(work).find()) {
            System.err.println(work + " …");
            try {
                measurement.run(work);
            } catch (IOException | RunnerException | RuntimeException e) {
                e.printStackTrace();
                report.note("Failed: " + work + ": " + e);
                failed = true;
            }
        }
    }

    private void firstOpen(String work) throws IOException {
        for (int i = 0; i < length.starts; i++) {
            double[] their = firstOpenMillis("jdk");
            double[] our = firstOpenMillis("kqueue");
            report.row(work, "ms", Side.JDK, Measure.EXTRA, 50).add(their[0], our[0]);
            report.row(work, "ms of CPU of the whole JVM", Side.JDK, Measure.EXTRA, 60).add(their[1], our[1]);
            report.row(work, "ms from start to end of the JVM", Side.JDK, Measure.EXTRA, 60).add(their[2], our[2]);
        }
    }

    /** Of the first open, of the processor, and from start to end, with no option but the provider. */
    private static double[] firstOpenMillis(String provider) throws IOException {
        Path all;
        try (Stream<Path> files = Files.list(HOME.resolveSibling("target"))) {
            all = files.filter(file -> file.toString().endsWith("-all.jar")).findFirst().orElseThrow();
        }
        String classPath = HOME.resolve("target/classes") + File.pathSeparator + all;
        long cpu = CpuTime.endedChildrenNanos();
        long start = System.nanoTime();
        double open;
        try (Child child = new Child(Child.java(provider, List.of(), classPath, FirstOpen.class))) {
            open = child.readNumber("nanoseconds") / 1e6;
        }
        return new double[] {open, (CpuTime.endedChildrenNanos() - cpu) / 1e6, (System.nanoTime() - start) / 1e6};
    }

    private void lifeCycles() throws InterruptedException {
        String first = ", in the first second of a JVM";
        String select = "selectNow(action), the keys read after it outside the time: ";
        row("Selector.open().close()", work -> micro.compare(work, null, "", "openAndClose", null, 0.5));
        row("register 10,000 channels and select, per key",
                work -> micro.compare(work, ", first time", ", again", "registerMany", null, 1.0));
        row("register, select, cancel, select",
                work -> micro.compare(work, first, ", compiled", "registerAndCancel", null, 1.0));
        row("open, register, select, close, select",
                work -> micro.compare(work, first, ", compiled", "openAndCloseChannel", null, 1.0));
        row(select + "1 ready of 1", work -> micro.compare(work, null, "", "selectNow", "1/1", 1.0));
        row(select + "16 ready of 16", work -> micro.compare(work, null, "", "selectNow", "16/16", 1.0));
        row(select + "16 ready of 1,024", work -> micro.compare(work, null, "", "selectNow", "16/1024", 1.0));
        row("wakeup, select", work -> micro.compare(work, null, "", "wakeup", null, 1.0));
    }

    private void footprint(String work) throws IOException {
        double[] their = bytesPerKey("jdk");
        double[] our = bytesPerKey("kqueue");
        report.row(work, "bytes of heap", Side.JDK, Measure.COUNT, NONE).add(their[0], our[0]);
        report.row(work, "bytes of native memory", Side.JDK, Measure.COUNT, 32).add(their[1], our[1]);
    }

    private static double[] bytesPerKey(String provider) throws IOException {
        List<String> options = new ArrayList<>(Child.STEADY);
        options.add("-XX:NativeMemoryTracking=summary");
        try (Child child = new Child(Child.java(provider, options, Child.CLASS_PATH, Footprint.class, "10000"))) {
            return Stream.of(child.readLine().split(" ")).mapToDouble(Double::parseDouble).toArray();
        }
    }

    private void servers() throws InterruptedException {
        EchoServer.Mode echo = EchoServer.Mode.ECHO;
        Load.Talk talk = Load.Talk.ECHO;
        row("echo, 1 connection", work -> servers.compare(work, nio(echo), talk, 1, 0, NONE, 1.0));
        row("echo, 50 connections", work -> servers.compare(work, others(nio(echo), talk), talk, 50, 0, NONE, 1.0));
        row("echo, 500 connections", work -> servers.compare(work, nio(echo), talk, 500, 0, NONE, 1.0));
        row("echo, 50 connections beside 2,000 idle",
                work -> servers.compare(work, nio(echo), talk, 50, 2000, NONE, 1.0));
        row("dispatch to workers, 50 connections",
                work -> servers.compare(work, nio(EchoServer.Mode.DISPATCH), talk, 50, 0, NONE, 1.1));
        row("interest toggled, 50 connections",
                work -> servers.compare(work, nio(EchoServer.Mode.TOGGLE), talk, 50, 0, NONE, NONE));
        row("connection churn", work -> servers.compare(work, others(nio(echo), Load.Talk.CHURN), Load.Talk.CHURN, 4, 0,
                NONE, 1.0));
        String fresh = " on a server that has just started, whole process";
        row("echo, 50 connections" + fresh, work -> servers.compareFresh(work, talk, 50, 0.95));
        row("connection churn" + fresh, work -> servers.compareFresh(work, Load.Talk.CHURN, 4, 0.95));
        for (String version : List.of("4.1", "4.2")) {
            row("Netty " + version + " HTTP, 50 connections",
                    work -> servers.compare(work, netty(version), Load.Talk.HTTP, 50, 0, 1.0, 1.0));
        }
    }

    private static Map<Side, List<String>> nio(EchoServer.Mode mode) {
        Map<Side, List<String>> commands = new EnumMap<>(Side.class);
        commands.put(Side.JDK, Servers.nio(Side.JDK, mode));
        commands.put(Side.KQUEUE, Servers.nio(Side.KQUEUE, mode));
        return commands;
    }

    private Map<Side, List<String>> netty(String version) {
        Map<Side, List<String>> commands = new EnumMap<>(Side.class);
        for (Side side : List.of(Side.JDK, Side.KQUEUE, Side.NETTY_EPOLL)) {
            if (side != Side.NETTY_EPOLL || nativeEpoll) {
                commands.put(side, Servers.netty(side, version, Load.Talk.HTTP));
            }
        }
        return commands;
    }

    /** Adds servers that are not java.nio's. */
    private Map<Side, List<String>> others(Map<Side, List<String>> commands, Load.Talk talk)
            throws IOException, InterruptedException {
        if (nativeEpoll) {
            commands.put(Side.NETTY_EPOLL, Servers.netty(Side.NETTY_EPOLL, "4.2", talk));
        }
        if (LINUX && compiler) {
            commands.put(Side.C, List.of(CProgram.compile("src/main/c/echo.c", "echo").toString()));
        }
        return commands;
    }

    private void calls(String name, EchoServer.Mode mode, Load.Talk talk) throws InterruptedException {
        if (LINUX && compiler) {
            row(name + ": kevent, C model", work -> {
                Path model = CProgram.compile("../src/test/c/kqueue_model.c", "libkqueue_model.so", "-DABI_freebsd",
                        "-fPIC", "-shared", "-fvisibility=hidden", "-Wl,-Bsymbolic", "-pthread");
                calls.kevent(work, mode, talk, "-Dorg.kqueue.library=" + model, "-Dorg.kqueue.abi=freebsd");
            });
        }
        row(name + ": kevent", work -> calls.kevent(work, mode, talk));
        if (strace) {
            row(name + ": epoll_ctl", work -> calls.epollCtl(work, mode, talk));
        }
    }
}
