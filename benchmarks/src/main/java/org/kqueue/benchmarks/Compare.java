package org.kqueue.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Runs every row of the comparison. The two sides of a row are two processes that live at the same time and take turns,
 * A B A B …, so that what disturbs one disturbs the other; a row's ratio is the median of the ratios of the turns.
 */
final class Compare {

    private final boolean full;
    private final Pattern only;
    private final int runs;
    /** By name, in the order of the table. */
    private final Map<String, Row> rows = new LinkedHashMap<>();

    private Compare(boolean full, Pattern only, int runs) {
        this.full = full;
        this.only = only;
        this.runs = runs;
    }

    private void add(Result result) {
        rows.computeIfAbsent(result.row(), name -> new Row()).add(result);
    }

    /** Runs, prints the table, writes JSON and charts. */
    public static void main(String[] args) throws IOException, InterruptedException {
        boolean full = false;
        Pattern only = Pattern.compile("");
        int runs = 1;
        for (int i = 0; i < args.length; i++) {
            switch (args[i]) {
                case "--short" -> full = false;
                case "--full" -> full = true;
                case "--only" -> only = Pattern.compile(args[++i]);
                case "--runs" -> runs = Integer.parseInt(args[++i]);
                default -> throw new IllegalArgumentException(
                        args[i] + ": --short, --full, --runs <number> or --only <regular expression>");
            }
        }
        Provider.use("jdk");
        new Compare(full, only, runs).run();
    }

    private void run() throws IOException, InterruptedException {
        Path home = Path.of(System.getProperty("kqueue.benchmarks.home", "."));
        Micro micro = new Micro(full ? 3000 : 1200, full ? 15 : 9, full ? 300 : 150);
        Servers servers = new Servers(home.resolve("target"), full ? 4000 : 2000, full ? 11 : 7, full ? 1500 : 700);
        for (int run = 1; run <= runs; run++) {
            System.err.println("run " + run + " of " + runs);
            micro(micro);
            servers(servers);
            counts(new Counts(home.resolve("target")), micro);
        }
        Report report = new Report(home.resolve("results"), full, runs, rows.values());
        System.out.println(report.table());
        if (only.pattern().isEmpty()) {
            report.write();
        }
        if (only.pattern().isEmpty() || only.matcher("charts").find()) {
            new Charts(report.folder(), micro, servers, full).draw();
        }
        long missed = rows.values().stream().map(Row::verdict)
                .filter(verdict -> !verdict.isEmpty() && !verdict.equals("met"))
                .count();
        System.out.println(missed == 0 ? "every target met" : missed + " targets missed");
    }

    private static double target(double on17, double on25) {
        return Java.FEATURE >= 22 ? on25 : on17;
    }

    private boolean wanted(String row) {
        boolean wanted = only.matcher(row).find();
        if (wanted) {
            System.err.println(row + " …");
        }
        return wanted;
    }

    private void micro(Micro micro) throws IOException {
        row(micro, "selectNow, nothing ready", "select", 1, 0, target(0.75, 1.0));
        row(micro, "1 ready of 1", "select", 1, 1, target(0.95, 1.15));
        row(micro, "1 ready of 1,024", "select", 1024, 1, target(0.95, 1.15));
        row(micro, "16 ready of 1,024", "select", 1024, 16, target(1.3, 1.4));
        row(micro, "256 ready of 1,024", "select", 1024, 256, 1.2);
        row(micro, "1,024 ready of 1,024", "select", 1024, 1024, 1.1);
        row(micro, "OP_WRITE on, selectNow, off, selectNow", "toggle-write", 1, 0, target(1.0, 1.2));
        row(micro, "OP_WRITE on and off, selectNow", "cancelled-out", 1, 0, target(1.0, 1.2));
        row(micro, "wakeup with nobody selecting, selectNow", "wakeup", 1, 0, 3.0);
        row(micro, "register, select, cancel, select", "register-cancel", 1, 0, target(1.1, 1.2));
        row(micro, "open, register, select, close, select", "open-close", 1, 0, target(1.0, 1.05));
    }

    private void row(Micro micro, String row, String work, int registered, int ready, double target)
            throws IOException {
        if (wanted(row)) {
            Micro.Pair pair = micro.compare("jdk", "kqueue", work, registered, ready);
            add(Result.ratio(row, "ns", pair.nanos(), target));
            boolean selects = work.equals("select") || work.equals("wakeup") || work.endsWith("e")
                    || work.endsWith("t");
            add(Result.count(row + ": allocated", "B", pair.theirBytes(), pair.ourBytes(),
                    selects && !work.startsWith("open") ? 0 : Double.NaN));
        }
    }

    private void servers(Servers servers) throws IOException, InterruptedException {
        int[][] loads = {{1, 0}, {50, 0}, {500, 0}, {50, 2000}};
        for (int[] load : loads) {
            String row = String.format(Locale.ROOT, "echo, %,d connection%s%s", load[0], load[0] == 1 ? "" : "s",
                    load[1] == 0 ? "" : String.format(Locale.ROOT, " beside %,d idle", load[1]));
            if (wanted(row)) {
                Servers.Pair pair = servers.compare("echo", load[0], load[1]);
                add(Result.ratio(row, "requests/s", pair.rate(), target(1.0, 1.02)));
                add(Result.ratio(row + ": server CPU", "µs/request", pair.cpu(), target(1.0, 1.02)));
            }
        }
        if (wanted("echo against C")) {
            Servers.Pair pair = servers.compareWithC(50);
            if (pair == null) {
                System.out.println("skipped: echo against C, there is no C compiler (cc)");
            } else {
                add(Result.ratio("echo, 50 connections, against a C server on epoll", "requests/s", pair.rate(), 0.9));
                add(Result.ratio("echo, 50 connections, against a C server on epoll: server CPU", "µs/request",
                        pair.cpu(), 0.9));
            }
        }
        if (wanted("dispatch, 50 connections")) {
            Servers.Pair pair = servers.compare("dispatch", 50, 0);
            double better = Math.max(pair.rate().ratio(), pair.cpu().ratio());
            // The target is about either of the two.
            add(Result.ratio("dispatch, 50 connections", "requests/s", pair.rate(),
                    pair.rate().ratio() == better ? 1.1 : Double.NaN));
            add(Result.ratio("dispatch, 50 connections: server CPU", "µs/request", pair.cpu(),
                    pair.cpu().ratio() == better ? 1.1 : Double.NaN));
        }
        if (wanted("connection churn")) {
            Servers.Pair pair = servers.compareChurn();
            add(Result.ratio("connection churn", "connections/s", pair.rate(), 1.0));
            add(Result.ratio("connection churn: server CPU", "µs/connection", pair.cpu(), 1.0));
        }
    }

    private void counts(Counts counts, Micro micro) throws IOException, InterruptedException {
        if (wanted("heap per key")) {
            add(Result.count("heap per registered key, 10,000 keys", "B", micro.heapPerKey("jdk"),
                    micro.heapPerKey("kqueue"), 140));
        }
        if (wanted("first open")) {
            Ratios opens = micro.firstOpen(full ? 15 : 7);
            add(Result.count("first Selector.open() in a fresh JVM", "ms", opens.theirMedian(), opens.ourMedian(),
                    opens.theirMedian() + 120));
        }
        if (!wanted("system calls")) {
            return;
        }
        if (!counts.isPossible()) {
            System.out.println("skipped: system calls, there is no strace, or it may not trace here");
            return;
        }
        add(counts.perWakeup());
        add(counts.perConnection());
        add(counts.perRequest());
    }
}
