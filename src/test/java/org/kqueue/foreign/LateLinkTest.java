package org.kqueue.foreign;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.kqueue.RestoredProperty;

/** When calls begin to go through java.lang.foreign. */
class LateLinkTest {

    private static final int MANY = 2_000;

    @RegisterExtension
    final RestoredProperty calls = new RestoredProperty(ForeignCalls.CALLS);
    private final AtomicInteger links = new AtomicInteger();

    private static boolean isLinkedWithin(LateLink link, long seconds) {
        long start = System.nanoTime();
        while (!link.isLinked()) {
            if (System.nanoTime() - start > TimeUnit.SECONDS.toNanos(seconds)) {
                return false;
            }
            Thread.onSpinWait();
        }
        return true;
    }

    @Test
    void aProgramOfFewCallsNeverLinks() {
        calls.set("auto");
        LateLink link = new LateLink(links::incrementAndGet);
        for (int i = 0; i < 100; i++) {
            assertFalse(link.isLinked());
        }
        assertEquals(0, links.get());
    }

    @Test
    void manyCallsLinkOnceWithoutWaitingForIt() {
        calls.set("auto");
        assumeTrue(ForeignCalls.arePossible(), "no java.lang.foreign here");
        CountDownLatch mayLink = new CountDownLatch(1);
        LateLink link = new LateLink(() -> {
            try {
                mayLink.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            links.incrementAndGet();
        });
        for (int i = 0; i < MANY; i++) {
            assertFalse(link.isLinked());
        }
        mayLink.countDown();
        assertTrue(isLinkedWithin(link, 10));
        assertEquals(1, links.get());
    }

    @Test
    void foreignLinksAtOnce() {
        calls.set("foreign");
        assumeTrue(ForeignCalls.arePossible(), "no java.lang.foreign here");
        assertTrue(new LateLink(links::incrementAndGet).isLinked());
        assertEquals(1, links.get());
    }

    @Test
    void whatCannotBeOrMustNotBeIsNotLinked() {
        calls.set("jna");
        assertFalse(isLinkedAfterMany());
        calls.set("auto");
        assumeFalse(ForeignCalls.arePossible(), "java.lang.foreign is here");
        assertFalse(isLinkedAfterMany());
    }

    private boolean isLinkedAfterMany() {
        LateLink link = new LateLink(links::incrementAndGet);
        boolean linked = false;
        for (int i = 0; i < MANY; i++) {
            linked |= link.isLinked();
        }
        assertEquals(0, links.get());
        return linked;
    }

    @Test
    void afterAFailureJnaGoesOn() throws InterruptedException {
        calls.set("auto");
        assumeTrue(ForeignCalls.arePossible(), "no java.lang.foreign here");
        CountDownLatch tried = new CountDownLatch(1);
        LateLink link = new LateLink(() -> {
            tried.countDown();
            throw new UnsatisfiedLinkError("for the test");
        });
        for (int i = 0; i < MANY; i++) {
            assertFalse(link.isLinked());
        }
        assertTrue(tried.await(10, TimeUnit.SECONDS));
        assertFalse(link.isLinked());
    }
}
