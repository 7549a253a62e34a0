package org.kqueue.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Each item of {@code checklist.txt} names tests that exist, or says which published difference or recording it is. A
 * test that is renamed is renamed there, too.
 */
class ChecklistTest {

    private static final Path DIFFERENCES = Path.of("src/site/markdown/freebsd-differences.md");
    private static final Path CASES = Path.of("src/test/resources/traces/freebsd-cases.trace");

    /** The tests of an item, and what stands for them where there are none; kind is empty where tests are needed. */
    private record Item(List<String> tests, String kind, String reason) {
    }

    /** What an item may refer to. */
    private record Sources(Predicate<String> tests, String differences, Set<String> cases) {
    }

    private static Map<String, Item> items(String checklist) {
        Map<String, Item> items = new LinkedHashMap<>();
        List<String> tests = null;
        for (String line : checklist.lines().filter(line -> !line.isBlank() && !line.startsWith("#")).toList()) {
            if (line.startsWith(" ")) {
                tests.add(line.strip());
                continue;
            }
            String name = line.substring(0, line.indexOf(" | "));
            int arrow = line.indexOf(" => ");
            String reason = arrow < 0 ? "" : line.substring(arrow + 4);
            String kind = reason.isEmpty() ? "" : reason.split("[: ]", 2)[0];
            tests = new ArrayList<>();
            Item item = new Item(tests, kind, kind.isEmpty() ? ""
                    : reason.substring(kind.length()).replaceFirst("^:? ", ""));
            assertTrue(items.put(name, item) == null, () -> name + " is there twice");
        }
        return items;
    }

    private static List<String> gaps(Map<String, Item> items, Sources sources) {
        List<String> gaps = new ArrayList<>();
        items.forEach((name, item) -> {
            for (String test : item.tests) {
                if (!sources.tests.test(test)) {
                    gaps.add(name + ": there is no test " + test);
                }
            }
            boolean accounted = switch (item.kind) {
                case "" -> !item.tests.isEmpty();
                case "differs" -> sources.differences.contains(item.reason);
                case "replayed" -> sources.cases.contains(item.reason);
                case "as" -> items.containsKey(item.reason) && !items.get(item.reason).kind.equals("as");
                default -> false;
            };
            if (!accounted) {
                gaps.add(name + (item.kind.isEmpty() ? " has no test" : ": there is no " + item.kind + " "
                        + item.reason));
            }
        });
        return gaps;
    }

    /** Whether {@code Class.method} is a test method. */
    private static boolean isTest(String test) {
        int dot = test.lastIndexOf('.');
        String type = test.substring(0, dot);
        String name = type.indexOf('.') < 0 ? ChecklistTest.class.getPackageName() + "." + type : type;
        try {
            return Stream.of(Class.forName(name, false, ChecklistTest.class.getClassLoader()).getDeclaredMethods())
                    .anyMatch(method -> method.getName().equals(test.substring(dot + 1))
                            && method.isAnnotationPresent(Test.class));
        } catch (ClassNotFoundException e) {
            return false;
        }
    }

    private static String checklist() throws IOException {
        try (InputStream in = ChecklistTest.class.getResourceAsStream("checklist.txt")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static Sources sources() throws IOException {
        Set<String> cases = Files.readAllLines(CASES).stream().filter(line -> line.startsWith("CASE "))
                .map(line -> line.substring("CASE ".length())).collect(Collectors.toSet());
        return new Sources(ChecklistTest::isTest, Files.readString(DIFFERENCES), cases);
    }

    @Test
    void everyItemIsTestedOrAKnownDifference() throws Exception {
        assertEquals(List.of(), gaps(items(checklist()), sources()));
    }

    @Test
    void theListIsWhole() throws Exception {
        Map<String, Integer> counts = Map.of("facts", 75, "user", 22, "timer", 14, "process", 12, "signal", 8,
                "vnode", 21, "call", 21, "descriptor", 8, "waiter", 7, "socket", 34);
        Set<String> expected = new TreeSet<>();
        counts.forEach((group, count) -> IntStream.rangeClosed(1, count).forEach(i -> expected.add(group + " " + i)));
        IntStream.rangeClosed(1, 36).forEach(i -> expected.add("netbsd " + i));
        assertEquals(expected, new TreeSet<>(items(checklist()).keySet()));
    }

    @Test
    void aGapIsFound() throws Exception {
        Map<String, Item> items = items("""
                # no item
                a 1 | tested
                    Some.test
                a 2 | not tested
                a 3 | known => differs: a row
                a 4 | known => differs: no row
                a 5 | recorded => replayed: a case
                a 6 | recorded => replayed: no case
                a 7 | other => as a 1
                a 8 | other => as a 9
                a 10 | excused => because: it is hard
                a 11 | tested by what is gone
                    Some.test
                    Some.gone
                """);
        Sources sources = new Sources("Some.test"::equals, "| a row | of the table |", Set.of("a case"));
        assertEquals(List.of("a 2 has no test", "a 4: there is no differs no row", "a 6: there is no replayed no case",
                "a 8: there is no as a 9", "a 10: there is no because it is hard", "a 11: there is no test Some.gone"),
                gaps(items, sources));
    }

    @Test
    void aTestIsAMethodThatJunitRuns() {
        assertTrue(isTest("ChecklistTest.theListIsWhole"));
        assertTrue(isTest("org.kqueue.contract.ChecklistTest.theListIsWhole"));
        assertFalse(isTest("ChecklistTest.isTest"));
        assertFalse(isTest("ChecklistTest.goneTest"));
        assertFalse(isTest("GoneTest.theListIsWhole"));
    }
}
