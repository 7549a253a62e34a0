package org.kqueue.robust.fault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.kqueue.BackendCalls;
import org.kqueue.ChangeList;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.KeventFlags;
import org.kqueue.Kqueue;
import org.kqueue.nio.Providers;
import org.kqueue.nio.jdk.JdkChannels;
import org.kqueue.robust.Faults;
import org.kqueue.robust.Pair;
import org.kqueue.robust.ReadyChannel;

/** The selector over a kqueue whose events are of nobody, stale, or come one at a time: no key is ready by mistake. */
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class StrayEventTest extends NoDescriptorIsLeft {

    private static final int PAIRS = 12;
    private static final int ROUNDS = 40;
    /** A descriptor's number that none of the tests has. */
    private static final int FIRST_UNUSED = 5_000;
    private static final int STRAYS = 50;

    /** Events are found by descriptor, so these are of descriptors and filters that the selector does not use. */
    @RepeatedTest(5)
    void ignoresEventsOfNobody() throws IOException {
        long seed = ThreadLocalRandom.current().nextLong();
        Random random = new Random(seed);
        Faults spurious = new Faults() {
            @Override
            public int kevent(Kqueue real, ChangeList changes, EventList events, long timeoutNanos) {
                int n = BackendCalls.call(real, changes, events, timeoutNanos);
                if (n < 0 || events == null) {
                    return n;
                }
                while (events.size() < events.capacity() && random.nextInt(3) != 0) {
                    Filter filter = random.nextBoolean() ? Filter.EVFILT_READ : Filter.EVFILT_WRITE;
                    int ident = FIRST_UNUSED + random.nextInt(500);
                    int flags = random.nextBoolean() ? KeventFlags.EV_EOF : 0;
                    events.append(ident, real.layout().number(filter), flags, random.nextInt(100), random.nextInt(), 0);
                }
                return events.size();
            }
        };
        try (Workload work = new Workload(FaultyBackend.openSelector(spurious), PAIRS, seed)) {
            work.run(ROUNDS);
            assertEquals(0, work.failures, "selects that threw, seed " + seed);
            assertEquals(0, work.falseAlarms, "keys ready without cause, seed " + seed);
        }
    }

    @Test
    void ignoresEventsOfAFilterThatItNeverUses() throws IOException {
        AtomicInteger fd = new AtomicInteger(-1);
        Faults foreign = new Faults() {
            @Override
            public int kevent(Kqueue real, ChangeList changes, EventList events, long timeoutNanos) {
                int n = BackendCalls.call(real, changes, events, timeoutNanos);
                if (n < 0 || events == null || events.size() == events.capacity() || fd.get() < 0) {
                    return n;
                }
                events.append(fd.get(), real.layout().number(Filter.EVFILT_TIMER), 0, 0, 1, 0);
                return events.size();
            }
        };
        Pipe pipe = Providers.kqueue().openPipe();
        try (Selector selector = FaultyBackend.openSelector(foreign); Pipe.SourceChannel source = pipe.source();
                Pipe.SinkChannel sink = pipe.sink()) {
            sink.configureBlocking(false);
            ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
            while (sink.write(buffer.clear()) > 0) {
                assertTrue(source.isOpen());
            }
            SelectionKey key = sink.register(selector, SelectionKey.OP_WRITE);
            assertEquals(0, selector.selectNow());
            fd.set(JdkChannels.fd(sink));
            assertEquals(0, selector.selectNow(), "a timer's event makes a full pipe ready");
            assertEquals(0, key.readyOps());
        }
    }

    @Test
    void ignoresStaleEventsOfKeysThatAreGone() throws IOException {
        StaleEvents stale = new StaleEvents();
        try (Selector selector = FaultyBackend.openSelector(stale)) {
            try (Pair old = Pair.open(Providers.kqueue())) {
                old.register(selector, SelectionKey.OP_READ);
                old.far().write(ByteBuffer.wrap(new byte[1]));
                assertEquals(1, selector.select(5_000));
            }
            selector.selectNow();
            stale.replay = true;
            assertEquals(0, selector.selectNow());
            assertEquals(Set.of(), selector.selectedKeys());
            stale.replay = false;
            try (Pair fresh = Pair.open(Providers.kqueue())) {
                // Most likely with the number of the one before.
                SelectionKey key = fresh.register(selector, SelectionKey.OP_READ);
                assertEquals(0, selector.selectNow());
                fresh.far().write(ByteBuffer.wrap(new byte[1]));
                ReadyChannel.assertBecomesReady(key, "a new registration");
            }
        }
    }

    /** Remembers the first read event and returns it again and again. */
    private static final class StaleEvents implements Faults {
        private volatile boolean replay;
        private long ident = -1;

        @Override
        public int kevent(Kqueue real, ChangeList changes, EventList events, long timeoutNanos) {
            int n = BackendCalls.call(real, changes, events, timeoutNanos);
            if (n > 0 && ident < 0 && events.filter(0) == Filter.EVFILT_READ) {
                ident = events.ident(0);
            }
            if (replay && n >= 0 && events.size() < events.capacity()) {
                events.append(ident, real.layout().number(Filter.EVFILT_READ), 0, 0, 1, 0);
                return events.size();
            }
            return n;
        }
    }

    /** A select may return after an event of nobody, and must not mistake it for the end of all waiting. */
    @Test
    void waitsOnAfterAnEventOfNobody() throws IOException {
        AtomicInteger calls = new AtomicInteger();
        Faults strays = new Faults() {
            @Override
            public int kevent(Kqueue real, ChangeList changes, EventList events, long timeoutNanos) {
                boolean stray = calls.incrementAndGet() <= STRAYS;
                int n = BackendCalls.call(real, changes, events, stray ? 0 : timeoutNanos);
                if (n == 0 && stray) {
                    events.append(FIRST_UNUSED, real.layout().number(Filter.EVFILT_READ), 0, 0, 1, 0);
                    return 1;
                }
                return n;
            }
        };
        try (Selector selector = FaultyBackend.openSelector(strays)) {
            long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(100);
            int selects = 0;
            while (System.nanoTime() - end < 0) {
                assertEquals(0, selector.select(100));
                selects++;
            }
            assertTrue(selects <= 2 * STRAYS, selects + " selects returned with nothing");
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
}
