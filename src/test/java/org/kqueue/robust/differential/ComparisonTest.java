package org.kqueue.robust.differential;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.spi.AbstractSelector;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.kqueue.BackendCalls;
import org.kqueue.ChangeList;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.KeventFlags;
import org.kqueue.Kqueue;
import org.kqueue.KqueueConfig;
import org.kqueue.nio.Providers;
import org.kqueue.robust.Faults;
import org.kqueue.robust.FaultyKqueue;
import org.kqueue.robust.OpenDescriptors;
import org.kqueue.robust.differential.Difference.Kind;

/** The comparison finds selectors that are wrong on purpose, and finds nothing in one that is right. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ComparisonTest {

    /** The udata of a selector's wakeup. */
    private static final long WAKEUP = -1;
    /** A descriptor that is not open. */
    private static final int NOBODY = 5_000;
    private static final String REGISTERED = "open-pipe; register c0 s0 READ; select-now s0 plain; ";

    /** Our selector on a faulty kqueue. */
    private static final class Wrong extends Providers.On {
        private final Faults faults;

        Wrong(Faults faults) {
            super(KqueueConfig.fromSystemProperties().withDetail(KqueueConfig.Detail.READINESS));
            this.faults = faults;
        }

        @Override
        public AbstractSelector openSelector() throws IOException {
            return openSelector(new FaultyKqueue(openKqueue(), faults));
        }
    }

    private static Difference difference(Faults faults, String program) throws Exception {
        return new Comparison(Providers.jdk(), new Wrong(faults))
                .difference(Program.parse(program), Deadlines.SLOWER.get(0));
    }

    private static void assertFound(Kind kind, Faults faults, String program) throws Exception {
        Difference difference = difference(faults, program);
        assertNotNull(difference, kind + " was not found");
        assertEquals(kind, difference.kind(), difference.report());
    }

    @Test
    void theOracleAgreesWithItself() throws Exception {
        Comparison comparison = new Comparison(Providers.jdk(), Providers.jdk());
        for (int seed = 0; seed < 60; seed++) {
            Difference difference = comparison.difference(RandomProgram.of(seed));
            assertNull(difference, () -> difference.report());
        }
    }

    /** READ events are replaced by events for a descriptor that is not open, one every millisecond. */
    private static final Faults LOSES_READ = new Faults() {
        @Override
        public int kevent(Kqueue real, ChangeList changes, EventList events, long timeoutNanos) {
            int n = BackendCalls.call(real, changes, events, timeoutNanos);
            if (n == 1 && events.filter(0) == Filter.EVFILT_READ && events.udata(0) != WAKEUP) {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
                events.prepare(0);
                events.append(NOBODY, real.layout().number(Filter.EVFILT_READ), 0, 0, 1, 0);
            }
            return n;
        }
    };

    @Test
    void findsAnEventThatIsLost() throws Exception {
        assertNull(difference(LOSES_READ, REGISTERED));
        assertFound(Kind.LOST, LOSES_READ, REGISTERED + "write c1 c0 1; select-now s0 plain");
        assertFound(Kind.LOST, LOSES_READ, REGISTERED + "write c1 c0 1; select s0 plain");
        assertFound(Kind.LOST, LOSES_READ, REGISTERED + "write c1 c0 1; select-timed s0 action");
    }

    /** Reports the descriptor that was added last, with this filter; for null, a descriptor that is not open. */
    private static final class Reporting implements Faults {
        private final Filter filter;
        private int fd = -1;

        Reporting(Filter filter) {
            this.filter = filter;
        }

        @Override
        public int kevent(Kqueue real, ChangeList changes, EventList events, long timeoutNanos) {
            for (int i = 0; changes != null && i < changes.size(); i++) {
                fd = (changes.flags(i) & KeventFlags.EV_ADD) != 0 ? (int) changes.ident(i) : fd;
            }
            int n = BackendCalls.call(real, changes, events, fd < 0 ? timeoutNanos : 0);
            if (n == 0 && fd >= 0) {
                events.append(filter == null ? NOBODY : fd,
                        real.layout().number(filter == null ? Filter.EVFILT_READ : filter), 0, 0, 1, 0);
                return 1;
            }
            return n;
        }
    }

    @Test
    void findsAnEventThatHasNoCause() throws Exception {
        assertFound(Kind.UNFOUNDED, new Reporting(Filter.EVFILT_READ), REGISTERED);
        assertFound(Kind.UNFOUNDED, new Reporting(Filter.EVFILT_READ),
                "open-pipe; register c0 s0 READ; select s0 action");
    }

    @Test
    void findsASelectorThatSpins() throws Exception {
        assertFound(Kind.SPIN, new Reporting(null), REGISTERED + "select s0 plain");
        assertFound(Kind.SPIN, new Reporting(null), REGISTERED + "select-timed s0 action");
    }

    @Test
    void leavesNoDescriptorBehind() throws Exception {
        Comparison comparison = new Comparison(Providers.jdk(), Providers.kqueue());
        for (int i = 0; i < 20; i++) {
            comparison.difference(RandomProgram.of(i), Deadlines.FAST);
        }
        int before = OpenDescriptors.count();
        for (int i = 0; i < 20; i++) {
            comparison.difference(RandomProgram.of(i), Deadlines.FAST);
        }
        OpenDescriptors.assertComesDownTo(before);
    }

    @Test
    void shrinksAProgramToWhatItTakesToFail() {
        Program small = RandomProgram.of(1).shrink(ComparisonTest::registersTwice, () -> false);
        assertEquals(2, small.steps().size());
        assertTrue(registersTwice(small));
    }

    private static boolean registersTwice(Program program) {
        return program.steps().stream().filter(step -> step.op() == Op.REGISTER).count() >= 2;
    }

    @Test
    void aProgramsTextIsTheProgram() {
        for (int seed = 0; seed < 50; seed++) {
            Program program = RandomProgram.of(seed);
            assertEquals(program, Program.parse(program.toString()));
        }
    }
}
