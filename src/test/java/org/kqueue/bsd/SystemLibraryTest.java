package org.kqueue.bsd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kqueue.ChangeList;
import org.kqueue.Errno;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.KeventException;
import org.kqueue.KeventFlags;
import org.kqueue.KeventLayout;
import org.kqueue.Kqueue;
import org.kqueue.KqueueConfig;
import org.kqueue.KqueueUnavailableException;
import org.kqueue.Wakeup;
import org.kqueue.robust.Forked;
import org.kqueue.robust.OpenDescriptors;
import org.kqueue.robust.Task;

/** Libraries: what is bound and found out when one is loaded, and whose the descriptors are. */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SystemLibraryTest {

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    @Test
    void failedOpenLeavesNothingOpen() throws IOException {
        KqueueModel model = new KqueueModel("freebsd");
        model.open().close();
        OpenDescriptors descriptors = OpenDescriptors.now();
        for (int errno : new int[] {Errno.EMFILE, Errno.ENFILE, Errno.ENOMEM}) {
            model.control.model_fail_kqueue(errno);
            KeventException e = assertThrows(KeventException.class, model::open);
            assertEquals(errno, e.errno());
            assertEquals("kqueue", e.call());
        }
        try (Kqueue kq = model.open()) {
            OpenDescriptors open = OpenDescriptors.now();
            model.control.model_fail_call(Errno.ENOMEM, 0);
            kq.newWakeup(1).close();
            assertEquals(0, model.control.model_knotes(kq.fd()));
            KqueueModel none = new KqueueModel("freebsd", "-DNO_USER");
            try (Kqueue other = none.open()) {
                none.control.model_fail_call(Errno.ENOMEM, 1);
                assertThrows(KeventException.class, () -> other.newWakeup(1));
                assertEquals(1, open.since().size());
            }
        }
        assertEquals(Set.of(), descriptors.since());
    }

    @Test
    void whereNoKqueueCanBeHadForAProbeTheOpenFails() throws IOException {
        // An open makes five: the last is the one that is kept.
        for (int call = 0; call < 5; call++) {
            // A build of its own for each, since a library is probed once.
            Path library = NativeBuild.model("freebsd", "-DFAIL_KQUEUE_AFTER=" + call);
            OpenDescriptors before = OpenDescriptors.now();
            KqueueConfig config = new KqueueConfig("system", library.toString(), "freebsd", KqueueConfig.Detail.FULL);
            assertEquals(Errno.EMFILE, assertThrows(KeventException.class, () -> Kqueue.open(config)).errno());
            assertEquals(Set.of(), before.since());
            try (Kqueue kq = Kqueue.open(config)) {
                assertEquals(1, before.since().size());
                assertEquals(1, kq.kevent(SystemKqueueTest.users(kq, 1, KeventFlags.EV_DELETE), kq.newEventList(1),
                        Kqueue.FOREVER));
            }
            assertEquals(Set.of(), before.since());
        }
    }

    @Test
    void libraryThatRefusesCloseOnExecIsTolerated() throws IOException {
        KqueueModel model = new KqueueModel("freebsd", "-DFCNTL_FAILS", "-DNO_USER");
        try (Kqueue kq = model.open(); Wakeup wakeup = kq.newWakeup(1)) {
            wakeup.signal();
            assertEquals(1, kq.kevent(null, kq.newEventList(1), 5 * SECOND));
        }
    }

    @Test
    void kqueueAndPipeAreClosedOnExec() throws Exception {
        KqueueModel model = new KqueueModel("netbsd", "-DNO_USER");
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
        OpenDescriptors before = OpenDescriptors.now();
        KqueueModel bare = new KqueueModel("netbsd", "-DNO_USER", "-DOWN_DESCRIPTORS", "-DBARE");
        Kqueue kq = bare.open();
        Path number = Path.of("/proc/self/fd/" + kq.fd());
        Path file = Files.readSymbolicLink(number);
        assertTrue(Files.isRegularFile(number), () -> "the JVM has " + file + " open under the same number");
        kq.close();
        assertEquals(file, Files.readSymbolicLink(number));
        assertTrue(!before.since().isEmpty(), "there is no way to give it back");
        KqueueModel own = new KqueueModel("netbsd", "-DNO_USER", "-DOWN_DESCRIPTORS");
        OpenDescriptors open = OpenDescriptors.now();
        try (Kqueue other = own.open(); Wakeup wakeup = other.newWakeup(1)) {
            wakeup.signal();
            assertEquals(3, other.fd());
            assertEquals(3, open.since().size());
        }
        assertEquals(Set.of(), open.since());
        assertEquals(file, Files.readSymbolicLink(number));
    }

    /** Of one taken for a library with descriptors of its own nothing would be closed, nor its ABI be looked at. */
    @Test
    void descriptorsOfOtherThreadsDoNotMislead(@TempDir Path directory) throws Exception {
        Path library = NativeBuild.model("freebsd11");
        AtomicBoolean done = new AtomicBoolean();
        List<Task<Void>> others = new ArrayList<>();
        try {
            for (int i = 0; i < 2; i++) {
                others.add(new Task<>(() -> {
                    while (!done.get()) {
                        Files.newByteChannel(library).close();
                    }
                    return null;
                }));
            }
            for (int i = 0; i < 60; i++) {
                Path copy = Files.copy(library, directory.resolve("kqueue" + i + ".so"));
                KqueueConfig config = new KqueueConfig("system", copy.toString(), "freebsd", KqueueConfig.Detail.FULL);
                assertThrows(KqueueUnavailableException.class, () -> Kqueue.open(config));
            }
        } finally {
            done.set(true);
            for (Task<Void> other : others) {
                other.get();
            }
        }
    }

    @Test
    void aLibraryThatIsPreloadedToIsNotTakenForLibc() throws Exception {
        String library = NativeBuild.model("freebsd", "-DOWN_DESCRIPTORS", "-DHIJACKS").toString();
        Forked.Result result = Forked.java(Map.of("LD_PRELOAD", library), OpensAndCloses.class,
                "-Dorg.kqueue.library=" + library, "-Dorg.kqueue.abi=freebsd", "--", "1000000");
        assertEquals("left open: []", result.lastLine(), result::output);
    }

    @Test
    void kernelInALibraryWithoutAPipeIsKnownAsOne() throws IOException {
        KqueueModel bare = new KqueueModel("netbsd", "-DNO_USER", "-DOWN_DESCRIPTORS", "-DBARE");
        try (Kqueue kq = bare.open()) {
            bare.control.model_reset();
            EventList events = kq.newEventList(4);
            int once = KeventFlags.EV_ADD | KeventFlags.EV_ONESHOT;
            ChangeList timers = kq.newChangeList(2)
                    .add(1, kq.layout().number(Filter.EVFILT_TIMER), once, 0, 1, 8)
                    .add(2, kq.layout().number(Filter.EVFILT_TIMER), once, 0, 1_000_000, 9);
            assertEquals(1, kq.kevent(timers, events, 5 * SECOND));
            assertEquals(8, events.udata(0));
            assertEquals(1, bare.control.model_calls(), "the changes go with the wait");
        }
    }

    @Test
    void netbsdsVersionedCallIsPreferredToThePlainOne() throws IOException {
        for (String abi : List.of("netbsd", "netbsd11")) {
            KqueueModel model = new KqueueModel(abi,
                    "-DKEVENT_NAME=" + (abi.equals("netbsd") ? "__kevent50" : "__kevent100"));
            try (Kqueue kq = model.open()) {
                kq.kevent(SystemKqueueTest.users(kq, 1, KeventFlags.EV_ADD), null, 0);
                assertEquals(1, model.control.model_calls());
                model.requireNoViolation();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"freebsd", "netbsd"})
    void keventIsCalledAsThePropertySays(String abi) throws Exception {
        String before = System.getProperty(KqueueConfig.CALLS);
        try {
            for (String calls : Runtime.version().feature() < 22 ? List.of("jna") : List.of("jna", "foreign")) {
                System.setProperty(KqueueConfig.CALLS, calls);
                // A build of its own for each, since a library is bound once.
                KqueueModel model = new KqueueModel(abi, "-DCALLS_" + calls);
                String kevent = SystemLibrary.load(model.library.toString(), layout(abi)).kevent().getClass().getName();
                assertEquals(calls.equals("foreign"), kevent.contains("ForeignKevent"), kevent);
                try (Kqueue kq = model.open()) {
                    EventList events = kq.newEventList(2);
                    assertEquals(1, kq.kevent(SystemKqueueTest.users(kq, 1, KeventFlags.EV_DELETE), events, 0));
                    assertEquals(Errno.ENOENT, events.errno(0));
                    assertEquals(2, model.control.model_last_nevents());
                    model.control.model_fail_call(Errno.ENOMEM, 0);
                    assertEquals(Errno.ENOMEM,
                            assertThrows(KeventException.class, () -> kq.kevent(null, events, 0)).errno());
                }
                model.requireNoViolation();
            }
        } finally {
            if (before == null) {
                System.clearProperty(KqueueConfig.CALLS);
            } else {
                System.setProperty(KqueueConfig.CALLS, before);
            }
        }
    }

    private static KeventLayout layout(String abi) {
        return KeventLayout.of(abi);
    }

    @Test
    void librariesOfTwoAbisWorkSideBySide() throws IOException {
        KqueueModel freebsd = new KqueueModel("freebsd");
        KqueueModel netbsd = new KqueueModel("netbsd");
        try (Kqueue one = freebsd.open(); Kqueue two = netbsd.open()) {
            one.kevent(SystemKqueueTest.users(one, 1, KeventFlags.EV_ADD), null, 0);
            two.kevent(SystemKqueueTest.users(two, 2, KeventFlags.EV_ADD), null, 0);
            assertEquals(1, freebsd.control.model_knotes(one.fd()));
            assertEquals(2, netbsd.control.model_knotes(two.fd()));
            assertNotEquals(one.toString(), two.toString());
            assertTrue(two.toString().startsWith("system (") && two.toString().endsWith("netbsd ABI"), two.toString());
        }
    }

    @Test
    void saysWhichFiltersTheKernelKnows() throws IOException {
        KqueueModel all = new KqueueModel("freebsd");
        KqueueModel few = new KqueueModel("netbsd", "-DNO_USER", "-DNO_TIMER");
        try (Kqueue kq = all.open(); Kqueue poor = few.open()) {
            OpenDescriptors descriptors = OpenDescriptors.now();
            for (Filter filter : List.of(Filter.EVFILT_READ, Filter.EVFILT_WRITE, Filter.EVFILT_USER,
                    Filter.EVFILT_TIMER)) {
                assertTrue(kq.supports(filter), filter.toString());
            }
            for (Filter filter : List.of(Filter.EVFILT_SIGNAL, Filter.EVFILT_PROC, Filter.EVFILT_VNODE,
                    Filter.EVFILT_MACHPORT, Filter.EVFILT_AIO, Filter.EVFILT_LIO)) {
                assertTrue(!kq.supports(filter), filter.toString());
            }
            assertTrue(!poor.supports(Filter.EVFILT_USER) && !poor.supports(Filter.EVFILT_TIMER));
            assertTrue(poor.supports(Filter.EVFILT_READ), "number 0 on NetBSD");
            assertEquals(Set.of(), descriptors.since());
            assertEquals(0, all.control.model_knotes(kq.fd()));
            ChangeList aio = kq.newChangeList(1).add(1, Filter.EVFILT_AIO, KeventFlags.EV_ADD, 0);
            assertEquals(Errno.EPERM, assertThrows(KeventException.class, () -> kq.kevent(aio, null, 0)).errno());
        }
    }
}
