package org.kqueue.robust;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** An application whose thread was the first to use a kqueue can be unloaded, as a web application is. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class UnloadingTest {

    /** No child process for JNA's library search: the JDK keeps the thread that waited for one for another minute. */
    private static final String NO_CHILD = "-Djna.platform.library.path=/usr/lib";

    @Test
    void applicationThatOpenedTheFirstSelectorCanBeUnloaded() throws Exception {
        assertCollected(Unloading.SELECTOR);
    }

    @Test
    void applicationThatOpenedTheFirstKqueueCanBeUnloaded() throws Exception {
        assertCollected(Unloading.KQUEUE);
    }

    private static void assertCollected(String what) throws Exception {
        Forked.Result result = Forked.java(Unloading.class, NO_CHILD,
                "-Djava.nio.channels.spi.SelectorProvider=org.kqueue.nio.KqueueSelectorProvider", "--", what);
        assertEquals(0, result.status(), result.output());
        assertEquals("collected", result.lastLine(), result.output());
    }
}
