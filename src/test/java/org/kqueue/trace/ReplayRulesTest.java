package org.kqueue.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.kqueue.trace.Acceptance.follow;
import static org.kqueue.trace.Acceptance.isAccepted;
import static org.kqueue.trace.Acceptance.isAcceptedBefore;
import static org.kqueue.trace.Acceptance.step;

import java.io.IOException;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Wrong results that the comparison must refuse, whatever rules it is given. */
class ReplayRulesTest {

    private static final String RECORDED = "K n=8 -> 2 {a0 READ data=5 udata=1} {b0 WRITE udata=2}";

    @ParameterizedTest
    @ValueSource(strings = {
        "K n=8 -> 0",
        "K n=8 -> 1 {a0 READ data=5 udata=1}",
        "K n=8 -> 2 {a0 READ data=4 udata=1} {b0 WRITE udata=2}",
        "K n=8 -> 2 {a0 READ data=5 udata=3} {b0 WRITE udata=2}",
        "K n=8 -> 2 {a0 READ EOF data=5 udata=1} {b0 WRITE udata=2}",
        "K n=8 -> 2 {a0 READ ONESHOT data=5 udata=1} {b0 WRITE udata=2}",
        "K n=8 -> 2 {a0 READ data=5 fflags=54 udata=1} {b0 WRITE udata=2}",
        "K n=8 -> 2 {a1 READ data=5 udata=1} {b0 WRITE udata=2}",
        "K n=8 -> 2 {a0 READ data=5 udata=1} {a0 READ data=5 udata=1}",
        "K n=8 -> 3 {a0 READ data=5 udata=1} {b0 WRITE udata=2} {b1 WRITE udata=2}",
        "K n=8 -> -1 errno=2",
    })
    void wrongEventsAreRefused(String seen) throws IOException {
        assertFalse(isAccepted(RECORDED, seen));
    }

    @Test
    void anotherOrderIsRefused() throws IOException {
        String turned = " -> 2 {b0 WRITE udata=2} {a0 READ data=5 udata=1}";
        assertFalse(isAccepted(RECORDED, "K n=8" + turned));
        assertFalse(isAccepted(RECORDED.replace("n=8", "n=2"), "K n=2" + turned));
    }

    @Test
    void anotherOrderIsAcceptedAfterAShutdownOfOneOfThem() throws IOException {
        String add = "K [a0 READ ADD 1] [b0 WRITE ADD 2] [a1 WRITE ADD 3] [b1 WRITE ADD 4] n=8 -> 0";
        String recorded = "K n=8 -> 3 {a0 READ data=5 udata=1} {b0 WRITE udata=2} {a1 WRITE udata=3}";
        String turned = "K n=8 -> 3 {b0 WRITE udata=2} {a0 READ data=5 udata=1} {a1 WRITE udata=3}";
        assertTrue(isAccepted(recorded, turned, add, "SHUTWR a0"));
        assertFalse(isAccepted(recorded, turned, add));
        assertFalse(isAccepted(recorded, turned, add, "SHUTWR a0", recorded));
        assertFalse(isAccepted(recorded, recorded.replace("data=5", "data=4"), add, "SHUTWR a0"));
        assertFalse(isAccepted("K n=8 -> 2 {a1 WRITE udata=3} {b1 WRITE udata=4}",
                "K n=8 -> 2 {b1 WRITE udata=4} {a1 WRITE udata=3}", add, "SHUTWR a0"));
    }

    @Test
    void aShutdownFiresClearKnotesOnly() throws IOException {
        String add = "K [b0 WRITE ADD%s 7] n=8 -> 1 {b0 WRITE udata=7}";
        String seen = "K n=8 -> 1 {b0 WRITE udata=7}";
        assertTrue(isAccepted("K n=8 -> 0", seen, add.formatted("|CLEAR"), "SHUTWR a0"));
        assertFalse(isAccepted("K n=8 -> 0", seen, add.formatted(""), "SHUTWR a0"));
        assertFalse(isAccepted("K n=8 -> 0", seen, add.formatted("|CLEAR")));
        assertFalse(isAccepted("K n=8 -> 0", seen, "SHUTWR a0", add.formatted("|CLEAR")));
        String end = "K n=8 -> 1 {b0 WRITE EOF udata=7}";
        assertFalse(isAccepted("K n=8 -> 0", end, add.formatted("|CLEAR"), "CLOSE a0"),
                "an end that nobody has reported");
        assertTrue(isAccepted("K n=8 -> 0", end, add.formatted("|CLEAR"), "CLOSE a0", end, "SHUTWR b0"));
    }

    @Test
    void aReadByTheOtherEndExcusesASilentWriteClearKnoteOnly() throws IOException {
        String add = "K [b0 WRITE ADD%s 7] n=8 -> 1 {b0 WRITE udata=7}";
        String recorded = "K n=8 -> 1 {b0 WRITE udata=7}";
        assertTrue(isAccepted(recorded, "K n=8 -> 0", add.formatted("|CLEAR"), "R a0 5 -> 5"));
        assertFalse(isAccepted(recorded, "K n=8 -> 0", add.formatted("|CLEAR"), "R a0 5 -> -1 err 35"));
        assertFalse(isAccepted(recorded, "K n=8 -> 0", add.formatted("|CLEAR"), "R b0 5 -> 5"), "its own read");
        assertFalse(isAccepted(recorded, "K n=8 -> 0", add.formatted("|CLEAR"), "W b0 5 -> 5"), "its own write");
        assertFalse(isAccepted(recorded, "K n=8 -> 0", add.formatted(""), "R a0 5 -> 5"));
        assertFalse(isAccepted("K n=8 -> 1 {b0 WRITE EOF udata=7}", "K n=8 -> 0", add.formatted("|CLEAR"),
                "R a0 5 -> 5"));
    }

    @Test
    void aWriteExcusesASilentWriteClearKnoteOfAPipeOnly() throws IOException {
        String add = "K [p0w WRITE ADD%s 7] n=8 -> 1 {p0w WRITE udata=7}";
        String recorded = "K n=8 -> 1 {p0w WRITE udata=7}";
        assertTrue(isAccepted(recorded, "K n=8 -> 0", "PIPE 0", add.formatted("|CLEAR"), "W p0w 5 -> 5"));
        assertFalse(isAccepted(recorded, "K n=8 -> 0", "PIPE 0", add.formatted(""), "W p0w 5 -> 5"));
        assertFalse(isAccepted(recorded, "K n=8 -> 0", "PIPE 0", add.formatted("|CLEAR")));
    }

    @Test
    void aFullBufferExcusesAWriterOnlyAfterARead() throws IOException {
        String recorded = "K n=8 -> 1 {b0 WRITE udata=7}";
        assertTrue(isAccepted(recorded, "K n=8 -> 0", "FILL b0 -> full", "R a0 5 -> 5"));
        assertFalse(isAccepted(recorded, "K n=8 -> 0", "FILL b0 -> full"));
        assertFalse(isAccepted(recorded, "K n=8 -> 0", "FILL b0 -> full", "R a0 5 -> 5", "DRAIN a0 -> empty"));
        assertFalse(isAccepted(recorded, "K n=8 -> 0", "FILL a0 -> full", "R b0 5 -> 5"));
        assertTrue(isAccepted("K n=8 -> 1 {b0 WRITE EOF udata=7}", "K n=8 -> 0", "FILL b0 -> full", "SHUTWR b0"));
        assertFalse(isAccepted("K n=8 -> 1 {b0 WRITE EOF udata=7}", "K n=8 -> 0", "FILL b0 -> full"));
    }

    @Test
    void roomInAPipeIsOpenOnlyWhereItWasFilled() throws IOException {
        assertTrue(isAccepted("W p0w 5 -> 5", "W p0w 5 -> -1 err 35", "PIPE 0", "FILL p0w -> full"));
        assertTrue(isAccepted("W p0w 5 -> -1 err 35", "W p0w 5 -> 5", "PIPE 0", "FILL p0w -> full"));
        assertFalse(isAccepted("W p0w 5 -> 5", "W p0w 5 -> -1 err 35", "PIPE 0"));
        assertFalse(isAccepted("W p0w 5 -> 5", "W p0w 5 -> -1 err 32", "PIPE 0", "FILL p0w -> full"));
        assertFalse(isAccepted("W p0w 5 -> 5", "W p0w 5 -> 3", "PIPE 0", "FILL p0w -> full"));
    }

    @Test
    void theLengthOfAQueueIsAtLeastOneAndAtMostItsKnotes() throws IOException {
        String[] two = {"KQ 1", "K@1 [a0 WRITE ADD 1] [b0 WRITE ADD 2] n=0 -> 0"};
        String recorded = "K n=8 -> 1 {k1 READ data=1 udata=7}";
        assertTrue(isAccepted(recorded, "K n=8 -> 1 {k1 READ data=2 udata=7}", two));
        assertFalse(isAccepted(recorded, "K n=8 -> 1 {k1 READ data=3 udata=7}", two));
        assertFalse(isAccepted(recorded, "K n=8 -> 1 {k1 READ data=0 udata=7}", two));
        assertFalse(isAccepted(recorded, "K n=8 -> 1 {k1 READ data=2 udata=8}", two));
        assertFalse(isAccepted(recorded, "K n=8 -> 1 {k1 READ ONESHOT data=2 udata=7}", two));
    }

    @Test
    void aSilentKqueueIsAcceptedOnlyWhereItsQueueCanBeStale() throws IOException {
        String recorded = "K n=8 -> 1 {k1 READ data=1 udata=7}";
        String add = "K@1 [a0 WRITE ADD 1] n=8 -> 1 {a0 WRITE udata=1}";
        assertTrue(isAccepted(recorded, "K n=8 -> 0", "KQ 1", add));
        assertFalse(isAccepted(recorded, "K n=8 -> 0", "KQ 1"));
        assertFalse(isAccepted(recorded, "K n=8 -> 0", "KQ 1", add, "K@1 [a0 WRITE DISABLE 2] n=8 -> 0"));
        assertFalse(isAccepted(recorded.replace("data=1", "data=2"), "K n=8 -> 0", "KQ 1", add));
    }

    @Test
    void whatIsMissingMustNotBeReadyHere() throws IOException {
        for (String[] lines : new String[][] {
            {"K n=8 -> 1 {a0 READ ONESHOT data=5 udata=1}", "K [a0 READ ADD|ONESHOT 1] n=0 -> 0", "R a0 5 -> 5"},
            {"K n=8 -> 1 {b0 WRITE udata=7}", "FILL b0 -> full", "R a0 5 -> 5"}}) {
            TraceStep recorded = step(lines[0]);
            for (boolean ready : new boolean[] {true, false}) {
                Call call = new Call(recorded, step("K n=8 -> 0"), follow(lines[1], lines[2]), (name, filter) -> ready);
                assertEquals(!ready, new EventMatch(call, List.of(), Rule.forFreebsd()).isAccepted(), lines[0]);
            }
        }
    }

    @Test
    void aSilentKqueueMustNotBeReadable() throws IOException {
        String[] before = {"KQ 1", "K [k1 READ ADD 7] n=8 -> 0", "K@1 [a0 WRITE ADD 1] n=8 -> 1 {a0 WRITE udata=1}"};
        TraceStep recorded = step("K n=8 -> 1 {k1 READ data=1 udata=7}");
        Call readable = new Call(recorded, step("K n=8 -> 0"), follow(before), (name, filter) -> name.equals("k1"));
        assertFalse(new EventMatch(readable, List.of(), Rule.forFreebsd()).isAccepted());
        Call silent = new Call(recorded, step("K n=8 -> 0"), follow(before), (name, filter) -> name.equals("k0"));
        assertTrue(new EventMatch(silent, List.of(), Rule.forFreebsd()).isAccepted());
    }

    @Test
    void aSilentKqueueIsAcceptedWhereSomethingHappenedInWhatItWatches() throws IOException {
        String[] nested = {"KQ 1", "KQ 2", "K@1 [k2 READ ADD|CLEAR 1] n=8 -> 0"};
        String recorded = "K n=8 -> 1 {k1 READ data=1 udata=7}";
        assertFalse(isAccepted(recorded, "K n=8 -> 0", nested));
        assertTrue(isAccepted(recorded, "K n=8 -> 0", nested[0], nested[1], nested[2],
                "K@2 [a0 WRITE ADD 3] n=0 -> 0"));
    }

    @Test
    void aDrainedKnoteHasAnotherPlaceInAWatchedKqueueOnly() throws IOException {
        String[] before = {"KQ 1", "K [k1 READ ADD 1] n=0 -> 0", "K@1 [a0 READ ADD 2] [b1 WRITE ADD 3] n=0 -> 0",
            "W b0 5 -> 5", "R a0 9 -> 5", "W b0 5 -> 5"};
        String recorded = "K@1 n=8 -> 2 {a0 READ data=5 udata=2} {b1 WRITE udata=3}";
        String turned = "K@1 n=8 -> 2 {b1 WRITE udata=3} {a0 READ data=5 udata=2}";
        assertTrue(isAccepted(recorded, turned, before));
        before[4] = "R a0 9 -> -1 err 35";
        assertFalse(isAccepted(recorded, turned, before));
        before[4] = "R a0 9 -> 5";
        before[1] = "K n=0 -> 0";
        assertFalse(isAccepted(recorded, turned, before));
    }

    @Test
    void aStaleOneshotIsAKnoteThatWasReadFrom() throws IOException {
        String add = "K [a0 READ ADD|ONESHOT 1] n=0 -> 0";
        String recorded = "K n=8 -> 1 {a0 READ ONESHOT data=5 udata=1}";
        assertTrue(isAccepted(recorded, "K n=8 -> 0", add, "R a0 5 -> 5"));
        assertFalse(isAccepted(recorded, "K n=8 -> 0", "R a0 5 -> 5", add));
        assertFalse(isAccepted(recorded, "K n=8 -> 0", add, "R b0 5 -> 5"));
        assertFalse(isAccepted(recorded, "K n=8 -> 0", add, "R a0 5 -> -1 err 35"));
        assertFalse(isAccepted("K n=8 -> 1 {a0 READ data=5 udata=1}", "K n=8 -> 0", add, "R a0 5 -> 5"));
        assertFalse(isAccepted(recorded, "K n=8 -> 1 {a0 READ ONESHOT data=5 udata=2}", add, "R a0 5 -> 5"));
    }

    @Test
    void aMissingEventMakesRoomForWhatIsBehindIt() throws IOException {
        String[] before = {"FILL b0 -> full", "R a0 5 -> 5"};
        String recorded = "K n=2 -> 2 {b0 WRITE udata=2} {a1 READ data=5 udata=1}";
        String seen = "K n=2 -> 2 {a1 READ data=5 udata=1} {b1 READ data=3 udata=4}";
        assertTrue(isAccepted(recorded, seen, before));
        assertFalse(isAccepted(recorded, seen));
        assertFalse(isAccepted(recorded, "K n=2 -> 2 {a1 WRITE udata=1} {b1 READ data=3 udata=4}", before));
        assertFalse(isAccepted(recorded, "K n=2 -> 2 {b1 READ data=3 udata=4} {a1 READ data=5 udata=1}", before),
                "the order");
        assertFalse(isAccepted(recorded.replace("n=2", "n=8"), seen.replace("n=2", "n=8"), before), "there was room");
    }

    @Test
    void anEventTooManyTakesTheRoomOfWhatIsBehindIt() throws IOException {
        Set<Rule> rules = Rule.forFreebsd();
        String[] before = {"K [b0 WRITE ADD|CLEAR 7] n=8 -> 1 {b0 WRITE udata=7}", "SHUTWR a0"};
        String recorded = "K n=1 -> 1 {a1 READ data=5 udata=1}";
        String seen = "K n=1 -> 1 {b0 WRITE udata=7}";
        assertTrue(isAcceptedBefore("{a1 READ data=5 udata=1} {b1 WRITE udata=2}", rules, recorded, seen, before));
        assertFalse(isAcceptedBefore("{b1 WRITE udata=2} {a1 READ data=5 udata=1}", rules, recorded, seen, before),
                "the order");
        assertFalse(isAcceptedBefore("{b1 WRITE udata=2}", rules, recorded, seen, before), "it never comes");
        assertFalse(isAcceptedBefore("{a1 READ data=4 udata=1}", rules, recorded, seen, before),
                "it says something else");
        assertFalse(isAcceptedBefore("{a1 READ data=5 udata=1}", rules, recorded, seen, before[0]), "no shutdown");
    }

    @Test
    void aKnoteHasAnotherPlaceAfterItsEventWasMissedOnly() throws IOException {
        String recorded = "K n=8 -> 2 {a1 WRITE udata=3} {b1 READ data=1 udata=4}";
        String turned = "K n=8 -> 2 {b1 READ data=1 udata=4} {a1 WRITE udata=3}";
        KnoteModel model = follow("K [a1 WRITE ADD 3] [b1 READ ADD 4] n=0 -> 0");
        Call call = new Call(step(recorded), step(turned), model, (name, filter) -> false);
        assertFalse(new EventMatch(call, List.of(), Rule.forFreebsd()).isAccepted());
        model.apart().missed("k0", step("K n=8 -> 1 {a1 WRITE udata=3}").events());
        assertTrue(new EventMatch(call, List.of(), Rule.forFreebsd()).isAccepted());
        model.follow(step(recorded));
        assertFalse(new EventMatch(call, List.of(), Rule.forFreebsd()).isAccepted());
    }

    @Test
    void aDup2TakesKnotesOfTheSameFileOnly() throws IOException {
        KnoteModel model = follow("KQ 1", "DUP2 a0 d0", "K@1 [d0 READ ADD 1] n=0 -> 0", "K@1 [b0 READ ADD 1] n=0 -> 0");
        assertEquals(1, model.knotesOfSameFile(step("DUP2 a0 d0")).size());
        assertEquals(0, model.knotesOfSameFile(step("DUP2 b0 d0")).size());
        model.follow(step("DUP2 b0 d0"));
        assertEquals(1, model.knotesOfSameFile(step("DUP2 a0 d0")).size(), "away and back");
    }

    @Test
    void errorsOfChangesKeepTheirOrder() throws IOException {
        assertFalse(isAccepted("K n=8 -> 2 {a0 READ ERROR data=2 udata=1} {a1 READ ERROR data=9 udata=2}",
                "K n=8 -> 2 {a1 READ ERROR data=9 udata=2} {a0 READ ERROR data=2 udata=1}"));
    }

    @Test
    void anEventNobodyReadFromIsNotStale() throws IOException {
        assertFalse(isAccepted("K n=8 -> 1 {a0 READ ONESHOT data=5 udata=1}", "K n=8 -> 0"));
    }

    @Test
    void aResetIsAcceptedInPlaceOfAnEndOnly() throws IOException {
        assertTrue(isAccepted("R a0 5 -> 0", "R a0 5 -> -1 err 54"));
        assertFalse(isAccepted("R a0 5 -> 3", "R a0 5 -> -1 err 54"));
        assertFalse(isAccepted("R a0 5 -> 0", "R a0 5 -> -1 err 35"));
        assertFalse(isAccepted("W a0 5 -> 5", "W a0 5 -> -1 err 35"));
    }
}
