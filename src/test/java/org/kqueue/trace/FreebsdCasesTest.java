package org.kqueue.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The 158 single cases of a FreeBSD 12.3 kernel on the embedded kqueue, line by line. What was done between the lines
 * is in {@code freebsd-cases.play}; what may differ, a rule of {@link CaseDifference} at the lines that the script
 * names; what cannot be performed has a reason, {@link NotPerformed}.
 */
@Timeout(60)
class FreebsdCasesTest {

    private static final Path FOLDER = Path.of("src/test/resources/traces");
    private static final int CASES = 158;
    private static final int LINES = 893;
    private static final int SKIPPED = 11;

    private static final Map<CaseDifference, Integer> USES = new EnumMap<>(CaseDifference.class);
    private static int compared;
    private static int skipped;

    static List<CaseLine.Case> cases() throws IOException {
        return CaseLine.read(FOLDER.resolve("freebsd-cases.txt"));
    }

    private static Map<String, List<CaseScript.Step>> scripts() throws IOException {
        return CaseScript.read(FOLDER.resolve("freebsd-cases.play"));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void doesWhatFreebsdDid(CaseLine.Case one, @TempDir Path directory) throws Exception {
        Assumptions.assumeTrue(HostConstants.CURRENT.linux(), "the embedded kqueue is Linux's");
        CasePlayer.Report report = CasePlayer.play(one, scripts().get(one.name()), directory);
        assertEquals(one.lines().size(), report.compared() + report.skipped(), "each line is compared or has a reason");
        compared += report.compared();
        skipped += report.skipped();
        report.uses().forEach((rule, count) -> USES.merge(rule, count, Integer::sum));
    }

    /** By the scripts alone, so that it holds whichever cases are run. */
    @Test
    void noLineIsLeftOut() throws IOException {
        Map<String, List<CaseScript.Step>> scripts = scripts();
        List<CaseLine.Case> cases = cases();
        assertEquals(CASES, cases.size());
        assertEquals(cases.stream().map(CaseLine.Case::name).toList(), List.copyOf(scripts.keySet()));
        assertEquals(LINES, cases.stream().mapToInt(one -> one.lines().size()).sum());
        int skips = scripts.values().stream().flatMap(List::stream).mapToInt(step -> step.verb().equals("skip") ? 1
                : 0).sum();
        assertEquals(SKIPPED, skips);
        for (CaseLine.Case one : cases) {
            int consumed = 0;
            boolean all = false;
            for (CaseScript.Step step : scripts.get(one.name())) {
                consumed += step.verb().equals("join") ? step.words().size() - 1
                        : step.verb().equals(">") || step.verb().equals("skip") || step.template() != null ? 1 : 0;
                all |= step.verb().equals(">*");
            }
            assertTrue(all ? consumed < one.lines().size() : consumed == one.lines().size(),
                    one + ": " + one.lines().size() + " lines, the script consumes " + consumed);
        }
    }

    @AfterAll
    static void tell() throws IOException {
        Map<String, Long> reasons = scripts().values().stream().flatMap(List::stream).filter(step ->
                step.verb().equals("skip"))
                .collect(Collectors.groupingBy(step -> NotPerformed.valueOf(step.words().get(1)).reason,
                        Collectors.counting()));
        System.out.println("freebsd-cases: " + compared + " lines compared, " + skipped + " not performed " + reasons
                + ", by rules " + USES);
    }
}
