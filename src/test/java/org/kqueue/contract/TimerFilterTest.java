package org.kqueue.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.KeventFlags;
import org.kqueue.Kqueue;
import org.kqueue.Note;

/** EVFILT_TIMER. */
class TimerFilterTest extends Contract {

    private static final long MILLI = 1_000_000;

    @BeforeEach
    void needsTimers() {
        needs(Filter.EVFILT_TIMER);
    }

    /** Lets time pass without a kevent call. */
    private static void nap(long millis) {
        long end = System.nanoTime() + millis * MILLI;
        while (System.nanoTime() < end) {
            java.util.concurrent.locks.LockSupport.parkNanos(end - System.nanoTime());
        }
    }

    @Test
    void countsExpirations() throws Exception {
        long start = System.nanoTime();
        assertEquals("", kevent("1 TIMER ADD d=10 u=7"));
        EventList events = kq.newEventList(4);
        long total = 0;
        long least = 0;
        while (System.nanoTime() - start < 100 * MILLI) {
            least = (System.nanoTime() - start) / (10 * MILLI);
            assertEquals(1, kq.kevent(null, events, 1_000_000_000L));
            assertEquals(7, events.udata(0));
            total += events.data(0);
        }
        long most = (System.nanoTime() - start + tickNanos()) / (10 * MILLI);
        assertTrue(total >= least && total <= most, total + " in " + least + " to " + most + " periods");
    }

    @Test
    void expirationsBetweenTwoWaitsAreOneEvent() {
        long start = System.nanoTime();
        assertEquals("", kevent("1 TIMER ADD d=10 u=7"));
        nap(55);
        String event = poll();
        long most = (System.nanoTime() - start + tickNanos()) / (10 * MILLI);
        assertTrue(event.startsWith("1 TIMER CLEAR d="), event);
        long count = Long.parseLong(event.split(" ")[3].substring(2));
        assertTrue(count >= 5 && count <= most, event);
        assertEquals("", kevent("1 TIMER DELETE"));
        nap(15);
        assertEquals("", poll());
    }

    @Test
    void oneshotExpiresOnce() {
        assertEquals("", kevent("1 TIMER ADD|ONESHOT d=10"));
        assertEquals("1 TIMER ONESHOT|CLEAR d=1", await());
        assertEquals("1 TIMER ERROR ENOENT", kevent("1 TIMER DELETE"));
        assertEquals("", kevent(kq, 4, 20 * MILLI));
    }

    @Test
    void units() {
        String[][] units = {{"MSECONDS", "20"}, {"USECONDS", "20000"}, {"NSECONDS", "20000000"}};
        for (String[] unit : units) {
            if (!kq.layout().has(Note.valueOf("NOTE_" + unit[0]))) {
                continue;
            }
            long start = System.nanoTime();
            assertEquals("1 TIMER ONESHOT|CLEAR d=1", await("1 TIMER ADD|ONESHOT f=" + unit[0] + " d=" + unit[1]));
            long took = System.nanoTime() - start;
            assertTrue(took >= 20 * MILLI - tickNanos() && took < 10_000 * MILLI, unit[0] + " took " + took + " ns");
        }
        if (kq.layout().has(Note.NOTE_SECONDS)) {
            long start = System.nanoTime();
            assertEquals("1 TIMER ONESHOT|CLEAR d=1", await("1 TIMER ADD|ONESHOT f=SECONDS d=1"));
            assertTrue(System.nanoTime() - start >= 1000 * MILLI - tickNanos());
        }
    }

    @Test
    void badArguments() {
        freebsdRule();
        assertEquals("3 TIMER ERROR EINVAL u=1", kevent("3 TIMER ADD|ONESHOT d=-1 u=1"));
        assertEquals("3 TIMER ERROR EINVAL u=1", kevent("3 TIMER ADD f=80000 d=20 u=1"));
        assertEquals("3 TIMER ERROR ENOENT", kevent("3 TIMER DELETE"));
        assertEquals("", kevent("4 TIMER ADD|ONESHOT d=9223372036854775807", "5 TIMER ADD d=9223372036854775807"));
        if (kq.layout().has(Note.NOTE_SECONDS)) {
            assertEquals("", kevent("6 TIMER ADD|ONESHOT f=SECONDS d=9223372036854775807"));
        }
        assertEquals("", kevent(kq, 4, 20 * MILLI));
        if (kq.layout().has(Note.NOTE_SECONDS) && kq.layout().number(Note.NOTE_MSECONDS) != 0) {
            assertEquals("3 TIMER ERROR EINVAL u=1", kevent("3 TIMER ADD f=SECONDS|MSECONDS d=20 u=1"), "two units");
        }
    }

    @Test
    void aPeriodOfNothing() {
        freebsdRule();
        assertEquals("1 TIMER ONESHOT|CLEAR d=1", await("1 TIMER ADD|ONESHOT"));
        assertEquals("", kevent("2 TIMER ADD"));
        assertTrue(await().startsWith("2 TIMER CLEAR d="));
    }

    @Test
    void absoluteTimes() {
        assumeTrue(kq.layout().has(Note.NOTE_ABSTIME), "no absolute timers in this ABI");
        freebsdRule();
        long past = System.currentTimeMillis() / 1000 - 10;
        assertEquals("1 TIMER ONESHOT d=1", await("1 TIMER ADD|ONESHOT f=SECONDS|ABSTIME d=" + past));
        long future = System.currentTimeMillis() + 50;
        String unit = kq.layout().number(Note.NOTE_MSECONDS) == 0 ? "ABSTIME" : "MSECONDS|ABSTIME";
        assertEquals("2 TIMER 0 d=1", await("2 TIMER ADD f=" + unit + " d=" + future));
        assertTrue(System.currentTimeMillis() >= future);
        assertEquals("2 TIMER 0 d=1", poll(), "level until deleted");
        assertEquals("", kevent("2 TIMER DELETE"));
        assertEquals("3 TIMER CLEAR d=1", await("3 TIMER ADD|CLEAR f=" + unit + " d=" + future));
        assertEquals("", poll());
    }

    @Test
    void anAddStartsItAnew() {
        assertEquals("", kevent("1 TIMER ADD d=10000 u=1"));
        String restarted = await("1 TIMER ADD d=15 u=2");
        assertTrue(restarted.matches("1 TIMER CLEAR d=\\d+ u=2"), restarted);
        nap(30);
        freebsdRule();
        assertEquals("", kevent("1 TIMER ADD d=10000 u=3"), "expirations so far are dropped");
        assertEquals("", kevent("1 TIMER 0 d=1 u=4", "1 TIMER ENABLE d=1 u=4"));
        assertEquals("", kevent(kq, 4, 10 * MILLI), "other changes leave the period");
    }

    @Test
    void disabledItKeepsCounting() {
        freebsdRule();
        assertEquals("", kevent("1 TIMER ADD d=10 u=1", "1 TIMER DISABLE u=2"));
        nap(45);
        assertEquals("", poll());
        String event = kevent("1 TIMER ENABLE u=3");
        assertTrue(event.matches("1 TIMER CLEAR d=([4-9]|\\d{2,}) u=3"), event);
        assertEquals("", kevent("1 TIMER DELETE"));
        assertEquals("", kevent("2 TIMER ADD|DISABLE|ONESHOT d=5"));
        nap(10);
        assertEquals("", poll());
        assertEquals("2 TIMER ONESHOT|CLEAR d=1", kevent("2 TIMER ENABLE"));
    }

    @Test
    void dispatch() {
        freebsdRule();
        String event = await("1 TIMER ADD|DISPATCH d=10");
        assertTrue(event.startsWith("1 TIMER CLEAR|DISPATCH d="), event);
        nap(25);
        assertEquals("", poll());
        assertTrue(kevent("1 TIMER ENABLE").startsWith("1 TIMER CLEAR|DISPATCH d="));
    }

    @Test
    void deletedWithExpirationsPending() {
        assertEquals("", kevent("1 TIMER ADD d=5"));
        nap(12);
        assertEquals("", kevent("1 TIMER DELETE"));
        assertEquals("", poll());
    }

    @Test
    void earliestFirst() {
        // Far apart: a thread that stands still between two of the changes moves what is due first.
        assertEquals("", kevent(kq, 0, 0, "1 TIMER ADD|ONESHOT d=400", "2 TIMER ADD|ONESHOT d=20",
                "3 TIMER ADD|ONESHOT d=200"));
        String order = "";
        while (order.length() < 3) {
            // One event or, on a slow machine, several.
            for (String event : await().split("; ")) {
                assertTrue(event.endsWith(" TIMER ONESHOT|CLEAR d=1"), event);
                order += event.charAt(0);
            }
        }
        assertEquals("231", order);
    }

    /** Whatever notes the kernel takes. */
    @Test
    void timesGivenByTheApiAreKept() throws Exception {
        kq.add(Filter.timer(1, Duration.ofSeconds(Long.MAX_VALUE)), Filter.timer(2, Duration.ofHours(600_000)).once(),
                Filter.timer(3, Duration.ofSeconds(5)));
        assertEquals("", kevent(kq, 4, 30 * MILLI));
        for (Duration time : new Duration[] {Duration.ofMillis(30), Duration.ofNanos(30_000_001)}) {
            long start = System.nanoTime();
            kq.add(Filter.timer(4, time).once());
            assertEquals("4 TIMER ONESHOT|CLEAR d=1", await());
            long took = System.nanoTime() - start;
            assertTrue(took >= 30 * MILLI - tickNanos() && took < 5_000 * MILLI, time + " took " + took + " ns");
        }
        if (!kq.supports(Note.NOTE_ABSTIME)) {
            assertThrows(UnsupportedOperationException.class, () -> kq.add(Filter.timerAt(5, Instant.now())));
            return;
        }
        kq.add(Filter.timerAt(5, Instant.now().plusSeconds(100_000)), Filter.timerAt(6, Instant.MAX));
        Instant soon = Instant.now().plusMillis(50);
        kq.add(Filter.timerAt(7, soon));
        assertEquals("7 TIMER ONESHOT d=1", await());
        assertTrue(!Instant.now().plusNanos(tickNanos()).isBefore(soon));
    }

    @Test
    void aShortTimerNeitherSpinsNorFiresEarly() throws Exception {
        assumeTrue(kq.layout().has(Note.NOTE_USECONDS), "milliseconds only in this ABI");
        EventList events = kq.newEventList(4);
        long cpu = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        for (int i = 0; i < 50; i++) {
            long start = System.nanoTime();
            assertEquals(1, kq.kevent(kq.newChangeList(1).add(1, Filter.EVFILT_TIMER, 0x11,
                    kq.layout().number(Note.NOTE_USECONDS),
                    300, 0), events, Kqueue.FOREVER));
            assertTrue(System.nanoTime() - start >= 300_000 - tickNanos());
        }
        assertTrue(ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - cpu < 300 * MILLI);
    }

    @Test
    void aWaitIsAsLongAsItsTimeoutSays() throws Exception {
        for (long nanos : new long[] {300_000, 1_500_000, 20_000_000}) {
            long start = System.nanoTime();
            assertEquals(0, kq.kevent(null, kq.newEventList(1), nanos));
            assertTrue(System.nanoTime() - start >= nanos);
        }
    }

    @Test
    void anErrorEntryShowsNoNotes() throws Exception {
        freebsdRule();
        EventList events = kq.newEventList(1);
        assertEquals(1, kq.kevent(kq.newChangeList(1).add(3, Filter.EVFILT_TIMER, KeventFlags.EV_ADD, 0x80000, 20, 1),
                events, 0));
        assertEquals("EINVAL", events.event(0).errorName());
        assertEquals(0, events.fflags(0));
    }

    @Test
    void aPeriodOfNothingIsOneOfAMillisecond() {
        freebsdRule();
        long start = System.nanoTime();
        assertEquals("", kevent("2 TIMER ADD"));
        nap(20);
        String event = poll();
        long most = (System.nanoTime() - start) / MILLI;
        assertTrue(event.startsWith("2 TIMER CLEAR d="), event);
        long count = Long.parseLong(event.split(" ")[3].substring(2));
        assertTrue(count >= 20 && count <= most, event);
    }

    @Test
    void addedDisabledAndAddedAgainItStartsAnew() {
        freebsdRule();
        assertEquals("", kevent("1 TIMER ADD|DISABLE d=5"));
        nap(12);
        long start = System.nanoTime();
        assertEquals("", kevent("1 TIMER ADD|ENABLE d=15"));
        assertTrue(await().startsWith("1 TIMER CLEAR d="));
        assertTrue(System.nanoTime() - start >= 15 * MILLI);
    }

    @Test
    void addedAndWaitedForInOneCall() {
        long start = System.nanoTime();
        assertEquals("1 TIMER ONESHOT|CLEAR d=1", kevent(kq, 4, Kqueue.FOREVER, "1 TIMER ADD|ONESHOT d=50"));
        assertTrue(System.nanoTime() - start >= 50 * MILLI - tickNanos());
    }

    @Test
    void aSecondAddDoesNotMakeItOneshotButCountsFromThere() {
        freebsdRule();
        assertEquals("", kevent("1 TIMER ADD d=10000"));
        long start = System.nanoTime();
        assertEquals("", kevent("1 TIMER ADD|ONESHOT d=15 u=5"));
        String event = await();
        assertTrue(event.matches("1 TIMER CLEAR d=\\d+ u=5"), event);
        assertTrue(System.nanoTime() - start >= 15 * MILLI);
        assertEquals("", kevent("1 TIMER DELETE"), "it is still there");
    }

    @Test
    void deletedWhileItExpires() {
        for (int i = 0; i < 200; i++) {
            assertEquals("", kevent(kq, 0, 0, "1 TIMER ADD d=0"));
            assertEquals("", kevent("1 TIMER DELETE"));
        }
        assertEquals("", kevent(kq, 4, 10 * MILLI));
    }
}
