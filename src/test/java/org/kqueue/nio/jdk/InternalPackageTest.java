package org.kqueue.nio.jdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.kqueue.robust.Forked;

/** How sun.nio.ch is opened, each way in a JVM of its own. What is open afterwards: OpeningTest. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class InternalPackageTest {

    /** A runtime without jdk.unsupported; JNA needs java.logging. */
    private static final String[] NO_REFLECTION_FACTORY = {"--limit-modules", "java.base,java.logging"};
    private static final String[] NO_JNA = {
        "-Djna.nounpack=true", "-Djna.nosys=true", "-Djna.boot.library.path=/nonexistent"};

    @Test
    void opensWithoutNativeCode() throws Exception {
        assertEquals("opened by this library, JNA not loaded", open());
    }

    @Test
    void opensThroughJniWhereTheRuntimeHasNoReflectionFactory() throws Exception {
        assertEquals("opened by this library, JNA loaded", open(NO_REFLECTION_FACTORY));
    }

    @Test
    void leavesAnOpenPackageAsItIs() throws Exception {
        assertEquals("open by --add-opens or the agent, JNA not loaded",
                open("--add-opens", "java.base/sun.nio.ch=ALL-UNNAMED"));
    }

    @Test
    void saysWhatToDoWhereNeitherWayWorks() throws Exception {
        String message = open(concat(NO_REFLECTION_FACTORY, NO_JNA));
        assertTrue(message.contains("--add-opens java.base/sun.nio.ch=ALL-UNNAMED"), message);
        assertTrue(message.contains("-Djna.boot.library.path="), message);
    }

    /** Not done at start on JDKs that are known to have them. */
    @Test
    void thisJdkHasTheMembersThatAreUsed() throws Exception {
        JdkChannels.open();
        JdkChannels.requireMembers();
    }

    @Test
    void checkedJniHasNothingToWarnOf() throws Exception {
        Forked.Result result = Forked.java(OpensPackage.class, "-Xcheck:jni");
        assertEquals("opened by this library, JNA not loaded", result.lastLine());
        assertFalse(result.output().contains("WARNING"), result.output());
    }

    private static String open(String... flags) throws Exception {
        Forked.Result result = Forked.java(OpensPackage.class, flags);
        assertEquals(0, result.status(), result.output());
        return result.lastLine();
    }

    private static String[] concat(String[] first, String[] second) {
        String[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }
}
