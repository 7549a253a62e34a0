package org.kqueue.bsd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.jna.Library;
import com.sun.jna.Native;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.kqueue.ChangeList;
import org.kqueue.ClosedKqueueException;
import org.kqueue.Errno;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.KeventException;
import org.kqueue.KeventFlags;
import org.kqueue.Kqueue;
import org.kqueue.KqueueConfig;
import org.kqueue.Note;
import org.kqueue.Wakeup;
import org.kqueue.nio.channels.UserEventChannel;

/** The system backend on a library over epoll that differs from BSD as libkqueue says it does. */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class QuirksTest {

    private static final int ADD = KeventFlags.EV_ADD;
    private static final int MOST_EVENTS = 512;

    interface Libc extends Library {
        Libc INSTANCE = Native.load(null, Libc.class);

        int pipe(int[] fds);

        int dup2(int from, int to);

        long write(int fd, byte[] bytes, long count);

        int close(int fd);
    }

    private final Model model = new Model("freebsd11", "-DQUIRKS");
    private final int[] one = new int[2];
    private final int[] two = new int[2];
    private Kqueue kq;

    @BeforeEach
    void open() throws IOException {
        kq = model.open();
        assertEquals(0, Libc.INSTANCE.pipe(one));
        assertEquals(0, Libc.INSTANCE.pipe(two));
    }

    @AfterEach
    void close() throws IOException {
        kq.close();
        for (int fd : new int[] {one[0], one[1], two[0], two[1]}) {
            Libc.INSTANCE.close(fd);
        }
        model.requireNoViolation();
    }

    @Test
    void theAnswerToAChangeIsSeenThoughNothingIsReady() throws IOException {
        EventList events = kq.newEventList(4);
        ChangeList receipt = kq.newChangeList(2)
                .add(1, Filter.EVFILT_USER, ADD | KeventFlags.EV_RECEIPT, 7)
                .add(2, Filter.EVFILT_USER, KeventFlags.EV_DELETE, 8);
        assertEquals(2, kq.kevent(receipt, events, 0), "the library itself returns 0");
        assertEquals(KeventFlags.EV_ERROR, events.flags(0));
        assertEquals(0, events.data(0));
        assertEquals(7, events.udata(0));
        assertEquals(Errno.ENOENT, events.errno(1));
        EventList one = kq.newEventList(1);
        receipt.clear().add(3, Filter.EVFILT_USER, KeventFlags.EV_DELETE, 8);
        assertEquals(1, kq.kevent(receipt, one, Kqueue.FOREVER));
        ChangeList two = kq.newChangeList(2)
                .add(3, Filter.EVFILT_USER, KeventFlags.EV_DELETE, 0)
                .add(4, Filter.EVFILT_USER, KeventFlags.EV_DELETE, 0);
        KeventException e = assertThrows(KeventException.class, () -> kq.kevent(two, one, Kqueue.FOREVER));
        assertEquals(Errno.ENOENT, e.errno(), "an error without room is the call's");
    }

    @Test
    void theAnswerToAChangeEndsTheWait() throws IOException {
        EventList events = kq.newEventList(4);
        assertEquals(1, kq.kevent(kq.newChangeList(1).add(-1, Filter.EVFILT_READ, ADD, 5), events, Kqueue.FOREVER));
        assertTrue(events.isChangeResult(0));
        assertEquals(Errno.EBADF, events.errno(0), "the library itself says ENOENT");
        ChangeList bad = kq.newChangeList(2).add(1, Filter.EVFILT_USER, ADD, 0).add(-1, Filter.EVFILT_WRITE, ADD, 0);
        KeventException e = assertThrows(KeventException.class, () -> kq.kevent(bad, null, 0));
        assertEquals(Errno.EBADF, e.errno());
        assertEquals(5, events.udata(0));
        assertEquals(3, model.control.model_calls(), "no wait");
    }

    @Test
    void aChangeThatSucceedsIsFollowedByTheWait() throws IOException {
        EventList events = kq.newEventList(4);
        assertEquals(0, kq.kevent(null, events, 1), "the first wait, before which its end is prepared");
        model.control.model_reset();
        int once = ADD | KeventFlags.EV_ONESHOT;
        ChangeList timer = kq.newChangeList(1).add(1, Filter.EVFILT_TIMER, once, 0, 30, 9);
        assertEquals(1, kq.kevent(timer, events, Kqueue.FOREVER));
        assertEquals(9, events.udata(0));
        assertEquals(2, model.control.model_calls(), "the changes, the wait");
    }

    @Test
    void answersComeAloneAsAKernelsDo() throws IOException {
        EventList events = kq.newEventList(4);
        ChangeList changes = kq.newChangeList(2)
                .add(one[1], Filter.EVFILT_WRITE, ADD, 1)
                .add(one[0], Filter.EVFILT_READ, ADD | KeventFlags.EV_DISPATCH | KeventFlags.EV_ONESHOT, 2);
        assertEquals(1, kq.kevent(changes, events, Kqueue.FOREVER));
        assertEquals(KeventFlags.EV_ERROR, events.flags(0));
        assertEquals(Errno.EINVAL, events.errno(0));
        assertEquals(2, events.udata(0));
        assertEquals(1, kq.kevent(null, events, Kqueue.FOREVER));
        assertEquals(Filter.EVFILT_WRITE, events.filter(0));
        assertEquals(1, events.udata(0));
    }

    @Test
    void moreEventsThanACallReturnsComeWithTheNext() throws IOException {
        int count = MOST_EVENTS + 100;
        ChangeList changes = kq.newChangeList(count);
        for (int i = 0; i < count; i++) {
            changes.add(i, Filter.EVFILT_USER, ADD | KeventFlags.EV_CLEAR, 0)
                    .add(i, Filter.EVFILT_USER, 0, kq.layout().number(Note.NOTE_TRIGGER), 0, 0);
        }
        kq.kevent(changes, null, 0);
        EventList events = kq.newEventList(2 * count);
        assertEquals(MOST_EVENTS, kq.kevent(null, events, Kqueue.FOREVER));
        assertEquals(count - MOST_EVENTS, kq.kevent(null, events, Kqueue.FOREVER));
    }

    @Test
    void errorsOfLinuxAreTranslatedInAnswersAndEvents() throws IOException {
        EventList events = kq.newEventList(4);
        // Linux' ENOSYS, which BSD calls ENOTSOCK.
        model.control.model_error_change(0, 38);
        assertEquals(1, kq.kevent(kq.newChangeList(1).add(1, Filter.EVFILT_USER, ADD, 0), events, 0));
        assertEquals("ENOSYS", Errno.name(events.errno(0), kq.layout().errnos()));
        model.control.model_fail_call(38, 0);
        assertEquals("ENOSYS", assertThrows(KeventException.class, () -> kq.kevent(null, events, 0)).errnoName());
    }

    @Test
    void aThreadThatWaitsLocksNobodyOutOfAWakeup() throws Exception {
        try (Wakeup wakeup = kq.newWakeup(3)) {
            EventList events = kq.newEventList(4);
            for (int i = 0; i < 20; i++) {
                FutureTask<Integer> waiter = new FutureTask<>(() -> kq.kevent(null, events, Kqueue.FOREVER));
                new Thread(waiter, "waiter").start();
                awaitWaiter();
                wakeup.signal();
                assertEquals(1, waiter.get());
                assertEquals(3, events.udata(0));
                wakeup.acknowledge();
                assertEquals(0, kq.kevent(null, events, 0));
            }
        }
    }

    @Test
    void aThreadThatWaitsLocksNobodyOutOfAChange() throws Exception {
        kq.kevent(kq.newChangeList(1).add(5, Filter.EVFILT_USER, ADD | KeventFlags.EV_CLEAR, 3), null, 0);
        ChangeList trigger = kq.newChangeList(1)
                .add(5, Filter.EVFILT_USER, 0, kq.layout().number(Note.NOTE_TRIGGER), 0, 3);
        EventList events = kq.newEventList(1);
        for (int i = 0; i < 200; i++) {
            FutureTask<Integer> waiter = new FutureTask<>(() -> kq.kevent(null, events, Kqueue.FOREVER));
            new Thread(waiter, "waiter").start();
            if (i % 2 == 0) {
                awaitWaiter();
            }
            // Changes that make nothing ready end no wait.
            kq.kevent(kq.newChangeList(1).add(6, Filter.EVFILT_USER, ADD, 4), null, 0);
            assertEquals(0, kq.kevent(null, kq.newEventList(4), 0));
            kq.kevent(trigger, null, 0);
            assertEquals(1, waiter.get());
            assertEquals(5, events.ident(0));
            assertEquals(0, kq.kevent(null, events, 0));
        }
    }

    @Test
    void waitersTakeTurnsAndKeepTheirTimes() throws Exception {
        FutureTask<Integer> forEver = new FutureTask<>(() -> kq.kevent(null, kq.newEventList(1), Kqueue.FOREVER));
        new Thread(forEver, "waits for ever").start();
        awaitWaiter();
        long start = System.nanoTime();
        assertEquals(0, kq.kevent(null, kq.newEventList(1), 50_000_000));
        assertTrue(System.nanoTime() - start >= 50_000_000);
        kq.kevent(kq.newChangeList(1).add(one[1], Filter.EVFILT_WRITE, ADD, 1), null, 0);
        assertEquals(1, forEver.get());
        assertEquals(1, kq.kevent(null, kq.newEventList(1), Kqueue.FOREVER), "level-triggered");
    }

    @Test
    void changesOfManyThreadsReachAWaiter() throws Exception {
        int threads = 4;
        int rounds = 200;
        List<FutureTask<Void>> others = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            int from = i * rounds;
            others.add(new FutureTask<>(() -> {
                for (int ident = from; ident < from + rounds; ident++) {
                    kq.kevent(kq.newChangeList(2).add(ident, Filter.EVFILT_USER, ADD | KeventFlags.EV_ONESHOT, ident)
                            .add(ident, Filter.EVFILT_USER, 0, kq.layout().number(Note.NOTE_TRIGGER), 0, ident),
                            null, 0);
                }
                return null;
            }));
            new Thread(others.get(i), "changes").start();
        }
        EventList events = kq.newEventList(3);
        BitSet seen = new BitSet();
        while (seen.cardinality() < threads * rounds) {
            int n = kq.kevent(null, events, 10_000_000_000L);
            assertTrue(n > 0, () -> "only " + seen.cardinality());
            for (int i = 0; i < n; i++) {
                assertFalse(seen.get((int) events.ident(i)), "twice");
                seen.set((int) events.ident(i));
            }
        }
        for (FutureTask<Void> other : others) {
            other.get();
        }
    }

    @Test
    void aThreadThatWaitsLocksNobodyOutOfClose() throws Exception {
        Set<String> descriptors = OpenDescriptors.now();
        for (boolean wakeup : new boolean[] {false, true}) {
            Kqueue closed = model.open();
            if (wakeup) {
                closed.newWakeup(5).close();
            }
            List<FutureTask<Integer>> waiters = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                waiters.add(new FutureTask<>(() -> closed.kevent(null, closed.newEventList(1), Kqueue.FOREVER)));
                new Thread(waiters.get(i), "waiter").start();
            }
            while (model.control.model_waiters(closed.fd()) < 1) {
                Thread.sleep(1);
            }
            closed.close();
            for (FutureTask<Integer> waiter : waiters) {
                ExecutionException e = assertThrows(ExecutionException.class, waiter::get);
                assertEquals(ClosedKqueueException.class, e.getCause().getClass());
            }
        }
        assertEquals(Set.of(), OpenDescriptors.since(descriptors));
    }

    @Test
    void channelsOfEventsAreRefusedWhereAKqueueCannotBeWatched() throws IOException {
        Set<String> descriptors = OpenDescriptors.now();
        assertFalse(kq.isWatchable());
        try (Kqueue kernel = new Model("freebsd").open()) {
            assertTrue(kernel.isWatchable());
        }
        String before = System.getProperty(KqueueConfig.LIBRARY);
        System.setProperty(KqueueConfig.LIBRARY, model.library.toString());
        try {
            String message = assertThrows(UnsupportedOperationException.class, UserEventChannel::open).getMessage();
            assertTrue(message.contains(kq + " cannot be watched"), message);
        } finally {
            if (before == null) {
                System.clearProperty(KqueueConfig.LIBRARY);
            } else {
                System.setProperty(KqueueConfig.LIBRARY, before);
            }
        }
        assertEquals(Set.of(), OpenDescriptors.since(descriptors));
    }

    private void awaitWaiter() throws InterruptedException {
        while (model.control.model_waiters(kq.fd()) < 1) {
            Thread.sleep(1);
        }
    }

    @Test
    void aNumberThatMeansAnotherFileCanBeAddedAgain() throws IOException {
        EventList events = kq.newEventList(4);
        kq.kevent(kq.newChangeList(1).add(one[0], Filter.EVFILT_READ, ADD, 1), null, 0);
        Libc.INSTANCE.dup2(two[0], one[0]);
        Libc.INSTANCE.write(two[1], new byte[3], 3);
        assertEquals(0, kq.kevent(null, events, 0), "nothing for the file that is gone");
        ChangeList add = kq.newChangeList(1).add(one[0], Filter.EVFILT_READ, ADD, 2);
        assertEquals(1, kq.kevent(add, events, Kqueue.FOREVER));
        assertTrue(events.isChangeResult(0), "the library has a registration of that number still");
        assertEquals(Errno.ENOENT, events.errno(0));
        assertEquals(1, kq.kevent(add, events, Kqueue.FOREVER));
        assertEquals(3, events.data(0));
        assertEquals(2, events.udata(0));
    }
}
