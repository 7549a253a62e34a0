package org.kqueue.robust.security;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.kqueue.robust.Forked;

/** What is opened of java.base, looked at from inside a JVM of its own. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class OpeningTest {

    @Test
    void opensOnePackageToOneModuleAndNoMore() throws Exception {
        Forked.Result result = Forked.java(WhatIsOpen.class);
        assertEquals(0, result.status(), result.output());
        assertEquals("opened: [java.base/sun.nio.ch to the unnamed module]", result.lastLine());
    }

    @Test
    void opensNothingWhereTheFlagHasOpenedIt() throws Exception {
        Forked.Result result = Forked.java(WhatIsOpen.class, "--add-opens", "java.base/sun.nio.ch=ALL-UNNAMED");
        assertEquals(0, result.status(), result.output());
        assertEquals("opened: []", result.lastLine());
    }
}
