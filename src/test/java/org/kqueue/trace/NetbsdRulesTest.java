package org.kqueue.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.kqueue.trace.Acceptance.follow;
import static org.kqueue.trace.Acceptance.isAccepted;
import static org.kqueue.trace.Acceptance.isAcceptedBefore;
import static org.kqueue.trace.Acceptance.isAcceptedFromNetbsd;
import static org.kqueue.trace.Acceptance.step;

import java.io.IOException;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What the rules about NetBSD 7 accept, and what they must refuse. */
class NetbsdRulesTest {

    @Test
    void theUdataIsThatOfTheLastAddOnly() throws IOException {
        String[] before = {"K [a0 READ ADD 1] n=8 -> 0", "K [a0 READ ADD 2] n=8 -> 0", "K [a0 READ ENABLE 3] n=8 -> 0"};
        String recorded = "K n=8 -> 1 {a0 READ data=5 udata=2}";
        assertTrue(isAcceptedFromNetbsd(recorded, "K n=8 -> 1 {a0 READ data=5 udata=3}", before));
        assertFalse(isAcceptedFromNetbsd(recorded, "K n=8 -> 1 {a0 READ data=5 udata=1}", before));
        assertFalse(isAcceptedFromNetbsd(recorded.replace("=2", "=1"), "K n=8 -> 1 {a0 READ data=5 udata=3}", before));
        assertFalse(isAccepted(recorded, "K n=8 -> 1 {a0 READ data=5 udata=3}", before));
    }

    @Test
    void silenceAfterAChangeIsThatOfClearAndDispatchKnotes() throws IOException {
        String add = "K [a0 READ ADD%s 1] n=8 -> 1 {a0 READ data=5 udata=1}";
        String enable = "K [a0 READ ENABLE 1] n=0 -> 0";
        String seen = "K n=16 -> 1 {a0 READ data=5 udata=1}";
        assertTrue(isAcceptedFromNetbsd("K n=16 -> 0", seen, add.formatted("|CLEAR"), enable));
        assertTrue(isAcceptedFromNetbsd("K n=16 -> 0", seen, add.formatted("|DISPATCH"), enable));
        assertFalse(isAcceptedFromNetbsd("K n=16 -> 0", seen, add.formatted(""), enable));
        assertFalse(isAcceptedFromNetbsd("K n=16 -> 0", seen, add.formatted("|CLEAR")));
        assertFalse(isAcceptedFromNetbsd("K n=16 -> 0", seen, add.formatted("|CLEAR"), enable, seen),
                "it has fired since");
        assertFalse(isAccepted("K n=16 -> 0", seen, add.formatted("|CLEAR"), enable));
        String end = "K n=16 -> 1 {a0 READ EOF data=5 udata=1}";
        assertFalse(isAcceptedFromNetbsd("K n=16 -> 0", end, add.formatted("|CLEAR"), enable),
                "an end that nobody has reported");
    }

    @Test
    void aDispatchKnoteThatFiredHereOnlyIsEnabledBySomethingThatWakesItOrByAdd() throws IOException {
        String event = "K n=8 -> 1 {a0 READ data=5 udata=1}";
        String[] before = {"K [a0 READ ADD|DISPATCH 1] n=8 -> 1 {a0 READ data=5 udata=1}",
                "K [a0 READ ENABLE 1] n=0 -> 0"};
        for (String line : new String[] {"W b0 3 -> 3", "SHUTWR b0"}) {
            assertEquals(List.of("K [a0 READ ENABLE 1] n=0 -> 0"), enabled(event, line, before));
        }
        for (String line : new String[] {"W a0 3 -> 3", "R a0 3 -> 3", "W b1 3 -> 3", "K n=0 -> 0"}) {
            assertEquals(List.of(), enabled(event, line, before));
        }
        KnoteModel model = follow(before);
        model.apart().firedHereOnly("k0", step(event).events().get(0));
        assertEquals("K [a0 READ ADD|ENABLE 2] n=0 -> 0", asFreebsd("K [a0 READ ADD 2] n=0 -> 0", model));
        assertEquals("K [a0 READ ADD|DISABLE 2] n=0 -> 0", asFreebsd("K [a0 READ ADD|DISABLE 2] n=0 -> 0", model));
        assertEquals("K [b0 READ ADD 2] n=0 -> 0", asFreebsd("K [b0 READ ADD 2] n=0 -> 0", model));
        model.follow(step("K [a0 READ DISABLE 1] n=0 -> 0"));
        assertEquals("K [a0 READ ADD 2] n=0 -> 0", asFreebsd("K [a0 READ ADD 2] n=0 -> 0", model));
    }

    private static List<String> enabled(String event, String line, String... before) throws IOException {
        KnoteModel model = follow(before);
        model.apart().firedHereOnly("k0", step(event).events().get(0));
        model.follow(step(line));
        return model.apart().enableWoken(step(line)).stream().map(TraceWriter::write).toList();
    }

    private static String asFreebsd(String line, KnoteModel model) throws IOException {
        return TraceWriter.write(NetbsdChanges.asFreebsd(step(line), model, rule -> { }));
    }

    @Test
    void contradictingFlagsAreWhatTheKernelMadeOfThem() throws IOException {
        KnoteModel model = follow();
        assertEquals("K [a0 READ ADD 1] n=0 -> 0", asFreebsd("K [a0 READ ADD|DELETE 1] n=0 -> 0", model));
        assertEquals("K [a0 READ ADD|ENABLE 1] n=0 -> 0", asFreebsd("K [a0 READ ADD|ENABLE|DISABLE 1] n=0 -> 0",
                model));
        assertEquals("K [a0 READ ADD|CLEAR 1] n=0 -> 0", asFreebsd("K [a0 READ ADD|CLEAR|DISPATCH 1] n=0 -> 0", model));
        assertEquals("K [a0 READ ADD|DISPATCH 1] n=0 -> 0", asFreebsd("K [a0 READ ADD|DISPATCH 1] n=0 -> 0", model));
    }

    @Test
    void aChangedKnoteHasAnotherPlaceInTheQueue() throws IOException {
        String add = "K [a0 READ ADD 1] [b1 WRITE ADD 2] n=0 -> 0";
        String enable = "K [a0 READ ENABLE 1] n=0 -> 0";
        String recorded = "K n=8 -> 2 {a0 READ data=5 udata=1} {b1 WRITE udata=2}";
        String turned = "K n=8 -> 2 {b1 WRITE udata=2} {a0 READ data=5 udata=1}";
        assertTrue(isAcceptedFromNetbsd(recorded, turned, add, enable));
        assertFalse(isAcceptedFromNetbsd(recorded, turned, add));
        assertFalse(isAcceptedFromNetbsd(recorded, turned, add, enable, recorded), "it has fired since");
        assertFalse(isAccepted(recorded, turned, add, enable));
        Set<Rule> rules = Rule.forNetbsd();
        String one = "K n=1 -> 1 {a0 READ data=5 udata=1}";
        String other = "K n=1 -> 1 {b1 WRITE udata=2}";
        assertTrue(isAcceptedBefore("{a0 READ data=5 udata=1}", rules, one, other, add, enable));
        assertFalse(isAcceptedBefore("", rules, one, other, add, enable), "it never comes");
        assertFalse(isAcceptedBefore("{a0 READ data=5 udata=1}", rules, one, other, add));
    }

    @Test
    void theEndOfAPipeIsLevelAndNotDeleting() throws IOException {
        String recorded = "K n=8 -> 1 {p0w WRITE EOF udata=1}";
        String seen = "K n=8 -> 1 {p0w WRITE EOF ONESHOT udata=1}";
        assertTrue(isAcceptedFromNetbsd(recorded, seen));
        assertFalse(isAccepted(recorded, seen));
        assertFalse(isAcceptedFromNetbsd(seen, recorded));
        assertFalse(isAcceptedFromNetbsd(recorded, "K n=8 -> 0"), "the first time");
        assertTrue(isAcceptedFromNetbsd("K n=8 -> 0", seen, "PIPE 0", "FILL p0w -> full", "CLOSE p0r"));
        assertFalse(isAcceptedFromNetbsd("K n=8 -> 0", seen, "PIPE 0", "CLOSE p0r"));
    }

    @Test
    void aKnoteThatThePipesEndHasDeletedHereIsChangedNoMore() throws IOException {
        KnoteModel model = follow("PIPE 0", "K [p0w WRITE ADD 1] n=0 -> 0", "CLOSE p0r");
        String change = "K [p0w WRITE ADD 2] [a0 READ ADD 3] n=0 -> 0";
        assertEquals(change, asFreebsd(change, model));
        model.apart().firedHereOnly("k0", step("K n=8 -> 1 {p0w WRITE EOF ONESHOT udata=1}").events().get(0));
        assertEquals("K [a0 READ ADD 3] n=0 -> 0", asFreebsd(change, model));
        TraceStep recorded = step("K n=8 -> 1 {p0w WRITE EOF udata=2}");
        Call call = new Call(recorded, step("K n=8 -> 0"), model, (name, filter) -> false);
        assertTrue(new EventMatch(call, List.of(), Rule.forNetbsd()).isAccepted());
        assertFalse(new EventMatch(call, List.of(), Rule.forFreebsd()).isAccepted());
        model.follow(step("K [p0w WRITE DELETE 2] n=0 -> 0"));
        assertFalse(new EventMatch(call, List.of(), Rule.forNetbsd()).isAccepted(), "the kernel has deleted it too");
        assertEquals(change, asFreebsd(change, model));
    }

    @Test
    void theOwnShutdownFiresAgainOnlyWhereTheEndWasReported() throws IOException {
        String add = "K [b0 WRITE ADD%s 1] n=8 -> 1 {b0 WRITE udata=1}";
        String end = "K n=8 -> 1 {b0 WRITE EOF udata=1}";
        assertTrue(isAcceptedFromNetbsd(end, "K n=8 -> 0", add.formatted("|CLEAR"), "CLOSE a0", end, "SHUTWR b0"));
        assertFalse(isAcceptedFromNetbsd(end, "K n=8 -> 0", add.formatted("|CLEAR"), "CLOSE a0", "SHUTWR b0"));
        assertFalse(isAcceptedFromNetbsd(end, "K n=8 -> 0", add.formatted("|CLEAR"), "CLOSE a0", end));
        assertFalse(isAcceptedFromNetbsd(end, "K n=8 -> 0", add.formatted(""), "CLOSE a0", end, "SHUTWR b0"));
        assertFalse(isAccepted(end, "K n=8 -> 0", add.formatted("|CLEAR"), "CLOSE a0", end, "SHUTWR b0"));
    }

    @Test
    void aStaleOneshotWasTouched() throws IOException {
        String add = "K [a0 WRITE ADD|ONESHOT 1] n=0 -> 0";
        String recorded = "K n=8 -> 1 {a0 WRITE ONESHOT udata=1}";
        assertTrue(isAcceptedFromNetbsd(recorded, "K n=8 -> 0", add, "R b0 5 -> 5"));
        assertFalse(isAcceptedFromNetbsd(recorded, "K n=8 -> 0", add));
        assertFalse(isAcceptedFromNetbsd(recorded, "K n=8 -> 0", "R b0 5 -> 5", add));
        assertFalse(isAccepted(recorded, "K n=8 -> 0", add, "R b0 5 -> 5"));
    }

    @Test
    void aWatchedKqueueIsSilentAboutWhatItHasReportedOnly() throws IOException {
        String[] reported = {"KQ 1", "K [k1 READ ADD 7] n=0 -> 0", "K@1 [a0 WRITE ADD 1] n=8 -> 1 {a0 WRITE udata=1}"};
        String seen = "K n=16 -> 1 {k1 READ data=1 udata=7}";
        assertTrue(isAcceptedFromNetbsd("K n=16 -> 0", seen, reported));
        assertFalse(isAccepted("K n=16 -> 0", seen, reported));
        assertFalse(isAcceptedFromNetbsd("K n=16 -> 0", seen, reported[0], reported[1],
                "K@1 [a0 WRITE ADD 1] n=0 -> 0"));
        assertFalse(isAcceptedFromNetbsd("K n=16 -> 0", seen.replace("k1", "a1"), reported));
    }

    @Test
    void aWatchedKqueueMayHoldAKnoteThatOnlyAChangeHasQueued() throws IOException {
        String[] before = {"KQ 1", "K [k1 READ ADD 7] n=0 -> 0",
                "K@1 [a0 WRITE ADD|CLEAR 1] n=8 -> 1 {a0 WRITE udata=1}",
            "K@1 n=8 -> 0", "K@1 [a0 WRITE ENABLE 1] n=0 -> 0"};
        String seen = "K n=16 -> 1 {k1 READ data=1 udata=7}";
        assertTrue(isAcceptedFromNetbsd("K n=16 -> 0", seen, before));
        assertFalse(isAccepted("K n=16 -> 0", seen, before));
        before[4] = "K@1 n=0 -> 0";
        assertFalse(isAcceptedFromNetbsd("K n=16 -> 0", seen, before));
    }

    @Test
    void theseRulesAreNotFreebsds() throws IOException {
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
}
