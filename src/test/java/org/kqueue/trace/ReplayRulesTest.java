package org.kqueue.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Wrong results that the comparison must refuse, whatever rules it is given. */
class ReplayRulesTest {

    private static final String RECORDED = "K n=8 -> 2 {a0 READ data=5 udata=1} {b0 WRITE udata=2}";

    private static TraceStep step(String line) throws IOException {
        return TraceReader.read("test", List.of("TRACE 0", line)).get(0).steps().get(0);
    }

    /** Whether FreeBSD's rules accept a line, after others of the same trace that were seen as recorded. */
    private static boolean isAccepted(String recorded, String seen, String... before) throws IOException {
        return isAccepted(AllowedDifference.everywhere(), recorded, seen, before);
    }

    private static boolean isAccepted(Set<AllowedDifference> rules, String recorded, String seen, String... before)
            throws IOException {
        KnoteModel model = new KnoteModel();
        model.open("a0", "b0");
        for (String line : before) {
            TraceStep step = step(line);
            model.changes(step);
            model.follow(step);
            model.fired(step);
        }
        TraceStep expected = step(recorded);
        TraceStep actual = step(seen);
        model.changes(expected);
        Call call = new Call(expected, actual, model);
        boolean kevent = expected.isKevent() && !expected.outcome().startsWith("-") && !actual.outcome().startsWith("-");
        EventMatch match = kevent ? new EventMatch(call, rules) : null;
        return Replay.agrees(expected, actual)
                || (kevent ? match.isAccepted() && match.displaced() == 0 : rules.stream().anyMatch(rule -> rule.results(call)));
    }

    private static boolean isAcceptedFromNetbsd(String recorded, String seen, String... before) throws IOException {
        return isAccepted(AllowedDifference.fromNetbsd(), recorded, seen, before);
    }

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
        String recorded = "K n=8 -> 3 {a0 READ data=5 udata=1} {b0 WRITE udata=2} {c0 WRITE udata=3}";
        assertTrue(isAccepted(recorded, "K n=8 -> 3 {b0 WRITE udata=2} {a0 READ data=5 udata=1} {c0 WRITE udata=3}", "SHUTWR a0"));
        assertFalse(isAccepted(recorded, "K n=8 -> 3 {a0 READ data=4 udata=1} {b0 WRITE udata=2} {c0 WRITE udata=3}", "SHUTWR a0"));
        assertFalse(isAccepted("K n=8 -> 2 {c0 WRITE udata=3} {c1 WRITE udata=4}",
                "K n=8 -> 2 {c1 WRITE udata=4} {c0 WRITE udata=3}", "SHUTWR a0"));
    }

    @Test
    void aShutdownFiresClearKnotesOnly() throws IOException {
        String add = "K [b0 WRITE ADD%s 7] n=8 -> 1 {b0 WRITE udata=7}";
        String seen = "K n=8 -> 1 {b0 WRITE udata=7}";
        assertTrue(isAccepted("K n=8 -> 0", seen, add.formatted("|CLEAR"), "SHUTWR a0"));
        assertFalse(isAccepted("K n=8 -> 0", seen, add.formatted(""), "SHUTWR a0"));
        assertFalse(isAccepted("K n=8 -> 0", seen, add.formatted("|CLEAR")));
        assertFalse(isAccepted("K n=8 -> 0", seen, "SHUTWR a0", add.formatted("|CLEAR")));
    }

    @Test
    void aReadByTheOtherEndExcusesASilentWriteClearKnoteOnly() throws IOException {
        String add = "K [b0 WRITE ADD%s 7] n=8 -> 1 {b0 WRITE udata=7}";
        String recorded = "K n=8 -> 1 {b0 WRITE udata=7}";
        assertTrue(isAccepted(recorded, "K n=8 -> 0", add.formatted("|CLEAR"), "R a0 5 -> 5"));
        assertFalse(isAccepted(recorded, "K n=8 -> 0", add.formatted("|CLEAR"), "R a0 5 -> -1 err 35"));
        assertFalse(isAccepted(recorded, "K n=8 -> 0", add.formatted(""), "R a0 5 -> 5"));
        assertFalse(isAccepted("K n=8 -> 1 {b0 WRITE EOF udata=7}", "K n=8 -> 0", add.formatted("|CLEAR"), "R a0 5 -> 5"));
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
    void datagramsMayCountNothingOnlyWhereAnEmptyOneWasSent() throws IOException {
        String recorded = "K n=8 -> 1 {u1 READ data=+ udata=7}";
        String seen = "K n=8 -> 1 {u1 READ data=0 udata=7}";
        assertTrue(isAccepted(recorded, seen, "SENDTO u0 u1 0 -> 0"));
        assertFalse(isAccepted(recorded, seen, "SENDTO u0 u1 4 -> 4"));
        assertFalse(isAccepted(recorded, seen, "SENDTO u0 u2 0 -> 0"));
        assertFalse(isAccepted(recorded, "K n=8 -> 0", "SENDTO u0 u1 0 -> 0"));
    }

    @Test
    void aConnectOfADatagramSocketExcusesClearKnotesOnly() throws IOException {
        String recorded = "K n=8 -> 1 {u1 READ data=0 udata=7}";
        String add = "K [u1 READ ADD%s 7] n=8 -> 0";
        assertTrue(isAccepted(recorded, "K n=8 -> 0", add.formatted("|CLEAR"), "UCONN u1 u0 -> 0"));
        assertFalse(isAccepted(recorded, "K n=8 -> 0", add.formatted(""), "UCONN u1 u0 -> 0"));
        assertFalse(isAccepted(recorded, "K n=8 -> 0", add.formatted("|CLEAR")));
    }

    @Test
    void theErrorOfAResetMayBeTakenByAWriteOfTcpOnly() throws IOException {
        assertTrue(isAccepted("W c0 3 -> -1 err 32", "W c0 3 -> -1 err 54"));
        assertFalse(isAccepted("W a0 3 -> -1 err 32", "W a0 3 -> -1 err 54"));
        assertFalse(isAccepted("W c0 3 -> 3", "W c0 3 -> -1 err 54"));
        assertFalse(isAccepted("R c0 3 -> 3", "R c0 3 -> 0"));
    }

    @Test
    void aStaleOneshotIsAKnoteThatWasReadFrom() throws IOException {
        String recorded = "K n=8 -> 1 {a0 READ ONESHOT data=5 udata=1}";
        assertTrue(isAccepted(recorded, "K n=8 -> 0", "R a0 5 -> 5"));
        assertFalse(isAccepted(recorded, "K n=8 -> 0", "R a0 5 -> -1 err 35"));
        assertFalse(isAccepted("K n=8 -> 1 {a0 READ data=5 udata=1}", "K n=8 -> 0", "R a0 5 -> 5"));
        assertFalse(isAccepted(recorded, "K n=8 -> 1 {a0 READ ONESHOT data=5 udata=2}", "R a0 5 -> 5"));
    }

    @Test
    void aMissingEventMakesRoomForOneOther() throws IOException {
        String[] before = {"FILL b0 -> full", "R a0 5 -> 5"};
        String recorded = "K n=2 -> 2 {b0 WRITE udata=2} {c0 READ data=5 udata=1}";
        assertTrue(isAccepted(recorded, "K n=2 -> 2 {c0 READ data=5 udata=1} {c1 READ data=3 udata=4}", before));
        assertFalse(isAccepted(recorded, "K n=2 -> 2 {c0 READ data=5 udata=1} {c1 READ data=3 udata=4}"));
        assertFalse(isAccepted(recorded, "K n=2 -> 2 {c2 READ data=5 udata=1} {c1 READ data=3 udata=4}", before));
        assertFalse(isAccepted(recorded.replace("n=2", "n=8"), "K n=8 -> 2 {c0 READ data=5 udata=1} {c1 READ data=3 udata=4}", before));
    }

    @Test
    void aDup2TakesKnotesOfTheSameFileOnly() throws IOException {
        KnoteModel model = new KnoteModel();
        model.open("a0", "b0");
        for (String line : List.of("DUP2 a0 d0", "K@1 [d0 READ ADD 1] n=0 -> 0", "K@1 [b0 READ ADD 1] n=0 -> 0")) {
            model.changes(step(line));
            model.follow(step(line));
        }
        assertEquals(1, model.knotesOfSameFile(step("DUP2 a0 d0")).size());
        assertEquals(0, model.knotesOfSameFile(step("DUP2 b0 d0")).size());
        model.follow(step("DUP2 b0 d0"));
        assertEquals(1, model.knotesOfSameFile(step("DUP2 a0 d0")).size(), "away and back");
    }

    @Test
    void anAcceptExcusesASilentClearKnoteOfTheListenerOnly() throws IOException {
        String recorded = "K n=8 -> 1 {l0 READ data=1 udata=7}";
        String add = "K [l0 READ ADD%s 7] n=8 -> 1 {l0 READ data=2 udata=7}";
        assertTrue(isAccepted(recorded, "K n=8 -> 0", add.formatted("|CLEAR"), "ACCEPT s0 l0 -> 0"));
        assertFalse(isAccepted(recorded, "K n=8 -> 0", add.formatted(""), "ACCEPT s0 l0 -> 0"));
        assertFalse(isAccepted(recorded, "K n=8 -> 0", add.formatted("|CLEAR")));
        assertFalse(isAccepted(recorded, "K n=8 -> 0", add.formatted("|CLEAR"), "ACCEPT s0 l1 -> 0"));
        assertFalse(isAccepted("K n=8 -> 0", recorded, add.formatted("|CLEAR"), "ACCEPT s0 l0 -> 0"));
    }

    @Test
    void anAcknowledgementExcusesASilentClearKnoteOfWhoWroteOnly() throws IOException {
        String recorded = "K n=8 -> 1 {c0 WRITE udata=7}";
        String add = "K [c0 WRITE ADD%s 7] n=8 -> 1 {c0 WRITE udata=7}";
        assertTrue(isAccepted(recorded, "K n=8 -> 0", add.formatted("|CLEAR"), "W c0 3 -> 3"));
        assertFalse(isAccepted(recorded, "K n=8 -> 0", add.formatted(""), "W c0 3 -> 3"));
        assertFalse(isAccepted(recorded, "K n=8 -> 0", add.formatted("|CLEAR"), "W s0 3 -> 3"));
        assertFalse(isAccepted(recorded, "K n=8 -> 0", add.formatted("|CLEAR")));
    }

    @Test
    void aWriterOfTcpMayBeSilentOnlyWhereAConnectionIsFull() throws IOException {
        String recorded = "K n=8 -> 1 {c0 WRITE udata=7}";
        assertTrue(isAccepted(recorded, "K n=8 -> 0", "FILL s0 -> full"));
        assertFalse(isAccepted(recorded, "K n=8 -> 0"));
        assertFalse(isAccepted(recorded, "K n=8 -> 0", "FILL a0 -> full"));
        assertFalse(isAccepted("K n=8 -> 1 {c0 WRITE EOF udata=7}", "K n=8 -> 0", "FILL s0 -> full"));
        assertFalse(isAccepted("K n=8 -> 1 {c0 READ data=5 udata=7}", "K n=8 -> 0", "FILL s0 -> full"));
    }

    @Test
    void aDatagramMayWaitBehindAnErrorOnly() throws IOException {
        assertTrue(isAccepted("RECV u0 -> 2", "RECV u0 -> -1 err 61"));
        assertFalse(isAccepted("RECV u0 -> 2", "RECV u0 -> -1 err 35"));
        assertFalse(isAccepted("RECV u0 -> 2", "RECV u0 -> 3"));
    }

    @Test
    void netbsdsSilenceAfterAChangeIsThatOfClearAndDispatchKnotes() throws IOException {
        String add = "K [a0 READ ADD%s 1] n=8 -> 1 {a0 READ data=5 udata=1}";
        String enable = "K [a0 READ ENABLE 1] n=0 -> 0";
        String seen = "K n=16 -> 1 {a0 READ data=5 udata=1}";
        assertTrue(isAcceptedFromNetbsd("K n=16 -> 0", seen, add.formatted("|CLEAR"), enable));
        assertTrue(isAcceptedFromNetbsd("K n=16 -> 0", seen, add.formatted("|DISPATCH"), enable));
        assertFalse(isAcceptedFromNetbsd("K n=16 -> 0", seen, add.formatted(""), enable));
        assertFalse(isAcceptedFromNetbsd("K n=16 -> 0", seen, add.formatted("|CLEAR")));
        assertFalse(isAccepted("K n=16 -> 0", seen, add.formatted("|CLEAR"), enable));
    }

    @Test
    void netbsdsQueueIsExcusedAfterAChangeAndWithoutRoomOnly() throws IOException {
        String change = "K [a0 READ ENABLE 1] n=0 -> 0";
        String recorded = "K n=1 -> 1 {c0 READ data=5 udata=1}";
        String seen = "K n=1 -> 1 {c1 READ data=5 udata=1}";
        assertTrue(isAcceptedFromNetbsd(recorded, seen, "K [a0 READ ADD 1] n=0 -> 0", change));
        assertFalse(isAcceptedFromNetbsd(recorded, seen));
        assertFalse(isAcceptedFromNetbsd(recorded.replace("n=1", "n=2"), seen.replace("n=1", "n=2"), change));
        assertFalse(isAccepted(recorded, seen, change));
    }

    @Test
    void netbsdsPipeEndIsLevelAndNotDeleting() throws IOException {
        String recorded = "K n=8 -> 1 {p0w WRITE EOF udata=1}";
        String seen = "K n=8 -> 1 {p0w WRITE EOF ONESHOT udata=1}";
        assertTrue(isAcceptedFromNetbsd(recorded, seen));
        assertFalse(isAccepted(recorded, seen));
        assertFalse(isAcceptedFromNetbsd(seen, recorded));
        assertTrue(isAcceptedFromNetbsd("K n=8 -> 0", seen, "PIPE 0", "FILL p0w -> full", "CLOSE p0r"));
        assertFalse(isAcceptedFromNetbsd("K n=8 -> 0", seen, "PIPE 0", "CLOSE p0r"));
    }

    @Test
    void netbsdsStaleOneshotWasTouched() throws IOException {
        String recorded = "K n=8 -> 1 {a0 WRITE ONESHOT udata=1}";
        assertTrue(isAcceptedFromNetbsd(recorded, "K n=8 -> 0", "R b0 5 -> 5"));
        assertFalse(isAcceptedFromNetbsd(recorded, "K n=8 -> 0"));
        assertFalse(isAccepted(recorded, "K n=8 -> 0", "R b0 5 -> 5"));
    }

    @Test
    void netbsdsKqueueHasAtMostItsKnotesQueued() throws IOException {
        String[] one = {"KQ 1", "K@1 [a0 WRITE ADD 1] n=8 -> 0", "K@1 n=8 -> 0"};
        assertTrue(isAcceptedFromNetbsd("K n=16 -> 1 {k1 READ data=1 udata=7}", "K n=16 -> 0", one));
        assertFalse(isAcceptedFromNetbsd("K n=16 -> 1 {k1 READ data=2 udata=7}", "K n=16 -> 0", one));
        assertFalse(isAcceptedFromNetbsd("K n=16 -> 1 {k2 READ data=1 udata=7}", "K n=16 -> 0", one));
        assertFalse(isAccepted("K n=16 -> 1 {k1 READ data=1 udata=7}", "K n=16 -> 0", one));
    }

    @Test
    void netbsdsRulesAreNotFreebsds() throws IOException {
        String[] before = {"K [a0 READ ADD 1] n=8 -> 0", "K [a0 READ ENABLE 2] n=8 -> 0"};
        String recorded = "K n=8 -> 1 {a0 READ data=5 udata=1}";
        String seen = "K n=8 -> 1 {a0 READ data=5 udata=2}";
        assertTrue(isAcceptedFromNetbsd(recorded, seen, before));
        assertFalse(isAccepted(recorded, seen, before));
        assertFalse(isAcceptedFromNetbsd(recorded, seen.replace("udata=2", "udata=3"), before));
        assertFalse(isAcceptedFromNetbsd(recorded, seen.replace("data=5", "data=4"), before));
        String refused = "K [p0w WRITE ADD 1] n=8 -> 1 {p0w WRITE ERROR data=%d udata=1}";
        assertTrue(isAcceptedFromNetbsd(refused.formatted(9), refused.formatted(32)));
        assertFalse(isAccepted(refused.formatted(9), refused.formatted(32)));
        assertFalse(isAcceptedFromNetbsd(refused.formatted(9), refused.formatted(22)));
        String nested = "K [k1 WRITE ADD 1] n=8 -> 1 {k1 WRITE ERROR data=%d udata=1}";
        assertTrue(isAcceptedFromNetbsd(nested.formatted(1), nested.formatted(22)));
        assertFalse(isAcceptedFromNetbsd(nested.formatted(9), nested.formatted(22)));
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

    @ParameterizedTest
    @ValueSource(strings = {"K n=", "K [a0 READ ADD] n=1 -> 0", "K [a0 READ NEVER 1] n=1 -> 0", "K [a0 WHAT ADD 1] n=1 -> 0", "W a0",
        "JUMP a0", "W a0 many -> 5", "K n=1 -> 1 {a0}"})
    void aMalformedLineIsNamedByFileAndLine(String line) {
        IOException error = assertThrows(IOException.class, () -> step(line));
        assertEquals("test:2: ", error.getMessage().substring(0, 8));
    }
}
