package org.kqueue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Which package may know which: imports point down, and the two backends never meet. */
class PackageRulesTest {

    private static final Path SOURCES = Path.of("src/main/java");
    private static final Pattern NAME_OF_OURS = Pattern.compile("\\b(org\\.kqueue(?:\\.[a-z]+)*)\\.[A-Z]\\w*");

    private static final Path CLASSES = Path.of("target/classes/org");
    private static final Pattern DEPENDENCE = Pattern.compile("^ +(\\S+) +-> (\\S+) +\\S+$", Pattern.MULTILINE);

    /** From the bottom up: a row may name only rows before it, so there is no circle. */
    private static final List<Map.Entry<String, Set<String>>> ROWS = List.of(
            Map.entry("org.kqueue", Set.of()),
            Map.entry("org.kqueue.bsd", Set.of("org.kqueue")),
            Map.entry("org.kqueue.linux.epoll", Set.of("org.kqueue")),
            Map.entry("org.kqueue.linux.changes", Set.of("org.kqueue")),
            Map.entry("org.kqueue.linux.readiness", Set.of("org.kqueue", "org.kqueue.linux.changes",
                    "org.kqueue.linux.epoll")),
            Map.entry("org.kqueue.linux.knotes", Set.of("org.kqueue", "org.kqueue.linux.changes",
                    "org.kqueue.linux.epoll")),
            Map.entry("org.kqueue.linux", Set.of("org.kqueue", "org.kqueue.linux.epoll", "org.kqueue.linux.knotes",
                    "org.kqueue.linux.readiness")),
            Map.entry("org.kqueue.nio.jdk", Set.of("org.kqueue", "org.kqueue.linux.epoll")),
            // Its events are called org.kqueue.Select and the like.
            Map.entry("org.kqueue.nio.jfr", Set.of("org.kqueue")),
            Map.entry("org.kqueue.nio.jmx", Set.of()),
            Map.entry("org.kqueue.nio", Set.of("org.kqueue", "org.kqueue.nio.jdk", "org.kqueue.nio.jfr",
                    "org.kqueue.nio.jmx")),
            Map.entry("org.kqueue.nio.channels", Set.of("org.kqueue", "org.kqueue.nio", "org.kqueue.nio.jdk")),
            Map.entry("org.kqueue.doctor", Set.of("org.kqueue", "org.kqueue.nio", "org.kqueue.nio.channels",
                    "org.kqueue.nio.jdk")));
    private static final Map<String, Set<String>> MAY_USE = ROWS.stream()
            .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));

    private static boolean mayUse(String one, String other) {
        return one.equals(other) || MAY_USE.getOrDefault(one, Set.of()).contains(other);
    }

    @Test
    void theRulesAllowNoCircle() {
        Set<String> below = new HashSet<>();
        for (Map.Entry<String, Set<String>> row : ROWS) {
            assertTrue(below.containsAll(row.getValue()), () -> row + " names a package that is not below it");
            below.add(row.getKey());
        }
    }

    @Test
    void sourcesNameWhatLiesBelowThem() throws IOException {
        List<String> breaches = new ArrayList<>();
        for (Path source : sources()) {
            String own = packageOf(source);
            assertTrue(MAY_USE.containsKey(own), () -> "add the package of " + source + " to the rules");
            // Not in text: org.kqueue finds the two backends by name.
            Matcher matcher = NAME_OF_OURS.matcher(code(source).replaceAll("\"[^\"\n]*\"", ""));
            while (matcher.find()) {
                if (!mayUse(own, matcher.group(1))) {
                    breaches.add(source + " uses " + matcher.group());
                }
            }
        }
        assertEquals(List.of(), breaches);
    }

    /** Also where a source names no class of a package, as in a chain of calls. */
    @Test
    void classesUseWhatLiesBelowThem() {
        StringWriter out = new StringWriter();
        PrintWriter writer = new PrintWriter(out);
        int status = ToolProvider.findFirst("jdeps").orElseThrow().run(writer, writer, "-verbose:package", "-regex",
                "org\\.kqueue.*", CLASSES.toString());
        assertEquals(0, status, out::toString);
        Set<String> seen = new HashSet<>();
        List<String> breaches = new ArrayList<>();
        DEPENDENCE.matcher(out.toString()).results().forEach(line -> {
            seen.add(line.group(1));
            if (!mayUse(line.group(1), line.group(2))) {
                breaches.add(line.group());
            }
        });
        assertTrue(seen.contains("org.kqueue.doctor"), out::toString);
        assertEquals(List.of(), breaches);
    }

    @Test
    void onlyTheSelectorAndItsChannelsNameClassesOfSunNioCh() throws IOException {
        Set<String> allowed = Set.of("org.kqueue.nio", "org.kqueue.nio.channels", "org.kqueue.nio.jdk");
        assertEquals(List.of(), sourcesWith("sun.nio.ch", allowed));
    }

    @Test
    void onePackageReachesIntoTheJdkByReflection() throws IOException {
        assertEquals(List.of(), sourcesWith("\"sun.nio.ch", Set.of("org.kqueue.nio.jdk")));
        assertEquals(List.of(), sourcesWith("privateLookupIn", Set.of("org.kqueue.nio.jdk")));
    }

    private static List<String> sourcesWith(String text, Set<String> allowedPackages) throws IOException {
        List<String> found = new ArrayList<>();
        for (Path source : sources()) {
            if (!allowedPackages.contains(packageOf(source)) && code(source).contains(text)) {
                found.add(source.toString());
            }
        }
        return found;
    }

    private static List<Path> sources() throws IOException {
        try (Stream<Path> files = Files.walk(SOURCES.resolve("org"))) {
            List<Path> sources = files.filter(file -> file.toString().endsWith(".java")).toList();
            assertFalse(sources.isEmpty());
            return sources;
        }
    }

    private static String packageOf(Path source) {
        return SOURCES.relativize(source.getParent()).toString().replace('/', '.');
    }

    /** The text without comments. */
    private static String code(Path source) throws IOException {
        return Files.readString(source).replaceAll("(?s)/\\*.*?\\*/", "").replaceAll("(?m)//.*$", "");
    }
}
