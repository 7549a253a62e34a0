package org.kqueue.robust.fault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kqueue.BackendCalls;
import org.kqueue.ChangeList;
import org.kqueue.Errno;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.KeventException;
import org.kqueue.KeventFlags;
import org.kqueue.Kqueue;
import org.kqueue.nio.Providers;
import org.kqueue.nio.jdk.JdkChannels;
import org.kqueue.robust.Faults;
import org.kqueue.robust.Pair;

/**
 * The selector over a kqueue that fails by plan: the specified exception or recovery, no lost key, no spin, no leak.
 */
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FaultInjectionTest extends NoDescriptorIsLeft {

    private static final int PAIRS = 12;
    private static final int ROUNDS = 40;
    private static final int LAST_ERRNO = 97;
    private static final long DEADLINE_NANOS = TimeUnit.SECONDS.toNanos(10);

    @Test
    void losesNothingAndInventsNothingWithoutFaults() throws IOException {
        try (Workload work = new Workload(FaultyBackend.openSelector(Faults.NONE), PAIRS, 5)) {
            work.run(5 * ROUNDS);
            assertEquals(0, work.failures, "selects that threw");
            assertEquals(0, work.falseAlarms, "keys ready without cause");
        }
    }

    @Test
    void goesOnAfterEintrAtAnyTime() throws IOException {
        Random random = new Random(1);
        Faults interrupted = new Faults() {
            @Override
            public int kevent(Kqueue real, ChangeList changes, EventList events, long timeoutNanos) {
                // The register phase is not interruptible: after EINTR all changes have been applied.
                int n = BackendCalls.call(real, changes, events, 0);
                return n != 0 ? n : random.nextInt(4) != 0 ? -Errno.EINTR
                        : BackendCalls.call(real, null, events, timeoutNanos);
            }
        };
        try (Workload work = new Workload(FaultyBackend.openSelector(interrupted), PAIRS, 1)) {
            work.run(ROUNDS);
            assertEquals(0, work.failures, "selects that threw");
        }
    }

    @Test
    void keepsTheTimeoutUnderEintr() throws IOException {
        Faults always = new Faults() {
            @Override
            public int kevent(Kqueue real, ChangeList changes, EventList events, long timeoutNanos) {
                int n = BackendCalls.call(real, changes, events,
                        Math.min(timeoutNanos, TimeUnit.MILLISECONDS.toNanos(3)));
                return n != 0 || timeoutNanos == 0 ? n : -Errno.EINTR;
            }
        };
        try (Selector selector = FaultyBackend.openSelector(always)) {
            long start = System.nanoTime();
            assertEquals(0, selector.select(100));
            long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
            assertTrue(millis >= 99 && millis < 1_000, "select(100) took " + millis + " ms");
        }
    }

    @Test
    void makesTheKeyReadyWhenItsAddFailsWithAnyErrno() throws IOException {
        for (int errno = 1; errno <= LAST_ERRNO; errno++) {
            failedAdd(errno, SelectionKey.OP_READ);
            failedAdd(errno, SelectionKey.OP_READ | SelectionKey.OP_WRITE);
        }
    }

    private static void failedAdd(int errno, int ops) throws IOException {
        AddsOf faults = new AddsOf(errno);
        try (Selector selector = FaultyBackend.openSelector(faults); Pair failing = Pair.open(Providers.kqueue());
                Pair fine = Pair.open(Providers.kqueue())) {
            SelectionKey key = failing.register(selector, ops);
            SelectionKey other = fine.register(selector, SelectionKey.OP_READ);
            faults.fd = JdkChannels.fd(failing.near());
            assertEquals(1, selector.select(5_000), Errno.name(errno, Errno.Numbering.BSD));
            assertEquals(Set.of(key), selector.selectedKeys());
            assertEquals(ops, key.readyOps(), Errno.name(errno, Errno.Numbering.BSD));
            selector.selectedKeys().clear();

            faults.fd = -1;
            failing.far().write(ByteBuffer.wrap(new byte[1]));
            fine.far().write(ByteBuffer.wrap(new byte[1]));
            key.interestOps(SelectionKey.OP_READ);
            assertBecomesReady(selector, key);
            assertBecomesReady(selector, other);
        }
    }

    private static void assertBecomesReady(Selector selector, SelectionKey key) throws IOException {
        long start = System.nanoTime();
        while (!selector.selectedKeys().contains(key)) {
            assertTrue(System.nanoTime() - start < DEADLINE_NANOS, key + " is lost");
            selector.select(1_000);
        }
        assertTrue(key.isReadable());
    }

    /** Every EV_ADD of one descriptor fails. */
    private static final class AddsOf extends RefusedChanges {
        private final int errno;
        private volatile long fd = -1;

        AddsOf(int errno) {
            this.errno = errno;
        }

        @Override
        int errno(ChangeList changes, int index) {
            return changes.ident(index) == fd && (changes.flags(index) & KeventFlags.EV_ADD) != 0 ? errno : 0;
        }
    }

    @Test
    void losesNothingWhenRandomChangesFailWithRandomErrors() throws IOException {
        Random random = new Random(2);
        RefusedChanges some = new RefusedChanges() {
            @Override
            int errno(ChangeList changes, int index) {
                return changes.filter(index) != Filter.EVFILT_USER && random.nextInt(4) == 0
                        ? 1 + random.nextInt(LAST_ERRNO) : 0;
            }
        };
        try (Workload work = new Workload(FaultyBackend.openSelector(some), PAIRS, 2)) {
            work.run(ROUNDS);
            assertEquals(0, work.failures, "selects that threw");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {Errno.ENOMEM, Errno.EFAULT, Errno.EINVAL, Errno.EBADF})
    void throwsAndLosesNothingWhenTheCallFails(int errno) throws IOException {
        AtomicInteger calls = new AtomicInteger();
        AtomicBoolean over = new AtomicBoolean();
        Faults everyThird = new Faults() {
            @Override
            public int kevent(Kqueue real, ChangeList changes, EventList events, long timeoutNanos) {
                return calls.incrementAndGet() % 3 == 0 && !over.get() ? -errno
                        : BackendCalls.call(real, changes, events, timeoutNanos);
            }
        };
        try (Workload work = new Workload(FaultyBackend.openSelector(everyThird), PAIRS, 3)) {
            work.run(ROUNDS);
            assertTrue(work.failures > 0, "no select threw");
            over.set(true);
        }
    }

    @Test
    void losesNothingWhenTheCallFailsHalfWayThroughTheChanges() throws IOException {
        AtomicInteger calls = new AtomicInteger();
        AtomicBoolean over = new AtomicBoolean();
        Faults halfWay = new Faults() {
            @Override
            public int kevent(Kqueue real, ChangeList changes, EventList events, long timeoutNanos) {
                if (over.get() || changes == null || changes.size() < 2 || calls.incrementAndGet() % 3 != 0) {
                    return BackendCalls.call(real, changes, events, timeoutNanos);
                }
                for (int i = 0; i < changes.size() / 2; i++) {
                    BackendCalls.call(real, RefusedChanges.copy(changes, i, real.newChangeList(1)), null, 0);
                }
                return -Errno.ENOMEM;
            }
        };
        try (Workload work = new Workload(FaultyBackend.openSelector(halfWay), PAIRS, 4)) {
            work.run(ROUNDS);
            assertTrue(work.failures > 0, "no select threw");
            over.set(true);
        }
    }

    @Test
    void namesTheErrorWhenTheKqueueIsBad() throws IOException {
        Faults bad = new Faults() {
            @Override
            public int kevent(Kqueue real, ChangeList changes, EventList events, long timeoutNanos) {
                return -Errno.EBADF;
            }
        };
        Selector selector = FaultyBackend.openSelector(bad);
        try (Pair pair = Pair.open(Providers.kqueue())) {
            pair.register(selector, SelectionKey.OP_READ);
            for (int i = 0; i < 3; i++) {
                KeventException e = assertThrows(KeventException.class, selector::select);
                assertEquals("EBADF", e.errnoName());
                assertTrue(e.getMessage().contains("EBADF"), e.getMessage());
            }
        }
        selector.close();
        assertFalse(selector.isOpen());
    }
}
