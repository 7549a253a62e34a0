package org.kqueue.trace;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
 * <p>The kqueue is the one that {@code org.kqueue.backend}, {@code org.kqueue.library} and {@code org.kqueue.abi} select. Exit status: 0; 1
 * for a replay with differences, which are printed; 2 where a file cannot be read or performed.
 */
public final class TraceRecorder {

    /** Packets over loopback have arrived after this long; the time the recordings at hand were made with. */
    private static final long SETTLE_MILLIS = 30;

    private TraceRecorder() {
    }

    /**
     * Runs the recorder.
     *
     * @param arguments {@code [--replay]} and the trace file
     */
    public static void main(String[] arguments) {
        System.exit(run(arguments, System.out, System.err));
    }

    static int run(String[] arguments, PrintStream out, PrintStream err) {
        boolean replays = arguments.length == 2 && arguments[0].equals("--replay");
        if (!replays && (arguments.length != 1 || arguments[0].startsWith("-"))) {
            err.println("usage: TraceRecorder [--replay] <file>.trace");
            return 2;
        }
        Path file = Path.of(arguments[arguments.length - 1]);
        try {
            KqueueOpener opener = KqueueOpener.of(KqueueConfig.fromSystemProperties());
            return replays ? replay(opener, file, out) : record(opener, file, out);
        } catch (KqueueUnavailableException e) {
            err.println(e.getMessage());
        } catch (IOException e) {
            err.println(e);
        }
        return 2;
    }

    private static int record(KqueueOpener opener, Path file, PrintStream out) throws IOException {
        List<Trace> traces = TraceReader.read(file);
        for (Trace trace : traces) {
            out.println(trace);
            for (TraceStep step : record(opener, trace, SETTLE_MILLIS)) {
                out.println(TraceWriter.write(step));
            }
        }
        return 0;
    }

    static List<TraceStep> record(KqueueOpener opener, Trace trace, long settleMillis) throws IOException {
        List<TraceStep> seen = new ArrayList<>();
        try (TracePlayer player = new TracePlayer(opener, trace, settleMillis)) {
            for (TraceStep step : trace.steps()) {
                seen.add(player.perform(step));
            }
        }
        return seen;
    }

    private static int replay(KqueueOpener opener, Path file, PrintStream out) throws IOException {
        Replay replay = new Replay(opener, SETTLE_MILLIS, Rule.forFile(file.getFileName().toString()));
        for (Trace trace : TraceReader.read(file)) {
            replay.replay(trace);
        }
        replay.differences().forEach(out::println);
        out.println(replay.summary());
        return replay.differences().isEmpty() ? 0 : 1;
    }
}
