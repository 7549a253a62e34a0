package org.kqueue.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kqueue.ChangeList;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.KeventException;
import org.kqueue.KeventFlags;
import org.kqueue.Note;

/**
 * Deletes against deliveries in another thread, filter by filter: a call that begins after the delete has returned
 * never sees the event.
 */
class DeleteRaceTest extends Contract {

    private static final int ROUNDS = 10_000;
    /** Each is a process of its own, which takes its time to start. */
    private static final int PROCESSES = Integer.getInteger("org.kqueue.contract.processes", 100);

    @TempDir
    Path directory;

    private final ExecutorService threads = Executors.newSingleThreadExecutor();
    /** The last round whose delete has returned. */
    private volatile long deleted = -1;
    private volatile boolean over;

    @AfterEach
    void stopThread() throws InterruptedException {
        over = true;
        threads.shutdown();
        assertTrue(threads.awaitTermination(10, TimeUnit.SECONDS));
    }

    /** How the registration of a round is made ready. */
    private interface Round {
        void makeReady(int round) throws Exception;
    }

    private long collect() throws Exception {
        EventList events = kq.newEventList(4);
        long delivered = 0;
        while (!over) {
            long before = deleted;
            int n = kq.kevent(null, events, 10_000_000);
            for (int i = 0; i < n; i++) {
                assertTrue(events.udata(i) > before, before + " was deleted, then came " + events);
                delivered++;
            }
        }
        return delivered;
    }

    private void race(int rounds, Filter filter, long ident, int flags, int fflags, Round ready, Callable<?> after)
            throws Exception {
        Future<Long> collector = threads.submit(this::collect);
        ChangeList add = kq.newChangeList(1);
        ChangeList delete = kq.newChangeList(1).add(ident, filter, KeventFlags.EV_DELETE, 0);
        for (int round = 0; round < rounds && !collector.isDone(); round++) {
            kq.kevent(add.clear().add(ident, filter, KeventFlags.EV_ADD | flags, fflags, 0, round), null, 0);
            ready.makeReady(round);
            if (round % 64 == 0) {
                // Now and then the delivery must win.
                LockSupport.parkNanos(2_000_000);
            }
            try {
                kq.kevent(delete, null, 0);
            } catch (KeventException e) {
                // A one-shot knote that was delivered first.
                assertEquals("ENOENT", e.errnoName());
            }
            deleted = round;
            after.call();
        }
        over = true;
        assertTrue(collector.get(10, TimeUnit.SECONDS) > 0, "nothing was ever delivered, so nothing raced");
        assertEquals("", poll());
    }

    private int number(Note note) {
        return kq.layout().number(note);
    }

    @Test
    void read() throws Exception {
        pair();
        byte[] one = new byte[1];
        int a = fd("a");
        int b = fd("b");
        race(ROUNDS, Filter.EVFILT_READ, b, KeventFlags.EV_CLEAR, 0, round -> Posix.write(a, one, 1),
                () -> Posix.read(b, one, 1));
    }

    @Test
    void write() throws Exception {
        pair();
        race(ROUNDS, Filter.EVFILT_WRITE, fd("a"), KeventFlags.EV_ONESHOT, 0, round -> { }, () -> null);
    }

    @Test
    void user() throws Exception {
        needs(Filter.EVFILT_USER);
        ChangeList trigger = kq.newChangeList(1);
        race(ROUNDS, Filter.EVFILT_USER, 1, KeventFlags.EV_CLEAR, 0, round -> kq.kevent(trigger.clear()
                .add(1, Filter.EVFILT_USER, 0, number(Note.NOTE_TRIGGER), 0, round), null, 0), () -> null);
    }

    @Test
    void timer() throws Exception {
        needs(Filter.EVFILT_TIMER);
        race(ROUNDS, Filter.EVFILT_TIMER, 1, KeventFlags.EV_ONESHOT, 0, round -> { }, () -> null);
    }

    @Test
    void signal() throws Exception {
        needs(Filter.EVFILT_SIGNAL);
        int self = (int) ProcessHandle.current().pid();
        race(ROUNDS, Filter.EVFILT_SIGNAL, Posix.SIGWINCH, 0, 0, round -> Posix.kill(self, Posix.SIGWINCH), () -> null);
    }

    @Test
    void vnode() throws Exception {
        needs(Filter.EVFILT_VNODE);
        open("f", directory.resolve("file"), Posix.O_RDWR | Posix.O_CREAT);
        byte[] one = new byte[1];
        int f = fd("f");
        race(ROUNDS, Filter.EVFILT_VNODE, f, KeventFlags.EV_CLEAR, number(Note.NOTE_WRITE),
                round -> Posix.write(f, one, 1), () -> null);
    }

    @Test
    void process() throws Exception {
        needs(Filter.EVFILT_PROC);
        EventList events = kq.newEventList(4);
        ChangeList change = kq.newChangeList(1);
        for (int round = 0; round < PROCESSES; round++) {
            Process process = new ProcessBuilder("cat").start();
            long pid = process.pid();
            kq.kevent(change.clear().add(pid, Filter.EVFILT_PROC, KeventFlags.EV_ADD, number(Note.NOTE_EXIT), 0, round),
                    null, 0);
            Future<Integer> waiter = threads.submit(() -> kq.kevent(null, kq.newEventList(4), 1_000_000));
            process.getOutputStream().close();
            try {
                kq.kevent(change.clear().add(pid, Filter.EVFILT_PROC, KeventFlags.EV_DELETE, 0), null, 0);
            } catch (KeventException e) {
                assertEquals("ENOENT", e.errnoName());
            }
            assertTrue(process.waitFor(10, TimeUnit.SECONDS));
            waiter.get(10, TimeUnit.SECONDS);
            assertEquals(0, kq.kevent(null, events, 0));
        }
    }
}
