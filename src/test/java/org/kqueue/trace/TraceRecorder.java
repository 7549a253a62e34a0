package org.kqueue.trace;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.MalformedInputException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.kqueue.Kqueue;
import org.kqueue.KqueueConfig;

/**
 * Records what a kqueue does with the programs of a trace file, or compares it with what the file says.
 *
 * <pre>{@code
 * java -cp <class path> org.kqueue.trace.TraceRecorder programs.trace > recorded.trace
 * java -cp <class path> org.kqueue.trace.TraceRecorder --replay recorded.trace
 * }</pre>
 *
 * <p>On the class path are {@code target/classes}, {@code target/test-classes} and JNA. The kqueue is the one that
 * {@code org.kqueue.backend}, {@code org.kqueue.library} and {@code org.kqueue.abi} select. Exit status: 0; 1 for a
 * replay with differences, which are printed; 2 where a file cannot be read or performed.
 */
public final class TraceRecorder {

    private static final Map<String, List<Rule>> RULES = Map.of("freebsd", Rules.FREEBSD, "freebsd15",
            Rules.FREEBSD15, "netbsd", Rules.NETBSD, "none", List.of());
    private static final String USAGE = """
            usage: TraceRecorder <file>
                     performs the programs of a file and prints what was seen; ignores results in the file
                   TraceRecorder --replay [--rules freebsd|freebsd15|netbsd|none] <file>
                     performs a recording and prints where it differs, but for the differences that rules allow:
                     those of FreeBSD 12 (unless the file is called bsd-* or freebsd15-*), of FreeBSD 15, of NetBSD 7,
                     or none""";
    /** Packets over loopback have arrived after this long; the time the recordings at hand were made with. */
    private static final long SETTLE_MILLIS = 30;

    private TraceRecorder() {
    }

    /**
     * Runs the recorder.
     *
     * @param arguments {@code [--replay [--rules <kernel>]]} and the trace file
     */
    public static void main(String[] arguments) {
        System.exit(run(arguments, KqueueConfig.fromSystemProperties(), SETTLE_MILLIS, System.out, System.err));
    }

    static int run(String[] arguments, KqueueConfig config, long settleMillis, PrintStream out, PrintStream err) {
        List<String> options = new ArrayList<>(List.of(arguments));
        boolean replays = options.remove("--replay");
        String file = options.isEmpty() ? "" : options.remove(options.size() - 1);
        List<Rule> rules = options.isEmpty() ? Rules.forFile(String.valueOf(Path.of(file).getFileName()))
                : replays && options.size() == 2 && options.get(0).equals("--rules") ? RULES.get(options.get(1)) : null;
        if (rules == null || file.isEmpty() || file.startsWith("-")) {
            err.println(USAGE);
            return 2;
        }
        try {
            List<Trace> traces = TraceReader.read(Path.of(file));
            return replays ? replay(new Replay(config, settleMillis, rules), traces, out)
                    : record(config, settleMillis, traces, out);
        } catch (NoSuchFileException e) {
            err.println(file + ": no such file");
        } catch (MalformedInputException e) {
            err.println(file + ": not a text file");
        } catch (IOException | IllegalArgumentException | UnsupportedOperationException e) {
            err.println(e.getMessage());
        }
        return 2;
    }

    private static int replay(Replay replay, List<Trace> traces, PrintStream out) throws IOException {
        for (Trace trace : traces) {
            replay.replay(trace);
        }
        replay.differences.forEach(out::println);
        out.println(replay.summary());
        replay.reasons().forEach(out::println);
        return replay.differences.isEmpty() ? 0 : 1;
    }

    private static int record(KqueueConfig config, long settleMillis, List<Trace> traces, PrintStream out)
            throws IOException {
        try (Kqueue kqueue = Kqueue.open(config)) {
            out.println("# recorded on " + System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                    + System.getProperty("os.arch") + ", kqueue: " + kqueue);
        }
        for (Trace trace : traces) {
            try (TracePlayer player = new TracePlayer(config, trace, settleMillis)) {
                out.println(trace.head());
                for (Step step : trace.steps()) {
                    boolean shows = step.result() != null || Grammar.hasResult(step.verb());
                    Result seen = step.is("SKIP") ? null : player.perform(step);
                    out.println(step.with(shows ? seen : null));
                }
            }
        }
        return 0;
    }
}
