package org.kqueue.bsd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.jna.Library;
import com.sun.jna.Native;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.kqueue.ChangeList;
import org.kqueue.Errno;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.KeventFlags;
import org.kqueue.Kqueue;
import org.kqueue.Note;

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
    void theAnswerToAChangeEndsTheWait() throws IOException {
        EventList events = kq.newEventList(4);
        assertEquals(1, kq.kevent(kq.newChangeList(1).add(-1, Filter.EVFILT_READ, ADD, 5), events, Kqueue.FOREVER));
        assertTrue(events.isChangeResult(0));
        assertEquals(Errno.ENOENT, events.errno(0), "where a kernel says EBADF");
        assertEquals(5, events.udata(0));
        assertEquals(1, model.control.model_calls());
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
    void answersAndEventsComeTogether() throws IOException {
        EventList events = kq.newEventList(4);
        ChangeList changes = kq.newChangeList(2)
                .add(one[1], Filter.EVFILT_WRITE, ADD, 1)
                .add(one[0], Filter.EVFILT_READ, ADD | KeventFlags.EV_DISPATCH | KeventFlags.EV_ONESHOT, 2);
        assertEquals(2, kq.kevent(changes, events, Kqueue.FOREVER));
        assertTrue(events.isChangeResult(0), "with the flags of the change beside EV_ERROR");
        assertEquals(Errno.EINVAL, events.errno(0));
        assertEquals(2, events.udata(0));
        assertTrue(!events.isChangeResult(1));
        assertEquals(Filter.EVFILT_WRITE, events.filter(1));
        assertEquals(1, events.udata(1));
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
