package org.kqueue.bsd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.jna.Library;
import com.sun.jna.Native;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kqueue.ChangeList;
import org.kqueue.ClosedKqueueException;
import org.kqueue.Errno;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.KeventException;
import org.kqueue.KeventFlags;
import org.kqueue.Kqueue;
import org.kqueue.Note;
import org.kqueue.Wakeup;

/** The system backend against a kqueue in C, in the ABI of every system. */
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
    @ValueSource(strings = {"macos", "freebsd", "freebsd11", "netbsd", "netbsd11", "openbsd", "dragonfly"})
    void changesAndWaitAreOneCallInEveryAbi(String abi) throws IOException {
        Model model = new Model(abi);
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
    @ValueSource(strings = {"macos", "freebsd", "freebsd11", "netbsd", "netbsd11", "openbsd", "dragonfly"})
    void handsOverTheBytesOfTheHeader(String abi) throws IOException {
        Model model = new Model(abi);
        boolean netbsd = abi.startsWith("netbsd");
        int size = switch (abi) {
            case "freebsd" -> 64;
            case "netbsd" -> 40;
            case "netbsd11" -> 72;
            default -> 32;
        };
        int user = switch (abi) {
            case "freebsd", "freebsd11" -> -11;
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
    @ValueSource(strings = {"macos", "freebsd", "freebsd11", "netbsd", "netbsd11", "openbsd", "dragonfly"})
    void layoutIsTheCompilersOwn(String abi) throws IOException {
        Model model = new Model(abi);
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
        Model model = new Model("freebsd");
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
        Model model = new Model("netbsd");
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
        Model model = new Model(abi);
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
        Model model = new Model("freebsd");
        try (Kqueue kq = model.open()) {
            EventList events = kq.newEventList(2);
            int add = KeventFlags.EV_ADD | KeventFlags.EV_RECEIPT;
            assertEquals(2, kq.kevent(users(kq, 2, add), events, Kqueue.FOREVER));
            assertEquals(0, kq.kevent(users(kq, 3, add), events, Kqueue.FOREVER));
        }
    }

    @Test
    void dragonflyMayAnswerBeyondTheEventList() throws IOException {
        Model model = new Model("dragonfly");
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
        Model model = new Model("freebsd");
        try (Kqueue kq = model.open()) {
            EventList events = kq.newEventList(2);
            model.control.model_answer_beyond(1_000_000);
            assertEquals(2, kq.kevent(null, events, 0));
            assertEquals(2, events.size());
        }
    }

    private static ChangeList users(Kqueue kq, int count, int flags) {
        ChangeList changes = kq.newChangeList(count);
        for (int i = 0; i < count; i++) {
            changes.add(i, Filter.EVFILT_USER, flags, 0);
        }
        return changes;
    }

    @ParameterizedTest
    @ValueSource(strings = {"macos", "freebsd", "netbsd"})
    void cutsTimeoutsThatTheKernelRefuses(String abi) throws Exception {
        Model model = new Model(abi);
        try (Kqueue kq = model.open(); Wakeup wakeup = kq.newWakeup(4)) {
            long most = abi.equals("macos") ? 100_000_000 : Integer.MAX_VALUE;
            FutureTask<Integer> waiter = inThread(() -> kq.kevent(null, kq.newEventList(1), Kqueue.FOREVER - 1));
            awaitWaiters(model, kq, 1);
            assertEquals(most, model.control.model_last_sec());
            wakeup.signal();
            assertEquals(1, waiter.get());
        }
    }

    @Test
    void listsWithoutRoomDoNotWait() throws IOException {
        Model model = new Model("freebsd");
        try (Kqueue kq = model.open()) {
            assertEquals(0, kq.kevent(null, kq.newEventList(0), Kqueue.FOREVER));
            assertEquals(0, kq.kevent(null, null, Kqueue.FOREVER));
            model.requireNoViolation();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-DNO_USER", "-DNO_USER -DOWN_DESCRIPTORS", "-DNO_USER -DOWN_DESCRIPTORS -DBARE"})
    void wakeupEndsWaitsWhateverTheKernelHas(String options) throws Exception {
        Model model = new Model("netbsd", words(options));
        try (Kqueue kq = model.open()) {
            Set<String> descriptors = openDescriptors();
            Wakeup wakeup = kq.newWakeup(77);
            EventList events = kq.newEventList(4);
            assertEquals(0, kq.kevent(null, events, 0), "not signalled");
            wakeup.signal();
            wakeup.signal();
            assertEquals(1, kq.kevent(null, events, Kqueue.FOREVER), "signalled before the wait");
            assertEquals(77, events.udata(0));
            wakeup.acknowledge();
            wakeup.acknowledge();
            assertEquals(0, kq.kevent(null, events, 0), "two signals are one event");
            for (int i = 0; i < 20; i++) {
                FutureTask<Integer> waiter = inThread(() -> kq.kevent(null, kq.newEventList(1), Kqueue.FOREVER));
                awaitWaiters(model, kq, 1);
                wakeup.signal();
                assertEquals(1, waiter.get());
                wakeup.acknowledge();
            }
            wakeup.close();
            wakeup.close();
            wakeup.signal();
            wakeup.acknowledge();
            assertEquals(0, kq.kevent(null, events, 0), "closed");
            assertEquals(Set.of(), openedSince(descriptors));
            assertEquals(0, model.control.model_knotes(kq.fd()));
        }
        model.requireNoViolation();
    }

    @Test
    void noSignalIsLostBetweenThreads() throws Exception {
        for (String options : List.of("", "-DNO_USER")) {
            Model model = new Model("freebsd", words(options));
            try (Kqueue kq = model.open(); Kqueue back = model.open(); Wakeup ping = kq.newWakeup(1);
                    Wakeup pong = back.newWakeup(2)) {
                int rounds = 2_000;
                FutureTask<Integer> other = inThread(() -> {
                    EventList events = kq.newEventList(1);
                    for (int i = 0; i < rounds; i++) {
                        assertEquals(1, kq.kevent(null, events, 5 * SECOND));
                        ping.acknowledge();
                        pong.signal();
                    }
                    return rounds;
                });
                EventList events = back.newEventList(1);
                for (int i = 0; i < rounds; i++) {
                    ping.signal();
                    assertEquals(1, back.kevent(null, events, 5 * SECOND));
                    pong.acknowledge();
                }
                assertEquals(rounds, other.get());
            }
        }
    }

    @Test
    void pipeIsTakenWhereUserEventsAreUsedUp() throws IOException {
        Model model = new Model("openbsd");
        try (Kqueue kq = model.open()) {
            Set<String> descriptors = openDescriptors();
            model.control.model_fail_call(Errno.ENOMEM, 0);
            try (Wakeup wakeup = kq.newWakeup(3)) {
                assertEquals(2, openedSince(descriptors).size());
                wakeup.signal();
                assertEquals(1, kq.kevent(null, kq.newEventList(1), 5 * SECOND));
            }
            assertEquals(Set.of(), openedSince(descriptors));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-DNO_USER", "-DNO_USER -DOWN_DESCRIPTORS -DBARE"})
    void closeEndsAllWaits(String options) throws Exception {
        Model model = new Model("freebsd", words(options));
        Set<String> descriptors = openDescriptors();
        Kqueue kq = model.open();
        List<FutureTask<Integer>> waiters = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            boolean forEver = i % 2 == 0;
            waiters.add(inThread(() -> kq.kevent(null, kq.newEventList(1), forEver ? Kqueue.FOREVER : 1000 * SECOND)));
        }
        awaitWaiters(model, kq, 4);
        kq.close();
        for (FutureTask<Integer> waiter : waiters) {
            ExecutionException e = assertThrows(ExecutionException.class, waiter::get);
            assertEquals(ClosedKqueueException.class, e.getCause().getClass());
        }
        assertThrows(ClosedKqueueException.class, () -> kq.kevent(null, null, 0));
        kq.close();
        if (!options.contains("BARE")) {
            assertEquals(Set.of(), openedSince(descriptors));
        }
    }

    @Test
    void failedOpenLeavesNothingOpen() throws IOException {
        Model model = new Model("freebsd");
        model.open().close();
        Set<String> descriptors = openDescriptors();
        for (int errno : new int[] {Errno.EMFILE, Errno.ENFILE, Errno.ENOMEM}) {
            model.control.model_fail_kqueue(errno);
            KeventException e = assertThrows(KeventException.class, model::open);
            assertEquals(errno, e.errno());
            assertEquals("kqueue", e.call());
        }
        try (Kqueue kq = model.open()) {
            Set<String> open = openDescriptors();
            model.control.model_fail_call(Errno.ENOMEM, 0);
            kq.newWakeup(1).close();
            assertEquals(0, model.control.model_knotes(kq.fd()));
            Model none = new Model("freebsd", "-DNO_USER", "-DNO_TIMER");
            try (Kqueue other = none.open()) {
                none.control.model_fail_call(Errno.ENOMEM, 1);
                assertThrows(KeventException.class, () -> other.newWakeup(1));
                assertEquals(1, openedSince(open).size());
            }
        }
        assertEquals(Set.of(), openedSince(descriptors));
    }

    @Test
    void libraryThatRefusesCloseOnExecIsTolerated() throws IOException {
        Model model = new Model("freebsd", "-DFCNTL_FAILS", "-DNO_USER");
        try (Kqueue kq = model.open(); Wakeup wakeup = kq.newWakeup(1)) {
            wakeup.signal();
            assertEquals(1, kq.kevent(null, kq.newEventList(1), 5 * SECOND));
        }
    }

    @Test
    void kqueueAndPipeAreClosedOnExec() throws Exception {
        Model model = new Model("netbsd", "-DNO_USER");
        try (Kqueue kq = model.open(); Wakeup wakeup = kq.newWakeup(1)) {
            Process child = new ProcessBuilder("ls", "-l", "/proc/self/fd").start();
            child.getOutputStream().close();
            child.getErrorStream().close();
            String open;
            try (InputStream output = child.getInputStream()) {
                open = new String(output.readAllBytes());
            }
            child.waitFor();
            assertTrue(!open.contains(" " + kq.fd() + " ->"), open);
            String flags = Files.readString(Path.of("/proc/self/fdinfo/" + kq.fd()));
            assertTrue(flags.contains("02000"), flags);
            wakeup.acknowledge();
        }
    }

    @Test
    void descriptorsOfALibraryOfItsOwnAreNeverGivenToLibc() throws IOException {
        Set<String> before = openDescriptors();
        Model bare = new Model("netbsd", "-DNO_USER", "-DOWN_DESCRIPTORS", "-DBARE");
        Kqueue kq = bare.open();
        Path number = Path.of("/proc/self/fd/" + kq.fd());
        Path file = Files.readSymbolicLink(number);
        assertTrue(Files.isRegularFile(number), () -> "the JVM has " + file + " open under the same number");
        kq.close();
        assertEquals(file, Files.readSymbolicLink(number));
        assertTrue(!openedSince(before).isEmpty(), "there is no way to give it back");
        Model own = new Model("netbsd", "-DNO_USER", "-DOWN_DESCRIPTORS");
        Set<String> open = openDescriptors();
        try (Kqueue other = own.open(); Wakeup wakeup = other.newWakeup(1)) {
            wakeup.signal();
            assertEquals(3, other.fd());
            assertEquals(3, openedSince(open).size());
        }
        assertEquals(Set.of(), openedSince(open));
        assertEquals(file, Files.readSymbolicLink(number));
    }

    @Test
    void netbsdsVersionedCallIsPreferredToThePlainOne() throws IOException {
        for (String abi : List.of("netbsd", "netbsd11")) {
            Model model = new Model(abi, "-DKEVENT_NAME=" + (abi.equals("netbsd") ? "__kevent50" : "__kevent100"));
            try (Kqueue kq = model.open()) {
                kq.kevent(users(kq, 1, KeventFlags.EV_ADD), null, 0);
                assertEquals(1, model.control.model_calls());
                model.requireNoViolation();
            }
        }
    }

    @Test
    void librariesOfTwoAbisWorkSideBySide() throws IOException {
        Model freebsd = new Model("freebsd");
        Model netbsd = new Model("netbsd");
        try (Kqueue one = freebsd.open(); Kqueue two = netbsd.open()) {
            one.kevent(users(one, 1, KeventFlags.EV_ADD), null, 0);
            two.kevent(users(two, 2, KeventFlags.EV_ADD), null, 0);
            assertEquals(1, freebsd.control.model_knotes(one.fd()));
            assertEquals(2, netbsd.control.model_knotes(two.fd()));
            assertNotEquals(one.toString(), two.toString());
            assertTrue(two.toString().startsWith("system (") && two.toString().endsWith("netbsd ABI"), two.toString());
        }
    }

    @Test
    void saysWhichFiltersTheKernelKnows() throws IOException {
        Model all = new Model("freebsd");
        Model few = new Model("netbsd", "-DNO_USER", "-DNO_TIMER");
        try (Kqueue kq = all.open(); Kqueue poor = few.open()) {
            Set<String> descriptors = openDescriptors();
            for (Filter filter : List.of(Filter.EVFILT_READ, Filter.EVFILT_WRITE, Filter.EVFILT_USER,
                    Filter.EVFILT_TIMER)) {
                assertTrue(kq.supports(filter), filter.toString());
            }
            for (Filter filter : List.of(Filter.EVFILT_SIGNAL, Filter.EVFILT_PROC, Filter.EVFILT_VNODE,
                    Filter.EVFILT_MACHPORT)) {
                assertTrue(!kq.supports(filter), filter.toString());
            }
            assertTrue(!poor.supports(Filter.EVFILT_USER) && !poor.supports(Filter.EVFILT_TIMER));
            assertTrue(poor.supports(Filter.EVFILT_READ), "number 0 on NetBSD");
            assertEquals(Set.of(), openedSince(descriptors));
            assertEquals(0, all.control.model_knotes(kq.fd()));
        }
    }

    @Test
    void kqueueNeverClosedGivesItsDescriptorsBack() throws Exception {
        Model model = new Model("freebsd", "-DNO_USER");
        model.open().close();
        Set<String> descriptors = openDescriptors();
        for (int i = 0; i < 20; i++) {
            model.open().newWakeup(i);
        }
        long deadline = System.nanoTime() + 20 * SECOND;
        while (!openedSince(descriptors).isEmpty()) {
            assertTrue(System.nanoTime() < deadline, "descriptors of collected kqueues are still open");
            System.gc();
            Thread.sleep(10);
        }
    }

    @Test
    void triggersThroughTheApiReachTheKernel() throws IOException {
        Model model = new Model("dragonfly");
        try (Kqueue kq = model.open()) {
            kq.add(Filter.user(11).edgeTriggered());
            kq.trigger(Filter.user(11), Note.NOTE_FFCOPY, 0x55, 6);
            EventList events = kq.newEventList(1);
            assertEquals(1, kq.kevent(null, events, Duration.ofSeconds(5)));
            assertEquals(0x55, events.fflags(0));
            assertEquals(6, events.data(0));
        }
    }

    /** The kqueues of the model and the pipes that are open: the number and what it is. */
    private static Set<String> openDescriptors() throws IOException {
        Set<String> open = new TreeSet<>();
        for (int fd : HostSystem.openDescriptors()) {
            try {
                String file = Files.readSymbolicLink(Path.of("/proc/self/fd/" + fd)).toString();
                if (file.equals("anon_inode:[eventpoll]") || file.startsWith("pipe:")) {
                    open.add(fd + " " + file);
                }
            } catch (NoSuchFileException e) {
                // Closed meanwhile.
            }
        }
        return open;
    }

    /** What has been opened and is still open. What other parts of the JVM close meanwhile does not count. */
    private static Set<String> openedSince(Set<String> before) throws IOException {
        Set<String> open = openDescriptors();
        open.removeAll(before);
        return open;
    }

    private static String[] words(String options) {
        return options.isEmpty() ? new String[0] : options.split(" ");
    }

    private static FutureTask<Integer> inThread(Callable<Integer> body) {
        FutureTask<Integer> task = new FutureTask<>(body);
        Thread thread = new Thread(task, "waiter");
        thread.setDaemon(true);
        thread.start();
        return task;
    }

    private static void awaitWaiters(Model model, Kqueue kq, int count) throws InterruptedException {
        while (model.control.model_waiters(kq.fd()) < count) {
            Thread.sleep(1);
        }
    }
}
