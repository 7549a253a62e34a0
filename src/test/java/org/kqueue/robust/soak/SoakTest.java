package org.kqueue.robust.soak;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The soak's short form. */
class SoakTest {

    @Test
    @Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD, unit = TimeUnit.SECONDS)
    void aFewSecondsOfFaultsLoseNothing() throws Exception {
        String verdict = new Soak(5, 50, 4).run();
        System.out.println(verdict);
        assertTrue(verdict.startsWith("soak on KqueueSelector") && verdict.endsWith("PASSED"), verdict);
    }
}
