package org.kqueue.robust.stress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.kqueue.robust.Forked;

/**
 * Netty in a JVM of its own, more suspicious than it is by default: a selector that returns 64 times without cause is
 * replaced.
 */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class NettyRebuildTest {

    @Test
    void nettyNeverRebuildsItsSelector() throws Exception {
        Forked.Result result = Forked.java(NettyIdleAndBroken.class, "-Dio.netty.selectorAutoRebuildThreshold=64");
        assertEquals(0, result.status(), result.output());
        assertTrue(result.lastLine().startsWith("OK"), result.output());
    }
}
