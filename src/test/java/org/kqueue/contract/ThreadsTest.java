package org.kqueue.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.kqueue.ChangeList;
import org.kqueue.ClosedKqueueException;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.KeventFlags;
import org.kqueue.Kqueue;
import org.kqueue.Note;
import org.kqueue.Wakeup;

/** Several threads on one kqueue. */
class ThreadsTest extends Contract {

    private static final long SECOND = 1_000_000_000L;

    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void stopThreads() throws InterruptedException {
        threads.shutdownNow();
        assertTrue(threads.awaitTermination(10, TimeUnit.SECONDS));
    }

    private <T> Future<T> start(Callable<T> task) {
        return threads.submit(task);
    }

    private static <T> T get(Future<T> future) throws Exception {
        return future.get(10, TimeUnit.SECONDS);
    }

    @Test
    void closingEndsEveryWait() throws Exception {
        List<Future<Integer>> waiters = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            waiters.add(start(() -> kq.kevent(null, kq.newEventList(4), Kqueue.FOREVER)));
        }
        kq.close();
        for (Future<Integer> waiter : waiters) {
            ExecutionException e = assertThrows(ExecutionException.class, () -> get(waiter));
            assertTrue(e.getCause() instanceof ClosedKqueueException, e::toString);
        }
        assertThrows(ClosedKqueueException.class, () -> kq.kevent(null, kq.newEventList(4), 0L));
    }

    @Test
    void aChangeByAnotherThreadEndsAWait() throws Exception {
        pair();
        write("a", 1);
        Future<String> waiter = start(() -> kevent(kq, 4, 5 * SECOND));
        assertEquals("", kevent(kq, 0, 0, "b READ ADD|CLEAR u=3"));
        assertEquals("b READ CLEAR d=1 u=3", get(waiter));
    }

    @Test
    void aTriggerByAnotherThreadEndsAWait() throws Exception {
        needs(Filter.EVFILT_USER);
        assertEquals("", kevent("1 USER ADD|CLEAR"));
        for (int i = 0; i < 200; i++) {
            Future<String> waiter = start(() -> kevent(kq, 4, 5 * SECOND));
            assertEquals("", kevent(kq, 0, 0, "1 USER 0 f=TRIGGER"));
            assertEquals("1 USER CLEAR", get(waiter));
        }
    }

    @Test
    void nothingIsLostInPingPong() throws Exception {
        needs(Filter.EVFILT_USER);
        Kqueue other = another();
        assertEquals("", kevent("1 USER ADD|CLEAR"));
        assertEquals("", kevent(other, 4, 0, "1 USER ADD|CLEAR"));
        int rounds = 50_000;
        Future<Void> echo = start(() -> {
            EventList events = other.newEventList(4);
            ChangeList back = trigger(kq, 1);
            for (int i = 0; i < rounds; i++) {
                assertEquals(1, other.kevent(null, events, 5 * SECOND));
                kq.kevent(back, null, 0);
            }
            return null;
        });
        EventList events = kq.newEventList(4);
        ChangeList there = trigger(other, 1);
        for (int i = 0; i < rounds; i++) {
            other.kevent(there, null, 0);
            assertEquals(1, kq.kevent(null, events, 5 * SECOND), "round " + i);
        }
        echo.get(20, TimeUnit.SECONDS);
    }

    private static ChangeList trigger(Kqueue kqueue, long ident) {
        return kqueue.newChangeList(1).add(ident, Filter.EVFILT_USER, 0, kqueue.layout().number(Note.NOTE_TRIGGER), 0,
                0);
    }

    @Test
    void oneOfTwoWaitersGetsAnEdge() throws Exception {
        for (String kind : new String[] {"CLEAR", "ONESHOT", "DISPATCH"}) {
            pair();
            assertEquals("", kevent("b READ ADD|" + kind));
            Future<String> one = start(() -> kevent(kq, 4, SECOND / 10));
            Future<String> two = start(() -> kevent(kq, 4, SECOND / 10));
            write("a", 1);
            String expected = "b READ " + kind + " d=1";
            assertEquals(expected, get(one) + get(two));
            close("a");
            close("b");
        }
    }

    @Test
    void bothWaitersGetALevel() throws Exception {
        freebsdRule();
        pair();
        assertEquals("", kevent("b READ ADD"));
        Future<String> one = start(() -> kevent(kq, 4, 5 * SECOND));
        Future<String> two = start(() -> kevent(kq, 4, 5 * SECOND));
        write("a", 1);
        assertEquals("b READ 0 d=1", get(one));
        assertEquals("b READ 0 d=1", get(two));
    }

    @Test
    void eachTriggerIsDeliveredToOneOfManyWaiters() throws Exception {
        needs(Filter.EVFILT_USER);
        int count = 200;
        ChangeList add = kq.newChangeList(count);
        for (int i = 0; i < count; i++) {
            add.add(i, Filter.EVFILT_USER, KeventFlags.EV_ADD | KeventFlags.EV_CLEAR, i);
        }
        kq.kevent(add, null, 0);
        AtomicInteger delivered = new AtomicInteger();
        AtomicInteger[] each = new AtomicInteger[count];
        java.util.Arrays.setAll(each, i -> new AtomicInteger());
        List<Future<Void>> waiters = new ArrayList<>();
        for (int t = 0; t < 4; t++) {
            waiters.add(start(() -> {
                EventList events = kq.newEventList(3);
                while (delivered.get() < count) {
                    int n = kq.kevent(null, events, SECOND / 20);
                    for (int i = 0; i < n; i++) {
                        each[(int) events.ident(i)].incrementAndGet();
                        delivered.incrementAndGet();
                    }
                }
                return null;
            }));
        }
        for (int i = 0; i < count; i++) {
            kq.kevent(trigger(kq, i), null, 0);
        }
        for (Future<Void> waiter : waiters) {
            get(waiter);
        }
        for (AtomicInteger one : each) {
            assertEquals(1, one.get());
        }
    }

    @Test
    void reusedDescriptorsNeverDeliverToTheirPredecessors() throws Exception {
        List<Future<Void>> workers = new ArrayList<>();
        for (int t = 0; t < 3; t++) {
            int id = t;
            workers.add(start(() -> {
                storm(id);
                return null;
            }));
        }
        for (Future<Void> worker : workers) {
            get(worker);
        }
    }

    /**
     * Opens, registers with an udata of its own, makes ready, closes; an event's udata must be that of a registration
     * of its number.
     */
    private void storm(int id) throws Exception {
        Kqueue own = id == 0 ? kq : subject.open();
        try {
            EventList events = own.newEventList(8);
            ChangeList change = own.newChangeList(1);
            for (int i = 0; i < 500; i++) {
                int[] fds = new int[2];
                ok(Posix.socketpair(Posix.AF_UNIX, Posix.SOCK_STREAM, 0, fds));
                own.kevent(change.clear().add(fds[0], Filter.EVFILT_READ, KeventFlags.EV_ADD, i), null, 0);
                Posix.write(fds[1], new byte[1], 1);
                int n = own.kevent(null, events, 5 * SECOND);
                assertEquals(1, n);
                assertEquals(i, events.udata(0));
                assertEquals(fds[0], events.ident(0));
                Posix.close(fds[0]);
                Posix.close(fds[1]);
                assertEquals(0, own.kevent(null, events, 0L));
            }
        } finally {
            if (own != kq) {
                own.close();
            }
        }
    }

    @Test
    void changesOfTwoThreadsAreAllApplied() throws Exception {
        needs(Filter.EVFILT_USER);
        int each = 2_000;
        List<Future<Void>> workers = new ArrayList<>();
        for (int t = 0; t < 2; t++) {
            int base = t * each;
            workers.add(start(() -> {
                ChangeList changes = kq.newChangeList(2);
                for (int i = base; i < base + each; i++) {
                    changes.clear().add(i, Filter.EVFILT_USER, KeventFlags.EV_ADD | KeventFlags.EV_CLEAR, i)
                            .add(i, Filter.EVFILT_USER, 0, kq.layout().number(Note.NOTE_TRIGGER), 0, i);
                    kq.kevent(changes, null, 0);
                }
                return null;
            }));
        }
        for (Future<Void> worker : workers) {
            get(worker);
        }
        EventList events = kq.newEventList(2 * each);
        assertEquals(2 * each, kq.kevent(null, events, 0L));
    }

    @Test
    void aWakeupEndsAWaitAndCoalesces() throws Exception {
        Wakeup wakeup = kq.newWakeup(77);
        Future<Long> waiter = start(() -> {
            EventList events = kq.newEventList(4);
            assertEquals(1, kq.kevent(null, events, 5 * SECOND));
            return events.udata(0);
        });
        wakeup.signal();
        assertEquals(77L, get(waiter));
        wakeup.acknowledge();
        assertEquals("", poll());
        wakeup.signal();
        wakeup.signal();
        assertEquals(1, kq.kevent(null, kq.newEventList(4), 0L));
        wakeup.acknowledge();
        assertEquals("", poll());
        wakeup.close();
    }

    @Test
    void aRegisteredDescriptorThatGoesAwayEndsNoWait() throws Exception {
        freebsdRule();
        for (boolean replaced : new boolean[] {false, true}) {
            pair();
            pair("x", "y", Posix.SOCK_STREAM);
            assertEquals("", kevent("b READ ADD"));
            Future<String> waiter = start(() -> kevent(kq, 4, SECOND / 10));
            write("x", 1);
            if (replaced) {
                ok(Posix.dup2(fd("y"), fd("b")));
            } else {
                close("b");
            }
            assertEquals("", get(waiter));
        }
    }

    @Test
    void enableAndThePeersCloseEndAWait() throws Exception {
        pair();
        write("a", 1);
        assertEquals("", kevent("b READ ADD|DISABLE"));
        Future<String> enabled = start(() -> kevent(kq, 4, 5 * SECOND));
        assertEquals("", kevent(kq, 0, 0, "b READ ENABLE"));
        assertEquals("b READ 0 d=1", get(enabled));
        drain("b");
        Future<String> closed = start(() -> kevent(kq, 4, 5 * SECOND));
        close("a");
        assertEquals("b READ EOF", get(closed));
    }

    @Test
    void aDisableTakesTheEventFromAWaitThatIsDue() throws Exception {
        pair();
        for (int i = 0; i < 200; i++) {
            assertEquals("", kevent(kq, 0, 0, "b READ ADD"));
            write("a", 1);
            assertEquals("", kevent("b READ DISABLE"), "round " + i);
            Future<String> waiter = start(() -> kevent(kq, 4, 1_000_000));
            assertEquals("", get(waiter));
            assertEquals("", kevent("b READ DELETE"));
            drain("b");
        }
    }

    @Test
    void twoWaitersWithRoomForOneGetOneEdgeEach() throws Exception {
        pair();
        pair("x", "y", Posix.SOCK_STREAM);
        assertEquals("", kevent("b READ ADD|CLEAR", "y READ ADD|CLEAR"));
        Future<String> one = start(() -> kevent(kq, 1, 5 * SECOND));
        Future<String> two = start(() -> kevent(kq, 1, 5 * SECOND));
        write("a", 1);
        write("x", 1);
        assertEquals(Set.of("b READ CLEAR d=1", "y READ CLEAR d=1"), Set.of(get(one), get(two)));
    }

    @Test
    void bothWaitersGetALevelUserEventAndOneAnEdge() throws Exception {
        needs(Filter.EVFILT_USER);
        freebsdRule();
        assertEquals("", kevent("1 USER ADD"));
        Future<String> one = start(() -> kevent(kq, 4, 5 * SECOND));
        Future<String> two = start(() -> kevent(kq, 4, 5 * SECOND));
        assertEquals("", kevent(kq, 0, 0, "1 USER 0 f=TRIGGER"));
        assertEquals("1 USER 0", get(one));
        assertEquals("1 USER 0", get(two));
        assertEquals("", kevent("1 USER DELETE", "1 USER ADD|CLEAR"));
        one = start(() -> kevent(kq, 4, SECOND / 10));
        two = start(() -> kevent(kq, 4, SECOND / 10));
        assertEquals("", kevent(kq, 0, 0, "1 USER 0 f=TRIGGER"));
        assertEquals("1 USER CLEAR", get(one) + get(two));
    }

    @Test
    void closingEndsTheWaitOfOne() throws Exception {
        for (long timeout : new long[] {Kqueue.FOREVER, 20 * SECOND}) {
            Kqueue own = subject.open();
            Future<Integer> waiter = start(() -> own.kevent(null, own.newEventList(4), timeout));
            own.close();
            ExecutionException e = assertThrows(ExecutionException.class, () -> get(waiter));
            assertTrue(e.getCause() instanceof ClosedKqueueException, e::toString);
        }
    }
}
