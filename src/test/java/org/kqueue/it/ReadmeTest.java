package org.kqueue.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.kqueue.Kqueue;
import org.kqueue.KqueueConfig;

/** The README says what is so. */
class ReadmeTest {

    private static final Pattern PROPERTY = Pattern.compile("\"(org\\.kqueue\\.[a-z]+)\"");
    private static final Pattern TABLE_ROW = Pattern.compile("^\\| `(org\\.kqueue\\.[a-z]+)` \\|", Pattern.MULTILINE);
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)]+)\\)");
    private static final Pattern SOURCE = Pattern.compile("src/[A-Za-z/]+\\.java");
    private static final Pattern JAR = Pattern.compile("kqueue-nio-([0-9][^ :`]*?)-all\\.jar");
    private static final Pattern VERSION = Pattern.compile("<artifactId>kqueue-nio</artifactId>\\s*<version>([^<]+)<");

    private final String readme = read(Path.of("README.md"));

    @Test
    void listsThePropertiesThatTheCodeReads() throws IOException {
        Set<String> inCode = new TreeSet<>();
        try (Stream<Path> files = Files.walk(Path.of("src", "main", "java"))) {
            files.filter(file -> file.toString().endsWith(".java"))
                    .forEach(file -> inCode.addAll(groups(PROPERTY, read(file))));
        }
        inCode.removeIf(name -> Files.isDirectory(Path.of("src/main/java", name.replace('.', '/'))));
        assertTrue(inCode.contains(KqueueConfig.BACKEND), inCode::toString);
        assertEquals(inCode, groups(TABLE_ROW, readme));
    }

    @Test
    void namesTheVersionThatIsBuilt() {
        assertEquals(groups(VERSION, read(Path.of("pom.xml"))), groups(JAR, readme));
    }

    @Test
    void namesFilesThatExist() {
        Stream.concat(groups(LINK, readme).stream().filter(link -> !link.startsWith("http")),
                groups(SOURCE, readme).stream())
                .forEach(file -> assertTrue(Files.exists(Path.of(file)), file));
    }

    @Test
    void everyAbiNamedInTheTableIsKnown() {
        String row = readme.lines().filter(line -> line.startsWith("| `" + KqueueConfig.ABI)).findFirst().orElseThrow();
        Set<String> named = groups(Pattern.compile("`([a-z0-9]+)`"), row.split("\\|")[2]);
        KqueueConfig config = new KqueueConfig(KqueueConfig.AUTO, null, "unknown", KqueueConfig.Detail.FULL);
        String allowed = assertThrows(IllegalArgumentException.class, () -> Kqueue.open(config)).getMessage();
        Set<String> known = groups(Pattern.compile("([a-z0-9]+)"), allowed.substring(allowed.indexOf("allowed:") + 8));
        assertEquals(known, named);
    }

    private static Set<String> groups(Pattern pattern, String text) {
        return pattern.matcher(text).results().map(found -> found.group(Math.min(1, found.groupCount())))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
