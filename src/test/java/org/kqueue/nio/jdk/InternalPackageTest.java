package org.kqueue.nio.jdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.kqueue.robust.Forked;

/** How sun.nio.ch is opened, each way in a JVM of its own. What is open afterwards: OpeningTest. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class InternalPackageTest {

    private static final String[] NO_JNA = {
        "-Djna.nounpack=true", "-Djna.nosys=true", "-Djna.boot.library.path=/nonexistent"};

    @Test
    void opensThroughJni() throws Exception {
        assertEquals("opened by this library, JNA loaded", open());
    }

    @Test
    void leavesAnOpenPackageAsItIs() throws Exception {
        assertEquals("open by --add-opens or the agent, JNA not loaded",
                open("--add-opens", "java.base/sun.nio.ch=ALL-UNNAMED"));
    }

    @Test
    void saysWhatToDoWhereJnaIsMissing() throws Exception {
        String message = open(NO_JNA);
        assertTrue(message.contains("--add-opens java.base/sun.nio.ch=ALL-UNNAMED"), message);
        assertTrue(message.contains("-Djna.boot.library.path="), message);
    }

    private static String open(String... flags) throws Exception {
        Forked.Result result = Forked.java(OpensPackage.class, flags);
        assertEquals(0, result.status(), result.output());
        return result.lastLine();
    }
}
