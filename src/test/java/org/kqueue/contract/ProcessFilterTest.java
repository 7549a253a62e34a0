package org.kqueue.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.kqueue.ChangeList;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.Kqueue;
import org.kqueue.Note;

/** EVFILT_PROC with NOTE_EXIT. */
class ProcessFilterTest extends Contract {

    private String exit;
    private String event;

    @BeforeEach
    void needsProcesses() {
        needs(Filter.EVFILT_PROC);
        boolean asked = kq.layout().has(Note.NOTE_EXITSTATUS);
        exit = asked ? "EXIT|EXITSTATUS" : "EXIT";
        // The kernel of macOS shows the note that was asked for; the embedded kqueue does not.
        int status = asked && !subject.isEmbedded() ? kq.layout().number(Note.NOTE_EXITSTATUS) : 0;
        event = " PROC ONESHOT|CLEAR|EOF f=" + Integer.toHexString(kq.layout().number(Note.NOTE_EXIT) | status);
    }

    private static Process start(String script) throws Exception {
        return new ProcessBuilder("sh", "-c", script).start();
    }

    /** Ends a shell that waits for a line. */
    private static void release(Process process) throws Exception {
        process.getOutputStream().close();
    }

    @Test
    void reportsTheExitOnceWithTheStatus() throws Exception {
        Process process = start("read x; exit 7");
        long pid = process.pid();
        assertEquals("", kevent(pid + " PROC ADD f=" + exit + " u=7"));
        release(process);
        assertEquals(pid + event + " d=1792 u=7", await());
        assertEquals("", poll());
        assertEquals(pid + " PROC ERROR ENOENT", kevent(pid + " PROC DELETE"));
    }

    @Test
    void aKilledProcessShowsItsSignal() throws Exception {
        Process process = start("exec sleep 60");
        long pid = process.pid();
        assertEquals("", kevent(pid + " PROC ADD f=" + exit));
        process.destroyForcibly();
        assertEquals(pid + event + " d=9", await());
    }

    @Test
    void everyKqueueHearsOfIt() throws Exception {
        Kqueue other = another();
        Process process = start("read x; exit 3");
        long pid = process.pid();
        assertEquals("", kevent(pid + " PROC ADD f=" + exit + " u=1"));
        assertEquals("", kevent(other, 4, 0, pid + " PROC ADD f=" + exit + " u=2"));
        release(process);
        assertEquals(pid + event + " d=768 u=2", kevent(other, 4, 5_000_000_000L));
        assertEquals(pid + event + " d=768 u=1", await());
    }

    @Test
    void thereMustBeSuchAProcess() throws Exception {
        Process process = start("exit 0");
        assertTrue(process.waitFor(10, TimeUnit.SECONDS));
        assertEquals(process.pid() + " PROC ERROR ESRCH u=1", kevent(process.pid() + " PROC ADD f=" + exit + " u=1"));
        assertEquals("-1 PROC ERROR ESRCH", kevent("-1 PROC ADD f=" + exit));
        assertEquals("ESRCH", kevent(kq, 0, 0, "99999999 PROC ADD f=" + exit));
        freebsdRule();
        assertEquals("", kevent("0 PROC ADD f=" + exit, "1 PROC ADD f=" + exit));
    }

    @Test
    void disabledItIsKeptForEnable() throws Exception {
        Process process = start("read x; exit 6");
        long pid = process.pid();
        assertEquals("", kevent(pid + " PROC ADD|DISABLE f=" + exit + " u=7"));
        release(process);
        assertTrue(process.waitFor(10, TimeUnit.SECONDS));
        assertEquals("", kevent(kq, 4, 20_000_000));
        assertEquals(pid + event + " d=1536 u=8", kevent(pid + " PROC ENABLE f=" + exit + " u=8"));
    }

    @Test
    void theLastChangesMaskCounts() throws Exception {
        freebsdRule();
        Process process = start("read x; exit 6");
        long pid = process.pid();
        assertEquals("", kevent(pid + " PROC ADD f=" + exit));
        assertEquals("", kevent(pid + " PROC ENABLE"));
        release(process);
        assertTrue(process.waitFor(10, TimeUnit.SECONDS));
        assertEquals("", kevent(kq, 4, 50_000_000));
        assertEquals(pid + " PROC ERROR ENOENT", kevent(pid + " PROC DELETE"), "gone without a word");
    }

    @Test
    void notesThatAreNotServedAreRefused() {
        freebsdRule();
        assertEquals("1 PROC ERROR EINVAL", kevent("1 PROC ADD f=FORK"));
        assertEquals("1 PROC ERROR EINVAL", kevent("1 PROC ADD f=EXIT|EXEC"));
    }

    @Test
    void manyChildrenAreReportedOnceEach() throws Exception {
        int count = 100;
        List<Process> processes = new ArrayList<>();
        ChangeList changes = kq.newChangeList(count);
        Set<Long> expected = new HashSet<>();
        for (int i = 0; i < count; i++) {
            Process process = start("read x; exit 1");
            processes.add(process);
            expected.add(process.pid());
            changes.add(process.pid(), Filter.EVFILT_PROC, 1, kq.layout().number(Note.NOTE_EXIT), 0, 0);
        }
        assertEquals(0, kq.kevent(changes, null, 0));
        for (Process process : processes) {
            release(process);
        }
        EventList events = kq.newEventList(4);
        while (!expected.isEmpty()) {
            int n = kq.kevent(null, events, 5_000_000_000L);
            assertTrue(n > 0, "missing " + expected);
            for (int i = 0; i < n; i++) {
                assertTrue(expected.remove(events.ident(i)));
            }
        }
        assertEquals("", poll());
    }

    /** A child that nobody waits for but the test. The JVM waits for its own by their numbers. */
    private static int spawn(String script) {
        int[] pid = new int[1];
        String[] argv = {"sh", "-c", script, null};
        ok(-Posix.posix_spawn(pid, "/bin/sh", null, null, argv, new String[] {null}));
        return pid[0];
    }

    private static void reap(int pid) {
        assertEquals(pid, Posix.waitpid(pid, new int[1], 0));
    }

    /** Waits until a child has exited, and leaves it a zombie. */
    private static void awaitZombie(int pid) {
        assumeTrue(Posix.LINUX, "waitid is called with Linux's numbers");
        int exitedAndNotTaken = 0x1000004;
        ok(Posix.waitid(1, pid, new byte[128], exitedAndNotTaken));
    }

    @Test
    void aZombiesExitIsInTheSameCall() {
        int pid = spawn("exit 5");
        awaitZombie(pid);
        assertEquals(pid + event + " d=1280 u=2", kevent(pid + " PROC ADD f=" + exit + " u=2"));
        assertEquals(pid + " PROC ERROR ENOENT", kevent(pid + " PROC DELETE"));
        reap(pid);
        assertEquals(pid + " PROC ERROR ESRCH", kevent(pid + " PROC ADD f=" + exit));
    }

    @Test
    void reapedBeforeItIsCollectedItIsStillReported() {
        int pid = spawn("exit 4");
        assertEquals("", kevent(kq, 0, 0, pid + " PROC ADD f=" + exit));
        reap(pid);
        assertEquals(pid + event + " d=1024", await());
    }

    @Test
    void withoutANoteItIsGoneWithoutAWord() {
        freebsdRule();
        int pid = spawn("exec sleep 0.05");
        assertEquals("", kevent(pid + " PROC ADD"));
        reap(pid);
        assertEquals("", kevent(kq, 4, 20_000_000));
        assertEquals(pid + " PROC ERROR ENOENT", kevent(pid + " PROC DELETE"));
    }

    @Test
    void addedTwiceItIsOneEventWithTheSecondUdata() throws Exception {
        Process process = start("read x; exit 2");
        long pid = process.pid();
        assertEquals("", kevent(pid + " PROC ADD f=" + exit + " u=1", pid + " PROC ADD f=" + exit + " u=2"));
        release(process);
        assertEquals(pid + event + " d=512 u=2", await());
        assertEquals("", poll());
    }

    @Test
    void interestIsAddedByAModify() throws Exception {
        freebsdRule();
        Process process = start("read x; exit 2");
        long pid = process.pid();
        assertEquals("", kevent(pid + " PROC ADD"));
        assertEquals("", kevent(pid + " PROC ADD f=" + exit + " u=3"));
        release(process);
        assertEquals(pid + event + " d=512 u=3", await());
    }
}
