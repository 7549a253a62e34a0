package org.kqueue.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Wrong results that the comparison must refuse, whatever rules it is given. */
class ReplayRulesTest {

    private static final String RECORDED = "K n=8 -> 2 {a0 READ data=5 udata=1} {b0 WRITE udata=2}";

    private static TraceStep step(String line) throws IOException {
        return TraceReader.read("test", List.of("TRACE 0", line)).get(0).steps().get(0);
    }

    private static boolean isAccepted(String recorded, String seen) throws IOException {
        TraceStep expected = step(recorded);
        TraceStep actual = step(seen);
        KnoteModel model = new KnoteModel();
        model.open("a0", "b0");
        return Replay.agrees(expected, actual) || AllowedDifference.everywhere().stream()
                .anyMatch(rule -> rule.allows(expected, actual, model));
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
    void anotherOrderIsAcceptedOnlyWhereThereWasRoom() throws IOException {
        String turned = " -> 2 {b0 WRITE udata=2} {a0 READ data=5 udata=1}";
        assertTrue(isAccepted(RECORDED, "K n=8" + turned));
        assertFalse(isAccepted(RECORDED.replace("n=8", "n=2"), "K n=2" + turned));
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
