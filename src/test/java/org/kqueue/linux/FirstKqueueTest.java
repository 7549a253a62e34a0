package org.kqueue.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.kqueue.robust.Forked;

/** What a selector's kqueue has to be loaded for. */
class FirstKqueueTest {

    private static final String SEEN = "events 0, end of pipe 1, dispatched 0, wakeup 1, forgotten 0";

    private static List<String> classes(String calls) throws Exception {
        assumeTrue(System.getProperty("os.name").equals("Linux"), "the embedded kqueue is Linux's");
        Forked.Result result = Forked.java(FirstKqueue.class, "-Xlog:class+load", "-Dorg.kqueue.backend=embedded",
                "-Dorg.kqueue.calls=" + calls, "--");
        assertEquals(0, result.status(), result::output);
        assertTrue(result.output().contains(SEEN), result::output);
        return result.output().lines().filter(line -> line.contains("com.sun.jna.") || line.contains("org.kqueue."))
                .toList();
    }

    @Test
    void needsNoJna() throws Exception {
        List<String> classes = classes("auto");
        assertTrue(classes.stream().anyMatch(line -> line.contains("ReadinessKqueue")), "the log of classes");
        assertEquals(List.of(), classes.stream()
                .filter(line -> line.contains("com.sun.jna.") || line.contains("EpollLibrary")).toList());
    }

    @Test
    void doesTheSameThroughJna() throws Exception {
        List<String> classes = classes("jna");
        assertTrue(classes.stream().anyMatch(line -> line.contains("EpollLibrary")), classes::toString);
        assertEquals(List.of(), classes.stream().filter(line -> line.contains("linux.knotes")).toList());
    }
}
