package org.kqueue.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Each item of {@code checklist.txt} is asserted by a test, or says which published difference or recording it is. */
class ChecklistTest {

    private static final Path TESTS = Path.of("target/test-classes");
    private static final Path DIFFERENCES = Path.of("src/site/markdown/freebsd-differences.md");

    /** What stands for a test where there is none; kind is empty where a test is needed. */
    private record Item(String kind, String reason) {
    }

    /** What an item may refer to. */
    private record Sources(Set<String> covered, String differences, Set<String> cases) {
    }

    private static Map<String, Item> items(String checklist) {
        Map<String, Item> items = new LinkedHashMap<>();
        for (String line : checklist.lines().filter(line -> !line.isBlank() && !line.startsWith("#")).toList()) {
            String name = line.substring(0, line.indexOf(" | "));
            int arrow = line.indexOf(" => ");
            String reason = arrow < 0 ? "" : line.substring(arrow + 4);
            String kind = reason.isEmpty() ? "" : reason.split("[: ]", 2)[0];
            Item item = new Item(kind, kind.isEmpty() ? "" : reason.substring(kind.length()).replaceFirst("^:? ", ""));
            assertTrue(items.put(name, item) == null, () -> name + " is there twice");
        }
        return items;
    }

    private static List<String> gaps(Map<String, Item> items, Sources sources) {
        List<String> gaps = new ArrayList<>();
        for (String name : sources.covered) {
            if (!items.containsKey(name)) {
                gaps.add("a test covers " + name + ", which is not in the list");
            }
        }
        items.forEach((name, item) -> {
            boolean accounted = switch (item.kind) {
                case "" -> sources.covered.contains(name);
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

    private static Set<String> covered() throws IOException, ClassNotFoundException {
        Set<String> covered = new TreeSet<>();
        List<Path> files;
        try (Stream<Path> all = Files.walk(TESTS.resolve("org/kqueue"))) {
            files = all.filter(file -> file.toString().endsWith("Test.class")).toList();
        }
        for (Path file : files) {
            String bytes = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
            if (!bytes.contains("Lorg/kqueue/contract/Covers;")) {
                continue;
            }
            String name = TESTS.relativize(file).toString().replace('/', '.').replaceFirst("\\.class$", "");
            for (Method method : Class.forName(name, false,
                    ChecklistTest.class.getClassLoader()).getDeclaredMethods()) {
                Covers covers = method.getAnnotation(Covers.class);
                if (covers != null) {
                    assertTrue(method.isAnnotationPresent(Test.class), () -> method + " is no test");
                    covered.addAll(List.of(covers.value()));
                }
            }
        }
        return covered;
    }

    private static String checklist() throws IOException {
        try (InputStream in = ChecklistTest.class.getResourceAsStream("checklist.txt")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static Sources sources() throws IOException, ClassNotFoundException {
        Set<String> cases = Files.readAllLines(CASES).stream().filter(line -> line.startsWith("CASE "))
                .map(line -> line.substring("CASE ".length())).collect(Collectors.toSet());
        return new Sources(covered(), Files.readString(DIFFERENCES), cases);
    }

    private static final Path CASES = Path.of("src/test/resources/traces/freebsd-cases.trace");

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
        Map<String, Item> items = items(String.join("\n", "# no item", "a 1 | tested", "a 2 | not tested",
                "a 3 | known => differs: a row", "a 4 | known => differs: no row", "a 5 | recorded => replayed: a case",
                "a 6 | recorded => replayed: no case", "a 7 | other => as a 1", "a 8 | other => as a 9",
                "a 10 | excused => because: it is hard"));
        Sources sources = new Sources(new TreeSet<>(Set.of("a 1", "b 1")), "| a row | of the table |",
                Set.of("a case"));
        assertEquals(List.of("a test covers b 1, which is not in the list", "a 2 has no test",
                "a 4: there is no differs no row", "a 6: there is no replayed no case", "a 8: there is no as a 9",
                "a 10: there is no because it is hard"), gaps(items, sources));
    }
}
