package org.kqueue.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.kqueue.ChangeList;
import org.kqueue.ClosedKqueueException;
import org.kqueue.Event;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.KeventException;
import org.kqueue.KeventFlags;
import org.kqueue.Kqueue;
import org.kqueue.Note;
import org.kqueue.Subscription;

/** What a program gets for what it should not have asked. */
class BadInputTest extends Contract {

    /** A failure that names call, descriptor, errno and kevent. */
    private void refused(String errno, String kevent, Executable call) {
        KeventException e = assertThrows(KeventException.class, call);
        assertEquals(errno, e.errnoName(), e::getMessage);
        assertEquals("kevent", e.call());
        String expected = "kevent(kqfd=" + kq.fd() + "): " + errno + " (" + e.errno() + "): " + kevent;
        assertTrue(e.getMessage().startsWith(expected), e.getMessage() + " is not " + expected);
    }

    @Test
    void aDescriptorThatIsNotOpen() {
        int bad = badFd();
        refused("EBADF", "EVFILT_READ ident=" + bad + " EV_ADD", () -> kq.add(Filter.read(bad)));
        refused("EBADF", "EVFILT_WRITE ident=" + bad + " EV_ADD", () -> kq.add(Filter.write(bad)));
        refused("EBADF", "EVFILT_READ ident=-1 EV_ADD", () -> kq.add(Filter.read(-1)));
        needs(Filter.EVFILT_VNODE);
        refused("EBADF", "EVFILT_VNODE ident=" + bad + " EV_ADD fflags=NOTE_WRITE",
                () -> kq.add(Filter.vnode(bad, Note.NOTE_WRITE)));
    }

    @Test
    void aFilterThatDoesNotFitTheObject(@TempDir Path directory) throws IOException {
        freebsdRule();
        pair();
        Kqueue other = another();
        open("null", Path.of("/dev/null"), Posix.O_RDONLY);
        refused("EINVAL", "EVFILT_VNODE ident=" + fd("a") + " EV_ADD fflags=NOTE_WRITE",
                () -> kq.add(Filter.vnode(fd("a"), Note.NOTE_WRITE)));
        refused("EINVAL", "EVFILT_WRITE ident=" + other.fd() + " EV_ADD", () -> kq.add(Filter.write(other.fd())));
        refused("ENODEV", "EVFILT_READ ident=" + fd("null") + " EV_ADD", () -> kq.add(Filter.read(fd("null"))));
    }

    @Test
    void aRegistrationThatIsNotThere() {
        pair();
        refused("ENOENT", "EVFILT_READ ident=" + fd("a") + " EV_DELETE", () -> kq.delete(Filter.read(fd("a"))));
        refused("ENOENT", "EVFILT_READ ident=" + fd("a") + " EV_ENABLE", () -> kq.enable(Filter.read(fd("a"))));
        refused("ENOENT", "EVFILT_READ ident=" + fd("a") + " EV_DISABLE", () -> kq.disable(Filter.read(fd("a"))));
        needs(Filter.EVFILT_USER);
        refused("ENOENT", "EVFILT_USER ident=5 0 fflags=NOTE_TRIGGER", () -> kq.trigger(Filter.user(5)));
    }

    @Test
    void theFirstOfSeveralThatFailsIsNamedAndThoseBeforeItStay() {
        pair();
        int bad = badFd();
        refused("EBADF", "EVFILT_READ ident=" + bad, () -> kq.add(Filter.write(fd("a")).udata(4), Filter.read(bad)));
        assertEquals("a WRITE 0 u=4", poll());
        ChangeList changes = kq.newChangeList(2).add(bad, Filter.EVFILT_READ, KeventFlags.EV_ADD, 0)
                .add(fd("a"), Filter.EVFILT_READ, KeventFlags.EV_ADD, 0);
        refused("EBADF", "one of 2 changes, the first being EVFILT_READ ident=" + bad,
                () -> kq.kevent(changes, null, 0));
    }

    @Test
    void aProcessThatDoesNotExist() {
        needs(Filter.EVFILT_PROC);
        refused("ESRCH", "EVFILT_PROC ident=99999999 EV_ADD fflags=NOTE_EXIT", () -> kq.add(Filter.exit(99_999_999)));
        refused("ESRCH", "EVFILT_PROC ident=-1 EV_ADD fflags=NOTE_EXIT", () -> kq.add(Filter.exit(-1)));
        freebsdRule();
        refused("ESRCH", "EVFILT_PROC ident=4294967297 EV_ADD fflags=NOTE_EXIT",
                () -> kq.add(Filter.exit(0x1_0000_0001L)));
    }

    @Test
    void aSignalThatDoesNotExist() throws IOException {
        needs(Filter.EVFILT_SIGNAL);
        freebsdRule();
        if (kq.layout().takesAnySignal()) {
            // As measured there: any number is accepted.
            kq.add(Filter.signal(200), Filter.signal(0), Filter.signal(-1));
        } else {
            refused("EINVAL", "EVFILT_SIGNAL ident=200 EV_ADD", () -> kq.add(Filter.signal(200)));
            refused("EINVAL", "EVFILT_SIGNAL ident=0 EV_ADD", () -> kq.add(Filter.signal(0)));
            refused("EINVAL", "EVFILT_SIGNAL ident=-1 EV_ADD", () -> kq.add(Filter.signal(-1)));
        }
        refused("EINVAL", "EVFILT_SIGNAL ident=11 EV_ADD", () -> kq.add(Filter.signal(11)));
    }

    @Test
    void aTimerThatGoesBack() {
        needs(Filter.EVFILT_TIMER);
        assertThrows(IllegalArgumentException.class, () -> kq.add(Filter.timer(1, Duration.ofNanos(-1))));
        freebsdRule();
        ChangeList back = kq.newChangeList(1).add(1, Filter.EVFILT_TIMER, KeventFlags.EV_ADD, 0, -1, 0);
        refused("EINVAL", "EVFILT_TIMER ident=1 EV_ADD", () -> kq.kevent(back, null, 0));
    }

    @Test
    void countsAndTimeouts() throws IOException {
        assertThrows(IllegalArgumentException.class, () -> kq.newChangeList(-1));
        assertThrows(IllegalArgumentException.class, () -> kq.newEventList(-1));
        EventList events = kq.newEventList(1);
        assertThrows(IllegalArgumentException.class, () -> events.resize(-1));
        assertEquals(0, kq.kevent(null, events, 0));
        refused("EINVAL", "timeout of -1 ns", () -> kq.kevent(null, events, -1));
        refused("EINVAL", "timeout", () -> kq.kevent(null, events, Duration.ofSeconds(-1)));
        assertThrows(IndexOutOfBoundsException.class, () -> events.event(0));
        assertThrows(IndexOutOfBoundsException.class, () -> events.udata(-1));
    }

    @Test
    void nothingAtAll() throws IOException {
        assertEquals(0, kq.kevent(null, null, 0));
        kq.add();
        assertThrows(NullPointerException.class, () -> kq.add((Subscription) null));
        assertThrows(NullPointerException.class, () -> kq.add((Subscription[]) null));
        assertThrows(NullPointerException.class, () -> kq.trigger(null));
        assertThrows(NullPointerException.class, () -> kq.supports((Filter) null));
        assertThrows(NullPointerException.class, () -> kq.supports((Note) null));
        assertThrows(NullPointerException.class, () -> kq.newChangeList(1).add(1, null, KeventFlags.EV_ADD, 0));
        assertThrows(NullPointerException.class, () -> Filter.vnode(1, (Note) null));
        assertThrows(NullPointerException.class, () -> Filter.timer(1, null));
        assertThrows(NullPointerException.class, () -> Filter.timerAt(1, null));
        assertThrows(NullPointerException.class, () -> Kqueue.open(null));
    }

    /** Each call by itself: whichever thread gets it, nothing of the number that was freed is touched. */
    @Test
    void useAfterClose() throws IOException {
        ChangeList change = kq.newChangeList(1).add(0, Filter.EVFILT_READ, KeventFlags.EV_ADD, 0);
        EventList events = kq.newEventList(1);
        kq.close();
        kq.close();
        assertThrows(ClosedKqueueException.class, () -> kq.kevent(null, null, 0));
        assertThrows(ClosedKqueueException.class, () -> kq.kevent(change, null, 0));
        assertThrows(ClosedKqueueException.class, () -> kq.kevent(null, events, Kqueue.FOREVER));
        assertThrows(ClosedKqueueException.class, () -> kq.add(Filter.read(0)));
        assertThrows(ClosedKqueueException.class, () -> kq.delete(Filter.read(0)));
        assertThrows(ClosedKqueueException.class, () -> kq.newWakeup(1).signal());
        kq = null;
    }

    @Test
    void aNumberThatIsNoKqueueAnyMore() throws IOException {
        freebsdRule();
        pair();
        int number = kq.fd();
        int kept = ok(Posix.dup(number));
        try {
            ok(Posix.dup2(fd("a"), number));
            assertEquals("EBADF", poll());
        } finally {
            ok(Posix.dup2(kept, number));
            Posix.close(kept);
        }
        assertEquals("a WRITE 0", kevent("a WRITE ADD"));
    }

    /** What the query says is what an add of a fitting ident meets. */
    @Test
    void supportsTellsWhatHappens(@TempDir Path directory) throws IOException {
        pair();
        open("f", directory.resolve("file"), Posix.O_RDWR | Posix.O_CREAT);
        for (Filter filter : Filter.values()) {
            if (!kq.layout().has(filter)) {
                assertTrue(!kq.supports(filter), filter::name);
                UnsupportedOperationException e = assertThrows(UnsupportedOperationException.class,
                        () -> kq.newChangeList(1).add(1, filter, KeventFlags.EV_ADD, 0));
                assertEquals(filter + " does not exist in the " + kq.layout().name() + " ABI", e.getMessage());
                continue;
            }
            long ident = switch (filter) {
                case EVFILT_PROC -> ProcessHandle.current().pid();
                case EVFILT_SIGNAL -> 28;
                case EVFILT_VNODE -> fd("f");
                default -> fd("a");
            };
            int fflags = filter == Filter.EVFILT_PROC ? kq.layout().number(Note.NOTE_EXIT) : 0;
            ChangeList add = kq.newChangeList(1).add(ident, filter, KeventFlags.EV_ADD, fflags, 10_000, 0);
            if (kq.supports(filter)) {
                assertEquals(0, kq.kevent(add, null, 0), filter::name);
            } else if (subject.isEmbedded()) {
                refused("EINVAL", filter + " ident=" + ident, () -> kq.kevent(add, null, 0));
            } else {
                // FreeBSD has EPERM for AIO, whose knotes other system calls make.
                assertThrows(KeventException.class, () -> kq.kevent(add, null, 0), filter::name);
            }
        }
    }

    @Test
    void whatTheSystemLacksIsNamed() throws IOException {
        if (!kq.supports(Filter.EVFILT_USER)) {
            unsupported("EVFILT_USER", () -> kq.add(Filter.user(1)));
        }
        if (kq.layout().has(Note.NOTE_ABSTIME)) {
            kq.add(Filter.timerAt(1, Instant.now().plusSeconds(100)));
        } else {
            UnsupportedOperationException e = assertThrows(UnsupportedOperationException.class,
                    () -> kq.add(Filter.timerAt(1, Instant.now())));
            assertTrue(e.getMessage().contains(kq.layout().name()), e::getMessage);
        }
    }

    @Test
    void everyNoteIsServedOrRefused(@TempDir Path directory) throws IOException {
        needs(Filter.EVFILT_VNODE);
        freebsdRule();
        open("f", directory.resolve("file"), Posix.O_RDWR | Posix.O_CREAT);
        for (Note note : Note.values()) {
            Subscription subscription;
            if (note.belongsTo(Filter.EVFILT_VNODE)) {
                subscription = Filter.vnode(fd("f"), note);
            } else if (note.belongsTo(Filter.EVFILT_PROC)) {
                subscription = Filter.process(ProcessHandle.current().pid(), note);
            } else {
                continue;
            }
            if (kq.supports(note)) {
                kq.add(subscription);
            } else if (note != Note.NOTE_EXITSTATUS) {
                unsupported(note.name(), () -> kq.add(subscription));
            }
        }
        assertTrue(!kq.supports(Note.NOTE_OOB));
        if (kq.layout().has(Note.NOTE_OOB)) {
            assertEquals("f READ ERROR EINVAL", kevent("f READ ADD f=OOB"));
        }
    }

    private void unsupported(String what, Executable call) {
        UnsupportedOperationException e = assertThrows(UnsupportedOperationException.class, call);
        String message = e.getMessage();
        assertTrue(message.equals(what + " does not work on " + kq)
                || message.equals(what + " does not exist in the " + kq.layout().name() + " ABI"), message);
    }

    @Test
    void anEntryOfAFailedChangePrintsItself() throws IOException {
        int bad = badFd();
        EventList events = kq.newEventList(1);
        ChangeList add = kq.newChangeList(1).add(bad, Filter.EVFILT_READ, KeventFlags.EV_ADD, 7);
        assertEquals(1, kq.kevent(add, events, 0));
        Event entry = events.event(0);
        assertTrue(entry.isChangeResult());
        assertEquals("EBADF", entry.errorName());
        // MacOS shows the change's own flags too.
        String flags = (entry.flags() & KeventFlags.EV_ADD) != 0 && !subject.isEmbedded() ? "EV_ADD|" : "";
        assertEquals("EVFILT_READ ident=" + bad + " " + flags + "EV_ERROR data=EBADF udata=0x7", entry.toString());
        assertEquals(9, events.errno(0));
    }
}
