package org.kqueue.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kqueue.Kqueue;
import org.kqueue.KqueueConfig;

/** README, pages and the texts for contributors: links lead somewhere, and the names they use exist. */
class DocumentationTest {

    private static final Path README = Path.of("README.md");
    private static final Path PAGES = Path.of("src/site/markdown");
    private static final List<Path> SOURCES = List.of(Path.of("src"), Path.of("benchmarks/src"));
    private static final int COLUMNS = 120;

    private static final Pattern PROPERTY = Pattern.compile("\"(org\\.kqueue\\.[a-z]+)\"");
    private static final Pattern TABLE_ROW = Pattern.compile("^\\| `(org\\.kqueue\\.[a-z]+)` \\|", Pattern.MULTILINE);
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
    private static final Pattern HEADING = Pattern.compile("^#+ (.+)$", Pattern.MULTILINE);
    private static final Pattern CODE_BLOCK = Pattern.compile("^```.*?^```$", Pattern.MULTILINE | Pattern.DOTALL);
    private static final Pattern JAVA = Pattern.compile("^```java$(.*?)^```$", Pattern.MULTILINE | Pattern.DOTALL);
    private static final Pattern FILE = Pattern.compile("(?<![\\w./-])(?:src|benchmarks|\\.ci|\\.github)/[\\w./-]*\\w");
    private static final Pattern CLASS = Pattern.compile("org\\.kqueue(?:\\.[a-z]+)*\\.[A-Z]\\w+");
    private static final Pattern METHOD = Pattern.compile("\\b[A-Z]\\w+\\.[a-z]\\w+\\b(?!\\.)");
    private static final Pattern FLIGHT_EVENT = Pattern.compile("@Name\\(\"([^\"]+)\"\\)");
    private static final Pattern VERSION = Pattern.compile("<artifactId>kqueue-nio</artifactId>\\s*<version>([^<]+)<");
    private static final Pattern JAR = Pattern.compile("kqueue-nio-([0-9][^ :`*]*?)-all\\.jar");
    private static final Pattern RULE = Pattern.compile("new Rule\\(\"([A-Z0-9_]+)\"");
    private static final Pattern RULE_IN_ROW = Pattern.compile("`([A-Z0-9_]+)` \\|$", Pattern.MULTILINE);
    private static final Pattern ASSERTED_COUNT = Pattern.compile("assertEquals\\((\\d[\\d_]{2,}), ");
    private static final Pattern MENU_ITEM = Pattern.compile("href=\"([\\w-]+)\\.html\"");

    private final Map<Path, String> texts = texts();
    private final String readme = texts.get(README);

    private static Map<Path, String> texts() {
        Map<Path, String> texts = new TreeMap<>();
        texts.put(README, read(README));
        for (Path folder : List.of(PAGES, Path.of(".github"))) {
            for (Path file : files(folder, ".md")) {
                texts.put(file, read(file));
            }
        }
        return texts;
    }

    @Test
    void everyRelativeLinkLeadsToAFileAndAHeading() {
        assertEquals(List.of(), findings(DocumentationTest::links, link -> !resolves(link)));
    }

    private record Link(Path from, String target) {
        @Override
        public String toString() {
            return target;
        }
    }

    private static Stream<Link> links(Path file, String text) {
        return groups(LINK, withoutCode(text)).stream().filter(link -> !link.matches("[a-z]+:.*"))
                .map(link -> new Link(file, link));
    }

    private boolean resolves(Link link) {
        String[] parts = link.target.split("#", 2);
        Path file = parts[0].isEmpty() ? link.from : link.from.resolveSibling(parts[0]).normalize();
        return Files.exists(file) && (parts.length == 1 || anchors(read(file)).contains(parts[1]));
    }

    /** As GitHub makes them of headings. */
    private static Set<String> anchors(String text) {
        return groups(HEADING, withoutCode(text)).stream()
                .map(title -> title.toLowerCase(Locale.ROOT).replaceAll("[^\\p{L}\\p{N} _-]", "").replace(' ', '-'))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void aPageLinksToNothingButPagesSoThatTheSiteHasNoDeadLink() {
        Set<String> pages = files(PAGES, ".md").stream().map(file -> file.getFileName().toString())
                .collect(Collectors.toSet());
        assertEquals(List.of(), findings(DocumentationTest::links,
                link -> link.from.startsWith(PAGES) && !pages.contains(link.target)));
    }

    @Test
    void everyPageIsInTheReadmeTheIndexAndTheMenu() {
        Set<String> pages = files(PAGES, ".md").stream()
                .map(file -> file.getFileName().toString().replace(".md", "")).collect(Collectors.toSet());
        assertEquals(pages, groups(MENU_ITEM, read(Path.of("src/site/site.xml"))));
        pages.remove("index");
        assertEquals(pages, groups(Pattern.compile("\\]\\(([\\w-]+)\\.md\\)"), texts.get(PAGES.resolve("index.md"))));
        assertEquals(pages, groups(Pattern.compile("\\]\\(src/site/markdown/([\\w-]+)\\.md\\)"), readme));
    }

    @Test
    void filesThatAreNamedExist() {
        assertEquals(List.of(), findings((file, text) -> groups(FILE, text).stream(),
                name -> !Files.exists(Path.of(name))));
    }

    @Test
    void classesThatAreNamedExist() {
        Set<String> known = new TreeSet<>();
        for (Path folder : SOURCES) {
            for (Path file : files(folder, ".java")) {
                String path = file.toString().replace('\\', '/');
                known.add(path.substring(path.indexOf("/java/") + 6).replace(".java", "").replace('/', '.'));
                known.addAll(groups(FLIGHT_EVENT, read(file)));
            }
        }
        assertTrue(known.containsAll(Set.of("org.kqueue.Kqueue", "org.kqueue.Select")), known::toString);
        assertEquals(List.of(), findings((file, text) -> groups(CLASS, text).stream(),
                name -> !known.contains(name)));
    }

    @Test
    void methodsThatAreNamedExist() {
        Map<String, String> sources = new TreeMap<>();
        for (Path file : files(Path.of("src/main/java"), ".java")) {
            sources.merge(file.getFileName().toString().replace(".java", ""), read(file), String::concat);
        }
        assertEquals(List.of(), findings((file, text) -> groups(METHOD, text).stream(), name -> {
            String[] parts = name.split("\\.");
            return sources.containsKey(parts[0]) && !sources.get(parts[0]).contains(parts[1] + "(");
        }));
    }

    @Test
    void theReadmeFitsTheScreen() {
        assertEquals(List.of(), readme.lines().filter(line -> line.length() > COLUMNS).toList());
    }

    @Test
    void theReadmeListsThePropertiesThatTheCodeReads() {
        Path sources = Path.of("src/main/java");
        Set<String> inCode = new TreeSet<>();
        for (Path file : files(sources, ".java")) {
            inCode.addAll(groups(PROPERTY, read(file)));
        }
        inCode.remove("org.kqueue.nio");
        assertEquals(inCode, groups(TABLE_ROW, readme));
    }

    @Test
    void theReadmeListsTheAbisThatAreKnown() {
        String row = readme.lines().filter(line -> line.startsWith("| `" + KqueueConfig.ABI)).findFirst().orElseThrow();
        Set<String> named = groups(Pattern.compile("`([a-z0-9]+)`"), row.split("\\|")[2]);
        KqueueConfig config = new KqueueConfig(KqueueConfig.AUTO, null, "unknown", KqueueConfig.Detail.FULL);
        String allowed = assertThrows(IllegalArgumentException.class, () -> Kqueue.open(config)).getMessage();
        Set<String> known = groups(Pattern.compile("([a-z0-9]+)"), allowed.substring(allowed.indexOf("allowed:") + 8));
        assertEquals(known, named);
    }

    @Test
    void thePageOfDifferencesHasARowForEachRuleOfTheReplayAndItsCounts() {
        Path tests = Path.of("src/test/java/org/kqueue/trace");
        String page = texts.get(PAGES.resolve("freebsd-differences.md"));
        Set<String> rules = groups(RULE, read(tests.resolve("Rules.java")) + read(tests.resolve("NetbsdRules.java")));
        assertTrue(rules.contains("STALE_ONESHOT"), rules::toString);
        assertEquals(rules, groups(RULE_IN_ROW, page));
        Set<String> counts = groups(ASSERTED_COUNT, read(tests.resolve("TraceReplayTest.java")));
        assertTrue(counts.size() > 1, counts::toString);
        assertEquals(List.of(), counts.stream().map(count -> count.replace('_', ','))
                .filter(count -> !page.contains(" " + count + " ")).toList());
    }

    @Test
    void theVersionIsTheOneThatIsBuilt() {
        Set<String> built = groups(VERSION, read(Path.of("pom.xml")));
        assertEquals(built, groups(VERSION, readme));
        for (String text : texts.values()) {
            Set<String> named = groups(JAR, text);
            assertTrue(built.containsAll(named), named::toString);
        }
    }

    @Test
    void theExampleOfTheReadmeCompiles(@TempDir Path folder) throws IOException {
        String example = JAVA.matcher(readme).results().findFirst().orElseThrow().group(1);
        Path source = Files.writeString(folder.resolve("Example.java"), """
                import java.time.Duration;
                import org.kqueue.*;
                import org.kqueue.nio.*;
                class Example {
                    static void run(java.nio.channels.SelectableChannel channel) throws java.io.IOException {
                        %s
                    }
                }
                """.formatted(example));
        StringWriter messages = new StringWriter();
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        try (var files = compiler.getStandardFileManager(null, null, null)) {
            assertTrue(compiler.getTask(messages, files, null, List.of("--release", "17", "-proc:none", "-d",
                    folder.toString(), "-cp", "target/classes"), null, files.getJavaFileObjects(source)).call(),
                    messages::toString);
        }
    }

    private interface Search<T> {
        Stream<T> in(Path file, String text);
    }

    /** What is wrong, each with its file. */
    private <T> List<String> findings(Search<T> search, Predicate<T> isWrong) {
        List<String> findings = new ArrayList<>();
        texts.forEach((file, text) -> search.in(file, text).filter(isWrong)
                .forEach(found -> findings.add(file + ": " + found)));
        return findings;
    }

    private static String withoutCode(String text) {
        return CODE_BLOCK.matcher(text).replaceAll("");
    }

    private static Set<String> groups(Pattern pattern, String text) {
        return pattern.matcher(text).results().map(DocumentationTest::group)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static String group(MatchResult found) {
        return found.group(Math.min(1, found.groupCount()));
    }

    private static List<Path> files(Path folder, String ending) {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().endsWith(ending)).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
