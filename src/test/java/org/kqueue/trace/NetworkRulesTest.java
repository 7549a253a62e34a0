package org.kqueue.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.kqueue.trace.Acceptance.follow;
import static org.kqueue.trace.Acceptance.isAccepted;
import static org.kqueue.trace.Acceptance.step;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the rules about TCP and UDP accept, and what they must refuse. */
class NetworkRulesTest {

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
        assertTrue(isAccepted(recorded, "K n=8 -> 0", "UDP 1", add.formatted("|CLEAR"), "UCONN u1 u0 -> 0"));
        assertFalse(isAccepted(recorded, "K n=8 -> 0", "UDP 1", add.formatted(""), "UCONN u1 u0 -> 0"));
        assertFalse(isAccepted(recorded, "K n=8 -> 0", "UDP 1", add.formatted("|CLEAR")));
        assertFalse(isAccepted(recorded, "K n=8 -> 0", "UDP 1", "UCONN u1 u0 -> 0", add.formatted("|CLEAR")));
    }

    @Test
    void theErrorOfAResetMayBeTakenByAWriteOfTcpOnly() throws IOException {
        assertTrue(isAccepted("W c0 3 -> -1 err 32", "W c0 3 -> -1 err 54"));
        assertFalse(isAccepted("W a0 3 -> -1 err 32", "W a0 3 -> -1 err 54"));
        assertFalse(isAccepted("W c0 3 -> 3", "W c0 3 -> -1 err 54"));
    }

    @Test
    void aTakenErrorIsMissingUntilTheRecordedProgramHasReadIt() throws IOException {
        String recorded = "K n=8 -> 1 {c0 READ EOF data=0 fflags=54 udata=7}";
        String seen = "K n=8 -> 1 {c0 READ EOF data=0 udata=7}";
        String write = "W c0 3 -> -1 err 32";
        assertTrue(isAccepted(recorded, seen, "SOCKET c0", write));
        assertFalse(isAccepted(recorded, seen, "SOCKET c0"));
        assertFalse(isAccepted(recorded, seen, "SOCKET c1", "W c1 3 -> -1 err 32"));
        assertFalse(isAccepted(recorded, seen, "SOCKET c0", write, "SOERR c0 -> 54"));
        assertFalse(isAccepted(recorded, seen, "SOCKET c0", write, "R c0 3 -> -1 err 54"));
        assertFalse(isAccepted(recorded, seen, "SOCKET c0", write, "CLOSE c0", "SOCKET c0"));
        assertFalse(isAccepted(seen, recorded, "SOCKET c0", write));
        assertFalse(isAccepted(recorded, seen.replace("data=0", "data=1"), "SOCKET c0", write));
        assertFalse(isAccepted(recorded.replace("54", "61"), seen, "SOCKET c0", write));
        assertTrue(isAccepted("SOERR c0 -> 54", "SOERR c0 -> 0", "SOCKET c0", write));
        assertFalse(isAccepted("SOERR c0 -> 54", "SOERR c0 -> 0", "SOCKET c0"));
    }

    @Test
    void aResetBehindTheEndIsReadAsTheEnd() throws IOException {
        assertTrue(isAccepted("R c0 3 -> -1 err 54", "R c0 3 -> 0"));
        assertTrue(isAccepted("DRAIN c0 -> err 54", "DRAIN c0 -> eof"));
        assertTrue(isAccepted("SOERR c0 -> 54", "SOERR c0 -> 32"));
        assertFalse(isAccepted("R a0 3 -> -1 err 54", "R a0 3 -> 0"));
        assertFalse(isAccepted("R c0 3 -> 3", "R c0 3 -> 0"));
        assertFalse(isAccepted("SOERR c0 -> 61", "SOERR c0 -> 32"));
        TraceStep read = step("R c0 3 -> -1 err 54");
        Call call = new Call(read, step("R c0 3 -> 0"), follow("SOCKET c0"), (name, filter) -> false);
        assertEquals("[SOERR c0 -> 32]", written(NetworkDifference.TCP_RESET_BEHIND_END.inStep(call)));
        call = new Call(read, step("R c0 3 -> 0"), follow("SOCKET c0", "W c0 3 -> -1 err 32"), (name, filter) -> false);
        assertEquals("[SOERR c0 -> 0]", written(NetworkDifference.TCP_RESET_BEHIND_END.inStep(call)));
    }

    private static String written(List<TraceStep> steps) {
        return steps.stream().map(TraceWriter::write).toList().toString();
    }

    @Test
    void anAcceptExcusesASilentClearKnoteOfTheListenerOnly() throws IOException {
        String recorded = "K n=8 -> 1 {l0 READ data=1 udata=7}";
        String add = "K [l0 READ ADD%s 7] n=8 -> 1 {l0 READ data=2 udata=7}";
        String clear = add.formatted("|CLEAR");
        assertTrue(isAccepted(recorded, "K n=8 -> 0", "LISTEN 0", clear, "ACCEPT s0 l0 -> 0"));
        assertFalse(isAccepted(recorded, "K n=8 -> 0", "LISTEN 0", add.formatted(""), "ACCEPT s0 l0 -> 0"));
        assertFalse(isAccepted(recorded, "K n=8 -> 0", "LISTEN 0", clear));
        assertFalse(isAccepted(recorded, "K n=8 -> 0", "LISTEN 0", clear, "ACCEPT s0 l1 -> 0"));
        assertFalse(isAccepted("K n=8 -> 0", recorded, "LISTEN 0", clear, "ACCEPT s0 l0 -> 0"));
    }

    @Test
    void anAcknowledgementExcusesASilentClearKnoteOfWhoWroteOnly() throws IOException {
        String recorded = "K n=8 -> 1 {c0 WRITE udata=7}";
        String add = "K [c0 WRITE ADD%s 7] n=8 -> 1 {c0 WRITE udata=7}";
        String clear = add.formatted("|CLEAR");
        assertTrue(isAccepted(recorded, "K n=8 -> 0", "SOCKET c0", clear, "W c0 3 -> 3"));
        assertFalse(isAccepted(recorded, "K n=8 -> 0", "SOCKET c0", add.formatted(""), "W c0 3 -> 3"));
        assertFalse(isAccepted(recorded, "K n=8 -> 0", "SOCKET c0", clear, "W s0 3 -> 3"));
        assertFalse(isAccepted(recorded, "K n=8 -> 0", "SOCKET c0", clear));
    }

    @Test
    void aWriterOfTcpMayBeSilentOnlyWhereItsConnectionWasFilled() throws IOException {
        String recorded = "K n=8 -> 1 {c0 WRITE udata=7}";
        assertTrue(isAccepted(recorded, "K n=8 -> 0", "FILL c0 -> full"));
        assertTrue(isAccepted("K n=8 -> 0", recorded, "FILL c0 -> full"));
        assertFalse(isAccepted(recorded, "K n=8 -> 0"));
        assertFalse(isAccepted(recorded, "K n=8 -> 0", "FILL s0 -> full"), "another end");
        assertFalse(isAccepted(recorded, "K n=8 -> 0", "FILL a0 -> full"));
        assertFalse(isAccepted("K n=8 -> 1 {c0 WRITE EOF udata=7}", "K n=8 -> 0", "FILL c0 -> full"));
        assertFalse(isAccepted("K n=8 -> 1 {c0 READ data=5 udata=7}", "K n=8 -> 0", "FILL c0 -> full"));
    }

    @Test
    void whatFillsAConnectionArrivesInPartsAtItsOtherEndOnly() throws IOException {
        String[] before = {"LISTEN 0", "SOCKET c0", "CONNECT c0 l0", "ACCEPT s0 l0 -> 0", "SOCKET c1", "CONNECT c1 l0",
            "ACCEPT s1 l0 -> 0", "K [s0 READ ADD|CLEAR 7] [s1 READ ADD|CLEAR 8] n=8 -> 0", "FILL c0 -> full"};
        assertTrue(isAccepted("K n=8 -> 0", "K n=8 -> 1 {s0 READ data=+ udata=7}", before));
        assertFalse(isAccepted("K n=8 -> 0", "K n=8 -> 1 {s1 READ data=+ udata=8}", before));
        assertFalse(isAccepted("K n=8 -> 0", "K n=8 -> 1 {s0 READ data=3 udata=7}", before));
        assertFalse(isAccepted("K n=8 -> 1 {s0 READ data=+ udata=7}", "K n=8 -> 0", before),
                "what arrives is not silent");
        before[7] = "K [s0 READ ADD 7] n=8 -> 0";
        assertFalse(isAccepted("K n=8 -> 0", "K n=8 -> 1 {s0 READ data=+ udata=7}", before));
    }

    @Test
    void aDatagramMayWaitBehindAnErrorOnly() throws IOException {
        String[] refused = {"UDP 0", "UCONN u0 refused"};
        assertTrue(isAccepted("RECV u0 -> 2", "RECV u0 -> -1 err 61", refused));
        assertFalse(isAccepted("RECV u0 -> 2", "RECV u0 -> -1 err 61"), "nobody to refuse it");
        assertFalse(isAccepted("RECV u0 -> 2", "RECV u0 -> -1 err 35", refused));
        assertFalse(isAccepted("RECV u0 -> 2", "RECV u0 -> 3", refused));
        Call call = new Call(step("RECV u0 -> 2"), step("RECV u0 -> -1 err 61"), follow(refused), (name,
                filter) -> false);
        assertEquals("[RECV u0 -> 2, SEND u0 0 -> 0]", written(NetworkDifference.DATAGRAM_BEHIND_ERROR.inStep(call)));
    }
}
