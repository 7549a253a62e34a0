package org.kqueue.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import java.util.Locale;

/** The table, as text and as JSON. */
final class Report {

    private final Path folder;
    private final boolean full;
    private final List<Result> results;

    Report(Path parent, boolean full, List<Result> results) throws IOException {
        this.folder = Files.createDirectories(parent.resolve("jdk" + Java.FEATURE));
        this.full = full;
        this.results = results;
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

    /** In Markdown. */
    String table() {
        StringBuilder text = new StringBuilder();
        text.append(java()).append("; ").append(machine()).append("; ").append(LocalDate.now()).append("; ")
                .append(full ? "full" : "short").append(" run\n\n");
        text.append("| work | unit | JDK (or C) | kqueue | ratio | target | |\n|---|---|---|---|---|---|---|\n");
        for (Result r : results) {
            text.append(String.format(Locale.ROOT, "| %s | %s | %s | %s | %s | %s | %s |%n", r.row(), r.unit(),
                    Result.number(r.theirs()), Result.number(r.ours()), r.ratio() ? Result.number(r.figure()) : "",
                    r.targetText(), r.verdict()));
        }
        return text.toString();
    }

    void writeJson() throws IOException {
        StringBuilder json = new StringBuilder("{\n");
        json.append("  \"java\": \"").append(java()).append("\",\n  \"machine\": \"").append(machine())
                .append("\",\n  \"date\": \"").append(LocalDate.now()).append("\",\n  \"mode\": \"")
                .append(full ? "full" : "short").append("\",\n  \"rows\": [\n");
        for (int i = 0; i < results.size(); i++) {
            Result r = results.get(i);
            json.append(String.format(Locale.ROOT,
                    "    {\"work\": \"%s\", \"unit\": \"%s\", \"theirs\": %s, \"ours\": %s, \"ratio\": %s, \"target\": %s, "
                            + "\"verdict\": \"%s\"}%s%n",
                    r.row(), r.unit(), json(r.theirs()), json(r.ours()), r.ratio() ? json(r.figure()) : "null",
                    json(r.target()), r.verdict(), i + 1 < results.size() ? "," : ""));
        }
        Files.writeString(folder.resolve("results.json"), json.append("  ]\n}\n"));
        Files.writeString(folder.resolve("results.md"), table());
    }

    private static String json(double value) {
        return Double.isFinite(value) ? String.format(Locale.ROOT, "%.3f", value) : "null";
    }
}
