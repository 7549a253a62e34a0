package org.kqueue.bsd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kqueue.ClosedKqueueException;
import org.kqueue.Errno;
import org.kqueue.EventList;
import org.kqueue.KeventException;
import org.kqueue.Kqueue;
import org.kqueue.Wakeup;
import org.kqueue.robust.OpenDescriptors;

/** Wakeups of the system backend by what the kernel has, and closing a kqueue under waiting threads. */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SystemWakeupTest {

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    @ParameterizedTest
    @ValueSource(strings = {"", "-DNO_USER", "-DNO_USER -DOWN_DESCRIPTORS", "-DOWN_DESCRIPTORS -DBARE", "-DQUIRKS",
        "-DQUIRKS -DNO_USER"})
    void wakeupEndsWaitsWhateverTheKernelHas(String options) throws Exception {
        KqueueModel model = new KqueueModel("netbsd", words(options));
        try (Kqueue kq = model.open()) {
            OpenDescriptors descriptors = OpenDescriptors.now();
            int knotes = model.control.model_knotes(kq.fd());
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
            assertEquals(Set.of(), descriptors.since());
            assertEquals(knotes, model.control.model_knotes(kq.fd()));
        }
        model.requireNoViolation();
    }

    @Test
    void whatALibraryLacksToEndAWaitIsNamed() throws IOException {
        for (String exports : List.of("-DBARE", "-DONLY_PIPE")) {
            KqueueModel model = new KqueueModel("netbsd", "-DNO_USER", "-DOWN_DESCRIPTORS", exports);
            try (Kqueue kq = model.open()) {
                String message = assertThrows(KeventException.class, () -> kq.newWakeup(1)).getMessage();
                assertTrue(message.contains("EVFILT_USER cannot be had"), message);
                assertTrue(message.contains("does not export pipe, read, write and close"), message);
            }
        }
    }

    @Test
    void noSignalIsLostBetweenThreads() throws Exception {
        for (String options : List.of("", "-DNO_USER", "-DQUIRKS")) {
            KqueueModel model = new KqueueModel("freebsd", words(options));
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

    @ParameterizedTest
    @ValueSource(strings = {"macos", "freebsd", "netbsd"})
    void cutsTimeoutsThatTheKernelRefuses(String abi) throws Exception {
        KqueueModel model = new KqueueModel(abi);
        try (Kqueue kq = model.open(); Wakeup wakeup = kq.newWakeup(4)) {
            long most = TimeUnit.DAYS.toSeconds(1);
            FutureTask<Integer> waiter = inThread(() -> kq.kevent(null, kq.newEventList(1), Kqueue.FOREVER - 1));
            awaitWaiters(model, kq, 1);
            assertEquals(most, model.control.model_last_sec());
            wakeup.signal();
            assertEquals(1, waiter.get());
        }
    }

    @Test
    void pipeIsTakenWhereUserEventsAreUsedUp() throws IOException {
        KqueueModel model = new KqueueModel("openbsd");
        try (Kqueue kq = model.open()) {
            OpenDescriptors descriptors = OpenDescriptors.now();
            model.control.model_fail_call(Errno.ENOMEM, 0);
            try (Wakeup wakeup = kq.newWakeup(3)) {
                assertEquals(2, descriptors.since().size());
                wakeup.signal();
                assertEquals(1, kq.kevent(null, kq.newEventList(1), 5 * SECOND));
            }
            assertEquals(Set.of(), descriptors.since());
        }
    }

    @Test
    void openbsdsLimitOfUserEventsIsMetByPipes() throws Exception {
        KqueueModel model = new KqueueModel("openbsd", "-DUSER_LIMIT=2");
        try (Kqueue kq = model.open()) {
            OpenDescriptors descriptors = OpenDescriptors.now();
            List<Wakeup> wakeups = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                wakeups.add(kq.newWakeup(i));
            }
            assertEquals(4, descriptors.since().size(), "two pipes");
            for (int i = 0; i < 4; i++) {
                long udata = i;
                FutureTask<Integer> waiter = inThread(() -> {
                    EventList events = kq.newEventList(4);
                    int n = kq.kevent(null, events, 10 * SECOND);
                    assertEquals(udata, events.udata(0));
                    return n;
                });
                awaitWaiters(model, kq, 1);
                wakeups.get(i).signal();
                assertEquals(1, waiter.get());
                wakeups.get(i).acknowledge();
            }
            wakeups.get(0).close();
            OpenDescriptors before = OpenDescriptors.now();
            kq.newWakeup(9).close();
            assertEquals(Set.of(), before.since());
            for (Wakeup wakeup : wakeups) {
                wakeup.close();
            }
            assertEquals(Set.of(), descriptors.since());
            assertEquals(0, model.control.model_knotes(kq.fd()));
        }
        model.requireNoViolation();
    }

    @Test
    void closeEndsAllWaitsWhereUserEventsAreUsedUp() throws Exception {
        KqueueModel model = new KqueueModel("openbsd", "-DUSER_LIMIT=1");
        try (Kqueue other = model.open(); Wakeup last = other.newWakeup(1)) {
            OpenDescriptors descriptors = OpenDescriptors.now();
            closeUnderWaiters(model);
            assertEquals(Set.of(), descriptors.since());
            last.signal();
            assertEquals(1, other.kevent(null, other.newEventList(1), 5 * SECOND));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-DNO_USER", "-DOWN_DESCRIPTORS -DBARE"})
    void closeEndsAllWaits(String options) throws Exception {
        KqueueModel model = new KqueueModel("freebsd", words(options));
        OpenDescriptors descriptors = OpenDescriptors.now();
        closeUnderWaiters(model);
        if (!options.contains("BARE")) {
            assertEquals(Set.of(), descriptors.since());
        }
    }

    /** Like FreeBSD's kernel, the model wakes nobody when its descriptor is closed. */
    private static void closeUnderWaiters(KqueueModel model) throws Exception {
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
    }

    @Test
    void kqueueNeverClosedGivesItsDescriptorsBack() throws Exception {
        KqueueModel model = new KqueueModel("freebsd", "-DNO_USER");
        model.open().close();
        OpenDescriptors descriptors = OpenDescriptors.now();
        for (int i = 0; i < 20; i++) {
            model.open().newWakeup(i);
        }
        long deadline = System.nanoTime() + 20 * SECOND;
        while (!descriptors.since().isEmpty()) {
            assertTrue(System.nanoTime() < deadline, "descriptors of collected kqueues are still open");
            System.gc();
            Thread.onSpinWait();
        }
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

    private static void awaitWaiters(KqueueModel model, Kqueue kq, int count) {
        while (model.control.model_waiters(kq.fd()) < count) {
            Thread.onSpinWait();
        }
    }
}
