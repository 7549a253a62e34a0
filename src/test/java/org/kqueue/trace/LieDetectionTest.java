package org.kqueue.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.kqueue.Kqueue;
import org.kqueue.KqueueConfig;

/**
 * The comparison notices a kqueue that is wrong, with the rules of either kernel: no rule is so wide that it hides the
 * error.
 */
class LieDetectionTest {

    private static final Path TRACES = Path.of("src/test/resources/traces");
    private static final KqueueConfig EMBEDDED = new KqueueConfig("embedded", null, null, KqueueConfig.Detail.FULL);
    private static final int OF_EACH_FAMILY = 40;
    /** A rule may hide the lie where it shows once, not each time. */
    private static final int ENOUGH = 2;

    /** How many traces of the families that a lie shows in are found to differ; not more than are enough. */
    private static int noticed(LyingKqueue.Lie lie, String kernel) throws IOException {
        Assumptions.assumeTrue(HostConstants.CURRENT.linux(), "the embedded kqueue is Linux's");
        int noticed = 0;
        for (String family : families(lie)) {
            String name = kernel + family;
            Replay replay = new Replay(() -> new LyingKqueue(Kqueue.open(EMBEDDED), lie), 1, Rule.forFile(name));
            for (Trace trace : TraceReader.read(TRACES.resolve(name + ".trace")).subList(0, OF_EACH_FAMILY)) {
                if (noticed + replay.differences().size() < ENOUGH) {
                    replay.replay(trace);
                }
            }
            noticed += replay.differences().size();
        }
        return noticed;
    }

    private static void assertNoticed(LyingKqueue.Lie lie, String kernel) throws IOException {
        assertEquals(ENOUGH, noticed(lie, kernel), "traces that differ");
    }

    private static List<String> families(LyingKqueue.Lie lie) {
        return switch (lie) {
            case KQUEUE_LOST, KQUEUE_ONCE, KQUEUE_PLUS_ONE -> List.of("nested");
            case NO_FFLAGS -> List.of("tcp");
            default -> List.of("dispatch", "errors", "unixfull");
        };
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NO_FFLAGS")
    void aLieIsNoticedWithTheRulesOfFreebsd(LyingKqueue.Lie lie) throws IOException {
        assertNoticed(lie, "freebsd-");
    }

    @ParameterizedTest
    @EnumSource
    void aLieIsNoticedWithTheRulesOfNetbsd(LyingKqueue.Lie lie) throws IOException {
        assertNoticed(lie, "bsd-");
    }
}
