package org.kqueue.trace;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.MalformedInputException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.kqueue.KqueueConfig;
import org.kqueue.KqueueUnavailableException;

/**
 * Records what a kqueue does with the programs of a trace file, or compares it with what the file says.
 *
 * <pre>{@code
 * java -cp kqueue-nio-<version>-all.jar org.kqueue.trace.TraceRecorder programs.trace > recorded.trace
 * java -cp kqueue-nio-<version>-all.jar org.kqueue.trace.TraceRecorder --replay recorded.trace
 * }</pre>
 *
 * <p>The kqueue is the one that {@code org.kqueue.backend}, {@code org.kqueue.library} and {@code org.kqueue.abi}
 * select. Exit status: 0; 1 for a replay with differences, which are printed; 2 where a file cannot be read or
 * performed.
 */
public final class TraceRecorder {

    private static final String USAGE = """
            usage: TraceRecorder <file>
                     performs the programs of a file and prints what was seen; results in the file are not looked at
                   TraceRecorder --replay [--rules freebsd|netbsd|none] <file>
                     performs a recording and prints where it differs, but for the differences that rules allow:
                     those of a recording of FreeBSD (unless the file is called bsd-*), of NetBSD 7, or none at all""";

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
        int rules = options.indexOf("--rules");
        String kernel = null;
        if (replays && rules >= 0 && rules + 1 < options.size()) {
            kernel = options.remove(rules + 1);
            options.remove(rules);
        }
        if (options.size() != 1 || options.get(0).startsWith("-")
                || kernel != null && !List.of("freebsd", "netbsd", "none").contains(kernel)) {
            err.println(USAGE);
            return 2;
        }
        Path file = Path.of(options.get(0));
        try {
            List<Trace> traces = TraceReader.read(file);
            KqueueOpener opener = KqueueOpener.of(config);
            return replays ? replay(opener, traces, rules(kernel, file), settleMillis, out)
                    : record(opener, traces, settleMillis, out);
        } catch (KqueueUnavailableException | IllegalArgumentException e) {
            err.println(e.getMessage());
        } catch (NoSuchFileException e) {
            err.println(file + ": no such file");
        } catch (MalformedInputException e) {
            err.println(file + ": not a text file");
        } catch (IOException e) {
            err.println(e.getMessage());
        }
        return 2;
    }

    private static Set<Rule> rules(String kernel, Path file) {
        if (kernel == null) {
            return Rule.forFile(file.getFileName().toString());
        }
        return switch (kernel) {
            case "none" -> Set.of();
            case "netbsd" -> Rule.forNetbsd();
            default -> Rule.forFreebsd();
        };
    }

    private static int record(KqueueOpener opener, List<Trace> traces, long settleMillis, PrintStream out)
            throws IOException {
        boolean first = true;
        for (Trace trace : traces) {
            try (TracePlayer player = new TracePlayer(opener, trace, settleMillis)) {
                if (first) {
                    out.println("# recorded on " + System.getProperty("os.name") + " "
                            + System.getProperty("os.version")
                            + " " + System.getProperty("os.arch") + ", kqueue: " + player.describe());
                    first = false;
                }
                out.println(trace);
                for (TraceStep step : trace.steps()) {
                    out.println(TraceWriter.write(player.perform(step)));
                }
            }
        }
        return 0;
    }

    private static int replay(KqueueOpener opener, List<Trace> traces, Set<Rule> rules, long settleMillis,
            PrintStream out) throws IOException {
        Replay replay = new Replay(opener, settleMillis, rules);
        for (Trace trace : traces) {
            replay.replay(trace);
        }
        replay.differences().forEach(out::println);
        out.println(replay.summary());
        return replay.differences().isEmpty() ? 0 : 1;
    }
}
