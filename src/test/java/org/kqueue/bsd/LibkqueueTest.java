package org.kqueue.bsd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.jna.Library;
import com.sun.jna.Native;
import java.io.IOException;
import java.util.ArrayList;
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
import org.kqueue.Note;
import org.kqueue.Wakeup;
import org.kqueue.robust.OpenDescriptors;

/** The system backend on a library over epoll that differs from BSD as libkqueue does. */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LibkqueueTest {

    private static final int ADD = KeventFlags.EV_ADD;
    private static final int MOST_EVENTS = 512;

    interface Libc extends Library {
        Libc INSTANCE = Native.load(null, Libc.class);

        int pipe(int[] fds);

        int dup2(int from, int to);

        long write(int fd, byte[] bytes, long count);

        int close(int fd);
    }

    private final KqueueModel model = new KqueueModel("libkqueue", "-DQUIRKS");
    private final int[] one = new int[2];
    private final int[] two = new int[2];
    private Kqueue kq;

    @BeforeEach
    void open() throws IOException {
        kq = model.open();
        model.control.model_reset();
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
        assertEquals(Errno.ENOENT, events.errno(0), "as the library has it, where a kernel says EBADF");
        ChangeList bad = kq.newChangeList(2).add(1, Filter.EVFILT_USER, ADD, 0).add(-1, Filter.EVFILT_WRITE, ADD, 0);
        KeventException e = assertThrows(KeventException.class, () -> kq.kevent(bad, null, 0));
        assertEquals(Errno.ENOENT, e.errno());
        assertEquals(5, events.udata(0));
        assertEquals(3, model.control.model_calls(), "no wait");
    }

    @Test
    void aChangeThatSucceedsIsFollowedByTheWait() throws IOException {
        EventList events = kq.newEventList(4);
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
    void errorsAreNumberedAsLinuxDoes() throws IOException {
        EventList events = kq.newEventList(4);
        // 38 and 111 are ENOTSOCK and nothing on BSD.
        model.control.model_error_change(0, 38);
        assertEquals(1, kq.kevent(kq.newChangeList(1).add(1, Filter.EVFILT_USER, ADD, 0), events, 0));
        assertEquals("ENOSYS", events.event(0).errorName());
        model.control.model_fail_call(111, 0);
        assertEquals("ECONNREFUSED",
                assertThrows(KeventException.class, () -> kq.kevent(null, events, 0)).errnoName());
    }

    @Test
    void aThreadThatWaitsLocksNobodyOutOfAWakeup() throws Exception {
        try (Wakeup wakeup = kq.newWakeup(3)) {
            EventList events = kq.newEventList(4);
            for (int i = 0; i < 20; i++) {
                FutureTask<Integer> waiter = new FutureTask<>(() -> kq.kevent(null, events, Kqueue.FOREVER));
                new Thread(waiter, "waiter").start();
                awaitWaiter(kq);
                wakeup.signal();
                assertEquals(1, waiter.get());
                assertEquals(3, events.udata(0));
                wakeup.acknowledge();
                assertEquals(0, kq.kevent(null, events, 0));
            }
        }
    }

    @Test
    void aThreadThatWaitsLocksNobodyOutOfClose() throws Exception {
        OpenDescriptors descriptors = OpenDescriptors.now();
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
            awaitWaiter(closed);
            closed.close();
            for (FutureTask<Integer> waiter : waiters) {
                ExecutionException e = assertThrows(ExecutionException.class, waiter::get);
                assertEquals(ClosedKqueueException.class, e.getCause().getClass());
            }
        }
        assertEquals(Set.of(), descriptors.since());
    }

    @Test
    void whetherAKqueueCanBeWatchedIsTold() throws IOException {
        OpenDescriptors descriptors = OpenDescriptors.now();
        assertFalse(kq.isWatchable());
        try (Kqueue kernel = new KqueueModel("freebsd").open()) {
            assertTrue(kernel.isWatchable());
        }
        assertEquals(Set.of(), descriptors.since());
    }

    /** Until one thread waits in the library. */
    private void awaitWaiter(Kqueue kqueue) {
        while (model.control.model_waiters(kqueue.fd()) < 1) {
            Thread.onSpinWait();
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
