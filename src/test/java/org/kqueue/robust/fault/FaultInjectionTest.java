package org.kqueue.robust.fault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.Arrays;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.kqueue.BackendCalls;
import org.kqueue.ChangeList;
import org.kqueue.Errno;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.KeventException;
import org.kqueue.KeventFlags;
import org.kqueue.Kqueue;
import org.kqueue.nio.jdk.JdkChannels;
import org.kqueue.robust.Descriptors;
import org.kqueue.robust.Pair;
import org.kqueue.robust.Providers;

/**
 * The selector over a kqueue that fails by plan: the specified exception or recovery, no lost key, no spin, no leak.
 */
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FaultInjectionTest {

    private static final int PAIRS = 12;
    private static final int ROUNDS = 40;
    private static final int LAST_ERRNO = 97;
    private static final long DEADLINE_NANOS = TimeUnit.SECONDS.toNanos(10);

    private int descriptors;

    @BeforeEach
    void countDescriptors() throws IOException {
        // The first open makes what is made once per process.
        FaultyBackend.openSelector(new Faults() {
        }).close();
        Pair.open(Providers.kqueue()).close();
        descriptors = Descriptors.count();
    }

    @AfterEach
    void noDescriptorIsLeft() throws InterruptedException {
        Descriptors.assertComesDownTo(descriptors);
    }

    @Test
    void losesNothingAndInventsNothingWithoutFaults() throws IOException {
        try (Workload work = new Workload(FaultyBackend.openSelector(new Faults() {
        }), PAIRS, 5)) {
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
            faults.fd = JdkChannels.fd(failing.ours());
            assertEquals(1, selector.select(5_000), Errno.name(errno, Errno.Numbering.BSD));
            assertEquals(Set.of(key), selector.selectedKeys());
            assertEquals(ops, key.readyOps(), Errno.name(errno, Errno.Numbering.BSD));
            selector.selectedKeys().clear();

            faults.fd = -1;
            failing.peer().write(ByteBuffer.wrap(new byte[1]));
            fine.peer().write(ByteBuffer.wrap(new byte[1]));
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
    private static final class AddsOf extends Changes {
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
        Changes some = new Changes() {
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
                    BackendCalls.call(real, Changes.copy(changes, i, real.newChangeList(1)), null, 0);
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
        // Says so too, and closes all the same.
        assertThrows(KeventException.class, selector::close);
        assertFalse(selector.isOpen());
    }

    @RepeatedTest(5)
    void ignoresEventsOfNobody() throws IOException {
        Random random = new Random();
        Faults spurious = new Faults() {
            @Override
            public int kevent(Kqueue real, ChangeList changes, EventList events, long timeoutNanos) {
                int n = BackendCalls.call(real, changes, events, timeoutNanos);
                if (n < 0 || events == null) {
                    return n;
                }
                while (events.size() < events.capacity() && random.nextInt(3) != 0) {
                    Filter filter = random.nextBoolean() ? Filter.EVFILT_READ : Filter.EVFILT_WRITE;
                    int number = random.nextInt(5) == 0 ? -16 + random.nextInt(32) : real.layout().number(filter);
                    // Of keys that never were: slots far out, serials never given, negative ones.
                    long udata = random.nextBoolean() ? random.nextLong()
                            : (long) (1 << 30) << 32 | random.nextInt(PAIRS);
                    int flags = random.nextBoolean() ? KeventFlags.EV_EOF : 0;
                    events.append(random.nextInt(500), number, flags, random.nextInt(100), random.nextInt(), udata);
                }
                return events.size();
            }
        };
        try (Workload work = new Workload(FaultyBackend.openSelector(spurious), PAIRS, 5)) {
            work.run(ROUNDS);
            assertEquals(0, work.failures, "selects that threw");
            assertEquals(0, work.falseAlarms, "keys ready without cause");
        }
    }

    @Test
    void ignoresStaleEventsOfKeysThatAreGone() throws IOException {
        StaleEvents stale = new StaleEvents();
        try (Selector selector = FaultyBackend.openSelector(stale)) {
            try (Pair old = Pair.open(Providers.kqueue())) {
                old.register(selector, SelectionKey.OP_READ);
                old.peer().write(ByteBuffer.wrap(new byte[1]));
                assertEquals(1, selector.select(5_000));
            }
            selector.selectNow();
            try (Pair fresh = Pair.open(Providers.kqueue())) {
                // The same slot and most likely the same fd as before.
                SelectionKey key = fresh.register(selector, SelectionKey.OP_READ);
                stale.replay = true;
                assertEquals(0, selector.selectNow(), "ready by an event of an earlier registration");
                assertEquals(Set.of(), selector.selectedKeys());
                assertEquals(0, key.readyOps());
            }
        }
    }

    /** Remembers the first read event and returns it again and again. */
    private static final class StaleEvents implements Faults {
        private volatile boolean replay;
        private long ident;
        private long udata;

        @Override
        public int kevent(Kqueue real, ChangeList changes, EventList events, long timeoutNanos) {
            int n = BackendCalls.call(real, changes, events, timeoutNanos);
            if (n > 0 && !replay && udata == 0 && events.filter(0) == Filter.EVFILT_READ) {
                ident = events.ident(0);
                udata = events.udata(0);
            }
            if (replay && n >= 0 && events.size() < events.capacity()) {
                events.append(ident, real.layout().number(Filter.EVFILT_READ), 0, 0, 1, udata);
                return events.size();
            }
            return n;
        }
    }

    @Test
    void waitsOnWhenAnEventIsOfNobody() throws IOException {
        AtomicInteger calls = new AtomicInteger();
        Faults oneStray = new Faults() {
            @Override
            public int kevent(Kqueue real, ChangeList changes, EventList events, long timeoutNanos) {
                int n = BackendCalls.call(real, changes, events,
                        calls.incrementAndGet() < 50 ? 0 : timeoutNanos);
                if (n == 0 && calls.get() < 50) {
                    events.append(400, real.layout().number(Filter.EVFILT_READ), 0, 0, 1, Long.MAX_VALUE);
                    return 1;
                }
                return n;
            }
        };
        try (Selector selector = FaultyBackend.openSelector(oneStray)) {
            long start = System.nanoTime();
            assertEquals(0, selector.select(100));
            assertTrue(System.nanoTime() - start >= TimeUnit.MILLISECONDS.toNanos(99), "came back with nothing");
        }
    }

    @Test
    void servesAllWhenEventsComeOneAtATime() throws IOException {
        Faults shortLists = new Faults() {
            @Override
            public int kevent(Kqueue real, ChangeList changes, EventList events, long timeoutNanos) {
                EventList one = real.newEventList(1);
                int n = changes == null || changes.size() == 0 ? 0 : BackendCalls.call(real, changes, events, 0);
                if (n != 0) {
                    return n;
                }
                n = BackendCalls.call(real, null, one, timeoutNanos);
                events.prepare(1);
                for (int i = 0; i < n; i++) {
                    events.append(one.ident(i), one.filterNumber(i), one.flags(i), one.fflags(i), one.data(i),
                            one.udata(i));
                }
                return n;
            }
        };
        try (Workload work = new Workload(FaultyBackend.openSelector(shortLists), PAIRS, 6)) {
            work.run(ROUNDS);
        }
    }

    /** What may be the errno of {@code kqueue()}. */
    enum OpenError {
        EMFILE(Errno.EMFILE), ENFILE(Errno.ENFILE), ENOMEM(Errno.ENOMEM);

        private final int errno;

        OpenError(int errno) {
            this.errno = errno;
        }
    }

    @ParameterizedTest
    @EnumSource
    void saysWhyNoKqueueCouldBeOpened(OpenError error) {
        Faults none = new Faults() {
            @Override
            public void kqueue() throws IOException {
                throw new KeventException("kqueue", -1, error.errno, error.name(), null);
            }
        };
        IOException e = assertThrows(IOException.class, () -> FaultyBackend.openSelector(none));
        assertTrue(e.getMessage().contains(error.name()), e.getMessage());
    }

    @Test
    void closesTheKqueueWhenTheWakeupCannotBeRegistered() {
        Faults none = new Faults() {
            @Override
            public void newWakeup() throws IOException {
                throw new KeventException("kevent", 9, Errno.ENOMEM, "ENOMEM", null);
            }
        };
        // That nothing is left open is asserted after each test.
        assertThrows(IOException.class, () -> FaultyBackend.openSelector(none));
    }

    @Test
    void canBeWokenAfterAWakeupFailed() throws Exception {
        AtomicInteger signals = new AtomicInteger();
        Faults firstFails = new Faults() {
            @Override
            public void signal() throws IOException {
                if (signals.incrementAndGet() == 1) {
                    throw new KeventException("kevent", 9, Errno.ENOMEM, "ENOMEM", null);
                }
            }
        };
        try (Selector selector = FaultyBackend.openSelector(firstFails)) {
            Selecting selecting = new Selecting(selector);
            selecting.awaitBlocked();
            assertThrows(UncheckedIOException.class, selector::wakeup);
            selector.wakeup();
            selecting.join(5_000);
            assertFalse(selecting.isAlive(), "a wakeup after a failed one is lost");
            assertEquals(2, signals.get());
        }
    }

    @Test
    void closesAllWhenTheWakeupOfCloseFails() throws Exception {
        Faults fails = new Faults() {
            @Override
            public void signal() throws IOException {
                throw new KeventException("kevent", 9, Errno.EBADF, "EBADF", null);
            }
        };
        Selector selector = FaultyBackend.openSelector(fails);
        Pair pair = Pair.open(Providers.kqueue());
        pair.register(selector, SelectionKey.OP_READ);
        assertEquals(0, selector.selectNow());
        pair.close();
        // Nobody is blocked, so nobody has to be woken; a broken wakeup must not stand in the way.
        selector.close();
        assertFalse(selector.isOpen());
    }

    @Test
    void closeEndsASelectThatCannotBeWoken() throws Exception {
        Faults fails = new Faults() {
            @Override
            public void signal() throws IOException {
                throw new KeventException("kevent", 9, Errno.ENOMEM, "ENOMEM", null);
            }
        };
        Selector selector = FaultyBackend.openSelector(fails);
        Pair pair = Pair.open(Providers.kqueue());
        SelectionKey key = pair.register(selector, SelectionKey.OP_READ);
        Selecting selecting = new Selecting(selector);
        selecting.awaitBlocked();
        pair.close();
        assertThrows(KeventException.class, selector::close);
        selecting.join(5_000);
        assertFalse(selecting.isAlive(), "the select goes on");
        assertFalse(key.isValid());
    }

    /** A thread in {@code select()}. */
    private static final class Selecting extends Thread {
        Selecting(Selector selector) {
            super(() -> {
                try {
                    selector.select();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }, "selecting");
            setDaemon(true);
            start();
        }

        /** Native waits look runnable, so the stack tells; and a moment for the last steps to the kernel. */
        void awaitBlocked() throws InterruptedException {
            long start = System.nanoTime();
            while (Arrays.stream(getStackTrace()).noneMatch(frame -> frame.getMethodName().equals("kevent"))) {
                assertTrue(System.nanoTime() - start < DEADLINE_NANOS, "does not come to wait");
                Thread.sleep(5);
            }
            Thread.sleep(50);
        }
    }
}
