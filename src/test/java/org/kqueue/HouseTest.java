package org.kqueue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Who may know whom. The API stands alone, the two backends never meet, and one package names the JDK's internals. */
class HouseTest {

    private static final Path SOURCES = Path.of("src", "main", "java");
    private static final Pattern OURS = Pattern.compile("\\b(org\\.kqueue(?:\\.[a-z]+)*)\\.[A-Z]");
    private static final Pattern INTERNALS = Pattern.compile("\\bsun[./]nio[./]ch\\b");
    private static final String OPENER = "org.kqueue.nio.jdk";

    private static final Map<String, Set<String>> MAY_NAME = Map.of(
            "org.kqueue", Set.of(),
            "org.kqueue.bsd", Set.of("org.kqueue"),
            "org.kqueue.linux", Set.of("org.kqueue"),
            "org.kqueue.trace", Set.of("org.kqueue"),
            OPENER, Set.of(),
            "org.kqueue.nio", Set.of("org.kqueue", OPENER),
            "org.kqueue.nio.channels", Set.of("org.kqueue", "org.kqueue.nio", OPENER));

    @Test
    void packagesNameOnlyThoseBelowThem() throws IOException {
        for (Path file : sources()) {
            String own = packageOf(file);
            Set<String> allowed = MAY_NAME.get(own);
            assertNotNull(allowed, own + " has no place in the house");
            Set<String> named = new TreeSet<>();
            OURS.matcher(code(file)).results().forEach(found -> named.add(found.group(1)));
            named.remove(own);
            named.removeAll(allowed);
            assertEquals(Set.of(), named, file.toString());
        }
    }

    @Test
    void onePackageNamesTheInternalsOfTheJdk() throws IOException {
        for (Path file : sources()) {
            if (!packageOf(file).equals(OPENER)) {
                assertFalse(INTERNALS.matcher(code(file)).find(), file.toString());
            }
        }
    }

    private static List<Path> sources() throws IOException {
        try (Stream<Path> files = Files.walk(SOURCES)) {
            return files.filter(file -> file.toString().endsWith(".java")).toList();
        }
    }

    private static String packageOf(Path file) {
        return SOURCES.relativize(file.getParent()).toString().replace(file.getFileSystem().getSeparator(), ".");
    }

    /** Without comments, which may speak of anything. */
    private static String code(Path file) throws IOException {
        return Files.readString(file).replaceAll("(?s)/\\*.*?\\*/", "").replaceAll("//[^\\n]*", "");
    }
}
