package org.kqueue.bsd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.jna.Library;
import com.sun.jna.Native;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.kqueue.ChangeList;
import org.kqueue.Errno;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.KeventException;
import org.kqueue.KeventFlags;
import org.kqueue.Kqueue;
import org.kqueue.KqueueConfig;
import org.kqueue.Note;

/** The system backend against a kqueue in C, in the ABI of every system: what goes over and what comes back. */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SystemKqueueTest {

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    private static final int SIX_CHANGES = 6;

    interface Libc extends Library {
        Libc INSTANCE = Native.load(null, Libc.class);

        int pipe(int[] fds);

        long write(int fd, byte[] bytes, long count);

        int close(int fd);
    }

    @ParameterizedTest
    @ValueSource(strings = {"macos", "freebsd", "freebsd11", "netbsd", "netbsd11", "openbsd", "dragonfly",
        "libkqueue"})
    void changesAndWaitAreOneCallInEveryAbi(String abi) throws IOException {
        KqueueModel model = new KqueueModel(abi);
        int[] pipe = new int[2];
        assertEquals(0, Libc.INSTANCE.pipe(pipe));
        try (Kqueue kq = model.open()) {
            EventList events = kq.newEventList(4);
            Libc.INSTANCE.write(pipe[1], new byte[3], 3);
            ChangeList changes = kq.newChangeList(2)
                    .add(pipe[0], Filter.EVFILT_READ, KeventFlags.EV_ADD, -2)
                    .add(7, Filter.EVFILT_USER, KeventFlags.EV_ADD | KeventFlags.EV_CLEAR, 0, 0, 5);
            assertEquals(1, kq.kevent(changes, events, Kqueue.FOREVER));
            assertEquals(1, model.control.model_calls());
            assertEquals(2, model.control.model_last_nchanges());
            assertEquals(1, model.control.model_last_no_timeout());
            assertEquals(pipe[0], events.ident(0));
            assertEquals(Filter.EVFILT_READ, events.filter(0));
            assertEquals(3, events.data(0));
            assertEquals(-2, events.udata(0));
            assertEquals(1, kq.kevent(null, events, 0), "level-triggered");
            model.requireNoViolation();
        } finally {
            Libc.INSTANCE.close(pipe[0]);
            Libc.INSTANCE.close(pipe[1]);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"macos", "freebsd", "freebsd11", "netbsd", "netbsd11", "openbsd", "dragonfly",
        "libkqueue"})
    void handsOverTheBytesOfTheHeader(String abi) throws IOException {
        KqueueModel model = new KqueueModel(abi);
        boolean netbsd = abi.startsWith("netbsd");
        int size = switch (abi) {
            case "freebsd" -> 64;
            case "netbsd" -> 40;
            case "netbsd11" -> 72;
            default -> 32;
        };
        int user = switch (abi) {
            case "freebsd", "freebsd11", "libkqueue" -> -11;
            case "dragonfly" -> -9;
            case "netbsd", "netbsd11" -> 8;
            default -> -10;
        };
        ByteBuffer expected = ByteBuffer.allocate(size).order(ByteOrder.nativeOrder()).putLong(0x0102030405060708L);
        if (netbsd) {
            expected.putInt(user).putInt(0x21).putInt(0x00ABCDEF).putInt(0);
        } else {
            expected.putShort((short) user).putShort((short) 0x21).putInt(0x00ABCDEF);
        }
        expected.putLong(-7).putLong(0xFEDCBA9876543210L);
        try (Kqueue kq = model.open()) {
            kq.kevent(kq.newChangeList(1).add(0x0102030405060708L, Filter.EVFILT_USER,
                    KeventFlags.EV_ADD | KeventFlags.EV_CLEAR, 0x00ABCDEF, -7, 0xFEDCBA9876543210L), null, 0);
            assertArrayEquals(expected.array(), model.control.model_last_changes().getByteArray(0, size));
            assertEquals(size, model.control.model_kevent_size());
            model.requireNoViolation();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"macos", "freebsd", "freebsd11", "netbsd", "netbsd11", "openbsd", "dragonfly",
        "libkqueue"})
    void layoutIsTheCompilersOwn(String abi) throws IOException {
        KqueueModel model = new KqueueModel(abi);
        try (Kqueue kq = model.open()) {
            assertEquals(model.control.model_kevent_size(), kq.layout().size());
            int[] offsets = {kq.layout().identOffset(), kq.layout().filterOffset(), kq.layout().flagsOffset(),
                kq.layout().fflagsOffset(), kq.layout().dataOffset(), kq.layout().udataOffset()};
            for (int i = 0; i < offsets.length; i++) {
                assertEquals(model.control.model_offset(i), offsets[i], "field " + i);
            }
        }
    }

    @Test
    void interruptedWaitGoesOnWithoutChangesAndWithTheTimeThatIsLeft() throws IOException {
        KqueueModel model = new KqueueModel("freebsd");
        try (Kqueue kq = model.open()) {
            model.control.model_fail_wait(Errno.EINTR, 2);
            int once = KeventFlags.EV_ADD | KeventFlags.EV_ONESHOT;
            ChangeList add = kq.newChangeList(1).add(1, Filter.EVFILT_TIMER, once, 0, 30, 9);
            EventList events = kq.newEventList(1);
            assertEquals(1, kq.kevent(add, events, 10 * SECOND));
            assertEquals(9, events.udata(0));
            assertEquals(3, model.control.model_calls());
            assertEquals(0, model.control.model_last_nchanges());
            long nanos = model.control.model_last_sec() * SECOND + model.control.model_last_nsec();
            assertTrue(nanos < 10 * SECOND && nanos > 0, () -> nanos + " ns");
        }
    }

    @Test
    void failedCallCarriesErrnoAndKevent() throws IOException {
        KqueueModel model = new KqueueModel("netbsd");
        try (Kqueue kq = model.open()) {
            KeventException e = assertThrows(KeventException.class,
                    () -> kq.kevent(kq.newChangeList(1).add(5, Filter.EVFILT_USER, KeventFlags.EV_DELETE, 0), null, 0));
            assertEquals(Errno.ENOENT, e.errno());
            assertTrue(e.getMessage().contains("kevent(kqfd=" + kq.fd() + "): ENOENT"), e.getMessage());
            assertTrue(e.getMessage().contains("EVFILT_USER ident=5 EV_DELETE"), e.getMessage());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"macos", "freebsd", "netbsd11", "openbsd"})
    void errorsOfChangesAreEntries(String abi) throws IOException {
        KqueueModel model = new KqueueModel(abi);
        try (Kqueue kq = model.open()) {
            EventList events = kq.newEventList(4);
            ChangeList changes = users(kq, 3, KeventFlags.EV_ADD);
            model.control.model_error_change(1, Errno.ENOMEM);
            assertEquals(1, kq.kevent(changes, events, Kqueue.FOREVER), "no wait beside an error");
            assertTrue(events.isChangeResult(0));
            assertEquals(Errno.ENOMEM, events.errno(0));
            assertEquals(1, events.ident(0));
            assertEquals(2, model.control.model_knotes(kq.fd()));
            model.requireNoViolation();
        }
    }

    @Test
    void receiptsWithoutRoomReturnZeroAtOnce() throws IOException {
        KqueueModel model = new KqueueModel("freebsd");
        try (Kqueue kq = model.open()) {
            EventList events = kq.newEventList(2);
            int add = KeventFlags.EV_ADD | KeventFlags.EV_RECEIPT;
            assertEquals(2, kq.kevent(users(kq, 2, add), events, Kqueue.FOREVER));
            assertEquals(0, kq.kevent(users(kq, 3, add), events, Kqueue.FOREVER));
        }
    }

    @Test
    void dragonflyMayAnswerBeyondTheEventList() throws IOException {
        KqueueModel model = new KqueueModel("dragonfly");
        try (Kqueue kq = model.open()) {
            EventList events = kq.newEventList(2);
            KeventException e = assertThrows(KeventException.class,
                    () -> kq.kevent(users(kq, SIX_CHANGES, KeventFlags.EV_DELETE), events, Kqueue.FOREVER));
            assertEquals(Errno.ENOENT, e.errno());
            int receipt = KeventFlags.EV_ADD | KeventFlags.EV_RECEIPT;
            assertEquals(2, kq.kevent(users(kq, SIX_CHANGES, receipt), events, Kqueue.FOREVER));
            assertEquals(2, events.size());
            assertEquals(SIX_CHANGES, model.control.model_knotes(kq.fd()));
            e = assertThrows(KeventException.class,
                    () -> kq.kevent(users(kq, SIX_CHANGES + 1, KeventFlags.EV_DELETE), null, 0));
            assertEquals(Errno.ENOENT, e.errno(), "without a list the error of a change is the call's");
        }
    }

    @Test
    void believesNoCountBeyondTheEventList() throws IOException {
        KqueueModel model = new KqueueModel("freebsd");
        try (Kqueue kq = model.open()) {
            EventList events = kq.newEventList(2);
            model.control.model_answer_beyond(1_000_000);
            assertEquals(2, kq.kevent(null, events, 0));
            assertEquals(2, events.size());
        }
    }

    static ChangeList users(Kqueue kq, int count, int flags) {
        ChangeList changes = kq.newChangeList(count);
        for (int i = 0; i < count; i++) {
            changes.add(i, Filter.EVFILT_USER, flags, 0);
        }
        return changes;
    }

    @Test
    void listsWithoutRoomDoNotWait() throws IOException {
        KqueueModel model = new KqueueModel("freebsd");
        try (Kqueue kq = model.open()) {
            assertEquals(0, kq.kevent(null, kq.newEventList(0), Kqueue.FOREVER));
            assertEquals(0, kq.kevent(null, null, Kqueue.FOREVER));
            model.requireNoViolation();
        }
    }

    /** Whether the units of timers and NOTE_ABSTIME work; milliseconds always do. */
    @ParameterizedTest
    @CsvSource({
        "freebsd, -DTICK_MS=10, true, true", "freebsd11, -DNO_ABSTIME, true, false", "macos, -DNO_USER, true, true",
        "netbsd11, -DTICK_MS=10, true, true", "netbsd, -DIGNORES_TIMER_NOTES -DTICK_MS=10, false, false",
        "openbsd, -DIGNORES_TIMER_NOTES, false, false", "dragonfly, -DNO_USER, false, false",
        "libkqueue, -DQUIRKS, true, true",
    })
    void onlyTheNotesOfTimersThatTheKernelTakesAreSupported(String abi, String options, boolean units,
            boolean absolute) throws IOException {
        KqueueModel model = new KqueueModel(abi, options.split(" "));
        try (Kqueue kq = model.open()) {
            for (Note note : new Note[] {Note.NOTE_SECONDS, Note.NOTE_USECONDS, Note.NOTE_NSECONDS}) {
                assertEquals(units, kq.supports(note), note.toString());
                assertEquals(units, kq.layout().has(note), note.toString());
            }
            assertEquals(absolute, kq.supports(Note.NOTE_ABSTIME));
            assertTrue(kq.supports(Note.NOTE_MSECONDS));
            assertEquals(abi, kq.layout().name());
            long start = System.nanoTime();
            kq.add(Filter.timer(1, Duration.ofNanos(20_000_001)).once());
            EventList events = kq.newEventList(1);
            assertEquals(1, kq.kevent(null, events, 5 * SECOND));
            assertTrue(System.nanoTime() - start >= 10_000_000, "of 21 ms where the kernel counts milliseconds");
        }
        try (Kqueue kq = Kqueue.open(model.config().withDetail(KqueueConfig.Detail.READINESS))) {
            kq.kevent(users(kq, 1, KeventFlags.EV_DELETE), kq.newEventList(1), 0);
        }
        model.requireNoViolation();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-DQUIRKS"})
    void aLibraryIsToldWhatIsAboutToBeClosed(String options) throws IOException {
        KqueueModel model = options.isEmpty() ? new KqueueModel("freebsd") : new KqueueModel("freebsd", options);
        int[] pipe = new int[2];
        assertEquals(0, Libc.INSTANCE.pipe(pipe));
        try (Kqueue kq = model.open()) {
            assertFalse(kq.dispatches(), "not relied on in a library");
            kq.forget(pipe[0]);
            kq.kevent(kq.newChangeList(3).add(pipe[0], Filter.EVFILT_READ, KeventFlags.EV_ADD, 0)
                    .add(pipe[1], Filter.EVFILT_WRITE, KeventFlags.EV_ADD, 0)
                    .add(pipe[1], Filter.EVFILT_USER, KeventFlags.EV_ADD, 0), null, 0);
            int knotes = model.knotes(kq);
            kq.forget(pipe[0]);
            assertEquals(knotes - 1, model.knotes(kq));
            kq.forget(pipe[1]);
            assertEquals(knotes - 2, model.knotes(kq), "the user event of the same ident stays");
            model.control.model_fail_call(Errno.ENOMEM, 0);
            assertEquals(Errno.ENOMEM, assertThrows(KeventException.class, () -> kq.forget(pipe[0])).errno());
            Libc.INSTANCE.close(pipe[0]);
            kq.forget(pipe[0]);
            kq.forget(-1);
        } finally {
            Libc.INSTANCE.close(pipe[0]);
            Libc.INSTANCE.close(pipe[1]);
        }
    }

    @Test
    void triggersThroughTheApiReachTheKernel() throws IOException {
        KqueueModel model = new KqueueModel("dragonfly");
        try (Kqueue kq = model.open()) {
            kq.add(Filter.user(11).edgeTriggered());
            kq.trigger(Filter.user(11), Note.NOTE_FFCOPY, 0x55, 6);
            EventList events = kq.newEventList(1);
            assertEquals(1, kq.kevent(null, events, Duration.ofSeconds(5)));
            assertEquals(0x55, events.fflags(0));
            assertEquals(6, events.data(0));
        }
    }
}
