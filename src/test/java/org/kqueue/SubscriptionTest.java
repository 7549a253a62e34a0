package org.kqueue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SubscriptionTest {

    private final ScriptedKqueue kq = new ScriptedKqueue();

    private String submitted(Subscription subscription) throws Exception {
        kq.seen.clear();
        kq.add(subscription);
        return kq.seen.get(0).changes();
    }

    @Test
    void turnsDeliveryIntoFlags() throws Exception {
        assertEquals("[EVFILT_READ ident=7 EV_ADD|EV_CLEAR udata=0x9]",
                submitted(Filter.read(7).edgeTriggered().udata(9)));
        assertEquals("[EVFILT_WRITE ident=7 EV_ADD|EV_DISABLE|EV_ONESHOT]",
                submitted(Filter.write(7).once().disabled()));
        assertEquals("[EVFILT_READ ident=7 EV_ADD|EV_DISPATCH fflags=NOTE_LOWAT data=100]",
                submitted(Filter.read(7).dispatch().lowWaterMark(100)));
    }

    @ParameterizedTest
    @CsvSource({
        "PT2S, fflags=NOTE_MSECONDS data=2000", "PT0.05S, fflags=NOTE_MSECONDS data=50",
        "PT0.0003S, fflags=NOTE_USECONDS data=300", "PT1.000000001S, fflags=NOTE_NSECONDS data=1000000001",
        "PT0S, fflags=NOTE_MSECONDS", "PT9223372036854775807S, fflags=NOTE_MSECONDS data=1000000000000",
        "PT999999999.999999999S, fflags=NOTE_NSECONDS data=999999999999999999",
    })
    void givesATimerMillisecondsOrAFinerUnitThatLosesNothing(String period, String expected) throws Exception {
        assertEquals("[EVFILT_TIMER ident=1 EV_ADD " + expected + "]",
                submitted(Filter.timer(1, Duration.parse(period))));
    }

    @Test
    void roundsUpWhereTheSystemHasMillisecondsOnly() {
        KeventLayout milliseconds = new KeventLayoutBuilder("ms").filter(Filter.EVFILT_TIMER, -7)
                .note(Note.NOTE_MSECONDS, 0).build();
        ChangeList list = new ChangeList(milliseconds, 1);
        Filter.timer(1, Duration.ofNanos(1_000_001)).appendTo(list, KeventFlags.EV_ADD);
        assertEquals(2, list.data(0));
        assertThrows(UnsupportedOperationException.class,
                () -> Filter.timerAt(1, Instant.now()).appendTo(list, KeventFlags.EV_ADD));
    }

    @Test
    void anAbsoluteTimerIsOneShot() throws Exception {
        assertEquals("[EVFILT_TIMER ident=1 EV_ADD|EV_ONESHOT fflags=NOTE_MSECONDS|NOTE_ABSTIME data=1000000]",
                submitted(Filter.timerAt(1, Instant.ofEpochSecond(1000))));
        assertEquals("[EVFILT_TIMER ident=1 EV_ADD|EV_ONESHOT fflags=NOTE_MSECONDS|NOTE_ABSTIME]",
                submitted(Filter.timerAt(1, Instant.ofEpochSecond(-1000, 5))));
        assertEquals("[EVFILT_TIMER ident=1 EV_ADD|EV_ONESHOT fflags=NOTE_NSECONDS|NOTE_ABSTIME data=1000000000005]",
                submitted(Filter.timerAt(1, Instant.ofEpochSecond(1000, 5))));
        assertEquals("[EVFILT_TIMER ident=1 EV_ADD|EV_ONESHOT fflags=NOTE_MSECONDS|NOTE_ABSTIME data=10000000000001]",
                submitted(Filter.timerAt(1, Instant.ofEpochSecond(10_000_000_000L, 5))));
        assertEquals("[EVFILT_TIMER ident=1 EV_ADD|EV_ONESHOT fflags=NOTE_MSECONDS|NOTE_ABSTIME"
                + " data=9223372036854775000]", submitted(Filter.timerAt(1, Instant.MAX)));
    }

    @Test
    void refusesATimerThatGoesBack() {
        assertThrows(IllegalArgumentException.class, () -> kq.add(Filter.timer(1, Duration.ofMillis(-1))));
    }

    @Test
    void leavesOutTheExitStatusNoteWhereItComesByItself() throws Exception {
        assertEquals("[EVFILT_PROC ident=99 EV_ADD fflags=NOTE_EXIT]", submitted(Filter.exit(99)));
    }

    @Test
    void refusesANoteOfAnotherFilter() {
        assertThrows(IllegalArgumentException.class, () -> Filter.vnode(3, Note.NOTE_EXIT));
        assertThrows(IllegalArgumentException.class, () -> Filter.user(3).lowWaterMark(1));
    }

    @Test
    void givesTheMaskAgainWhenEnabling() throws Exception {
        kq.enable(Filter.vnode(3, Note.NOTE_WRITE).edgeTriggered());
        kq.disable(Filter.vnode(3, Note.NOTE_WRITE));
        kq.delete(Filter.read(3));
        assertEquals(List.of("[EVFILT_VNODE ident=3 EV_ENABLE fflags=NOTE_WRITE]",
                "[EVFILT_VNODE ident=3 EV_DISABLE fflags=NOTE_WRITE]", "[EVFILT_READ ident=3 EV_DELETE]"),
                kq.seen.stream().map(ScriptedKqueue.Call::changes).toList());
    }

    @Test
    void publishesWithDataBits() throws Exception {
        kq.trigger(Filter.user(5).edgeTriggered().udata(8), Note.NOTE_FFCOPY, 0xF0, 42);
        assertEquals("[EVFILT_USER ident=5 0 fflags=NOTE_FFCOPY|NOTE_TRIGGER|0xf0 data=42 udata=0x8]",
                kq.seen.get(0).changes());
        assertThrows(IllegalArgumentException.class, () -> kq.trigger(Filter.user(5), Note.NOTE_FFOR, 1 << 24, 0));
        assertThrows(IllegalArgumentException.class, () -> kq.trigger(Filter.user(5), Note.NOTE_EXIT, 1, 0));
        assertThrows(IllegalArgumentException.class, () -> kq.trigger(Filter.read(5)));
    }

    @Test
    void readsAnExitStatus() {
        EventList events = kq.newEventList(3);
        int eof = KeventFlags.EV_EOF | KeventFlags.EV_ONESHOT | KeventFlags.EV_CLEAR;
        events.append(99, -5, eof, 0x80000000, 7 << 8, 0);
        events.append(99, -5, eof, 0x80000000, 9, 0);
        events.append(7, -1, KeventFlags.EV_EOF, 54, 3, 0);
        Event exited = events.event(0);
        assertEquals(7, exited.exitCode().getAsInt());
        assertTrue(exited.has(Note.NOTE_EXIT) && exited.isEof() && exited.termSignal().isEmpty());
        assertNull(exited.errorName());
        assertEquals(9, events.event(1).termSignal().getAsInt());
        assertTrue(events.event(1).exitCode().isEmpty());
        assertEquals("ECONNRESET", events.event(2).errorName());
        assertFalse(events.event(2).has(Note.NOTE_EXIT));
        assertEquals("EVFILT_READ ident=7 EV_EOF fflags=ECONNRESET data=3", events.event(2).toString());
        int count = 0;
        for (Event event : events) {
            assertEquals(events.event(count++), event);
        }
        assertEquals(3, count);
    }
}
