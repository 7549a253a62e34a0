package org.kqueue.doctor;

import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import org.kqueue.nio.KqueueSelectorProvider;

/**
 * Says whether and how kqueue serves on this machine: {@code java -jar kqueue-nio-<version>-all.jar}. The exit status
 * is 0 if the selector can serve, 1 if not, 2 for arguments it does not know.
 */
public final class Doctor {

    private static final String USAGE = """
            usage: java -jar kqueue-nio-<version>-all.jar [--json | echo [port] | --help]
              (nothing)    finds out what works here, and says so; exit status 0 if the selector can serve, else 1
              --json       the same, to be put into a bug report
              echo [port]  an echo server on the selector, on the loopback address; any free port if none is given
            The properties org.kqueue.backend, org.kqueue.library and org.kqueue.abi choose the kqueue.
            """;

    private Doctor() {
    }

    /**
     * Runs the examination, or the command that is named.
     *
     * @param args none, {@code --json}, {@code --help}, or {@code echo} and a port
     */
    public static void main(String[] args) {
        System.exit(run(List.of(args), System.out, System.err));
    }

    /** Returns the exit status. */
    static int run(List<String> args, PrintStream out, PrintStream err) {
        if (args.isEmpty() || args.equals(List.of("--json"))) {
            Examination examination = new Examination();
            boolean serves = examination.run();
            out.print(args.isEmpty() ? examination.report().text() : examination.report().json());
            return serves ? 0 : 1;
        }
        if (args.equals(List.of("--help"))) {
            out.print(USAGE);
            return 0;
        }
        if (args.get(0).equals("echo") && args.size() <= 2 && (args.size() == 1 || args.get(1).matches("\\d{1,5}"))) {
            return echo(args.size() == 1 ? 0 : Integer.parseInt(args.get(1)), out, err);
        }
        err.println("unknown: " + String.join(" ", args));
        err.print(USAGE);
        return 2;
    }

    private static int echo(int port, PrintStream out, PrintStream err) {
        try {
            new EchoCommand(new KqueueSelectorProvider(), port).serve(out);
            return 0;
        } catch (IOException | RuntimeException e) {
            err.println("echo: " + e.getMessage());
            return 1;
        }
    }
}
