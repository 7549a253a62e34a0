package org.kqueue.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** The rows, as text and as JSON. */
final class Report {

    private final String header;
    private final Map<String, Row> rows = new LinkedHashMap<>();
    private final List<String> notes = new ArrayList<>();
    private int run;

    Report(Length length, int runs, String systemCall) {
        header = String.format(Locale.ROOT, "%s %s; %d processors, %s %s %s; a system call (getppid, called from C) "
                + "%s; %s; %d run%s, %s", System.getProperty("java.vm.name"), Runtime.version(),
                Runtime.getRuntime().availableProcessors(), System.getProperty("os.name"),
                System.getProperty("os.version"), System.getProperty("os.arch"), systemCall, LocalDate.now(), runs,
                runs == 1 ? "" : "s in a row", length.name().toLowerCase(Locale.ROOT));
    }

    void startRun() {
        run++;
    }

    /** The row of this name, new or as it is. The arguments must be the same each time. */
    Row row(String work, String unit, Side other, Measure measure, double target) {
        return rows.computeIfAbsent(work + "|" + unit + "|" + other,
                key -> new Row(work, unit, other, measure, target)).inRun(run);
    }

    Collection<Row> rows() {
        return rows.values();
    }

    /** A line below the table, about what is not in it. */
    void note(String line) {
        notes.add(line);
    }

    String missed() {
        long missed = rows.values().stream().filter(Row::isMissed).count();
        return missed == 0 ? "every target met" : missed + " targets missed";
    }

    String markdown() {
        return header + "\n\n| work | unit | compared with | its | kqueue | of each run | all pairs | target | |\n"
                + "|---|---|---|---|---|---|---|---|---|\n"
                + rows.values().stream().map(Row::markdown).collect(Collectors.joining())
                + notes.stream().map(line -> "\n" + line + "\n").collect(Collectors.joining());
    }

    void write(Path folder) throws IOException {
        Files.writeString(folder.resolve("results.md"), markdown());
        Files.writeString(folder.resolve("results.json"), "{\n  \"header\": \"" + header + "\",\n  \"rows\": [\n    "
                + rows.values().stream().map(Row::json).collect(Collectors.joining(",\n    ")) + "\n  ]\n}\n");
    }
}
