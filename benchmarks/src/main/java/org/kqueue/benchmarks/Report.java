package org.kqueue.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.Collection;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/** The table, as text and as JSON. */
final class Report {

    private final Path folder;
    private final boolean full;
    private final int runs;
    private final Collection<Row> rows;

    Report(Path parent, boolean full, int runs, Collection<Row> rows) throws IOException {
        this.folder = Files.createDirectories(parent.resolve("jdk" + Java.FEATURE));
        this.full = full;
        this.runs = runs;
        this.rows = rows;
    }

    Path folder() {
        return folder;
    }

    private static String java() {
        return System.getProperty("java.vm.name") + " " + Runtime.version();
    }

    private static String machine() {
        return Runtime.getRuntime().availableProcessors() + " processors, " + System.getProperty("os.name") + " "
                + System.getProperty("os.version") + " " + System.getProperty("os.arch");
    }

    private String mode() {
        return runs + (full ? " full" : " short") + (runs == 1 ? " run" : " runs in a row");
    }

    /** In Markdown. */
    String table() {
        StringBuilder text = new StringBuilder();
        text.append(java()).append("; ").append(machine()).append("; ").append(LocalDate.now()).append("; ")
                .append(mode())
                .append("\n\n");
        text.append("| work | unit | JDK (or C) | kqueue | ratio of each run | target | |\n"
                + "|---|---|---|---|---|---|---|\n");
        for (Row row : rows) {
            Result one = row.first();
            text.append(String.format(Locale.ROOT, "| %s | %s | %s | %s | %s | %s | %s |%n", one.row(), one.unit(),
                    Result.number(row.theirs()), Result.number(row.ours()), row.figures(), row.targetText(),
                    row.verdict()));
        }
        return text.toString();
    }

    void write() throws IOException {
        StringBuilder json = new StringBuilder("{\n");
        json.append("  \"java\": \"").append(java()).append("\",\n  \"machine\": \"").append(machine())
                .append("\",\n  \"date\": \"").append(LocalDate.now()).append("\",\n  \"mode\": \"").append(mode())
                .append("\",\n  \"rows\": [\n");
        int left = rows.size();
        for (Row row : rows) {
            Result one = row.first();
            json.append(String.format(Locale.ROOT,
                    "    {\"work\": \"%s\", \"unit\": \"%s\", \"theirs\": %s, \"ours\": %s, "
                            + "\"%s\": %s, \"target\": %s, "
                            + "\"verdict\": \"%s\"}%s%n",
                    one.row(), one.unit(), list(row, Result::theirs), list(row, Result::ours),
                    one.ratio() ? "ratio" : "figure", list(row, Result::figure), json(row.target()), row.verdict(),
                    --left > 0 ? "," : ""));
        }
        Files.writeString(folder.resolve("results.json"), json.append("  ]\n}\n"));
        Files.writeString(folder.resolve("results.md"), table());
    }

    private static String list(Row row, ToDoubleFunction<Result> figure) {
        return row.runs().stream().map(run -> json(figure.applyAsDouble(run)))
                .collect(Collectors.joining(", ", "[", "]"));
    }

    private static String json(double value) {
        return Double.isFinite(value) ? String.format(Locale.ROOT, "%.3f", value) : "null";
    }
}
