package org.kqueue.linux.readiness;

import java.io.IOException;
import org.kqueue.ChangeList;
import org.kqueue.Errno;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.KeventException;
import org.kqueue.KeventFlags;
import org.kqueue.KeventLayout;
import org.kqueue.Kqueue;
import org.kqueue.Wakeup;
import org.kqueue.linux.changes.Changes;
import org.kqueue.linux.epoll.EpollCalls;
import org.kqueue.linux.epoll.EpollInstance;
import org.kqueue.linux.epoll.EventArray;
import org.kqueue.linux.epoll.JnaCalls;
import org.kqueue.linux.epoll.LentCalls;

/**
 * A kqueue over epoll for selectors: READ and WRITE, level triggered or with EV_DISPATCH, whose events say readiness
 * only and cost no system call. {@link ReadinessKnotes} are its knotes.
 *
 * <p>It takes one call at a time, as {@link org.kqueue.KqueueConfig.Detail#READINESS} says, and needs no lock. Any
 * thread may signal its wakeup. It must be closed: otherwise it leaks its descriptors, as a selector of the JDK does.
 */
public final class ReadinessKqueue extends Kqueue {

    /** How often a scan asks epoll while its events make no kevent. */
    private static final int MOST_ROUNDS = 8;

    private final EpollInstance epoll;
    private final EventArray array;
    private final ReadinessKnotes knotes;
    private final Changes changes;
    private ReadinessWakeup wakeup;
    /** Whether a call is under way. */
    private boolean calling;

    private ReadinessKqueue(KeventLayout layout, EpollCalls calls, EpollInstance epoll) {
        super(layout);
        this.epoll = epoll;
        array = new EventArray(calls);
        knotes = new ReadinessKnotes(epoll, layout);
        changes = new Changes(layout, knotes);
    }

    /**
     * Opens a kqueue. It makes its calls through {@link LentCalls}, or through JNA where none are lent.
     *
     * @param layout the ABI
     * @return a new kqueue
     * @throws IOException if the system refuses
     */
    public static Kqueue open(KeventLayout layout) throws IOException {
        EpollCalls lent = LentCalls.get();
        EpollCalls calls = lent != null ? lent : new JnaCalls();
        return new ReadinessKqueue(layout, calls, EpollInstance.open(calls, EpollCalls.EPOLLIN | EpollCalls.EPOLLET));
    }

    @Override
    public int fd() {
        return epoll.epfd();
    }

    @Override
    public boolean supports(Filter filter) {
        return filter == Filter.EVFILT_READ || filter == Filter.EVFILT_WRITE;
    }

    @Override
    public String toString() {
        return "embedded (epoll), " + layout() + " ABI";
    }

    @Override
    public boolean dispatches() {
        return true;
    }

    @Override
    public boolean forget(long ident) throws IOException {
        int errno = knotes.forget(ident);
        // ENOENT, EBADF: the descriptor was closed before.
        if (errno != 0 && errno != Errno.ENOENT && errno != Errno.EBADF) {
            throw new KeventException("epoll_ctl", fd(), errno, Errno.name(errno, Errno.Numbering.LINUX),
                    "EPOLL_CTL_DEL of fd " + ident);
        }
        return true;
    }

    @Override
    protected boolean isConfined() {
        return true;
    }

    @Override
    protected int call(ChangeList changeList, EventList events, long timeoutNanos) {
        // Not atomic: it finds the mistake unless two calls begin in the same instant.
        if (calling) {
            throw new IllegalStateException("another call is under way; a kqueue for readiness takes one at a time");
        }
        calling = true;
        try {
            if (events != null) {
                events.prepare(0);
            }
            int done = changes.apply(changeList, events);
            return done != Changes.GO_ON ? done : events == null || events.capacity() == 0 ? 0
                    : scan(events, timeoutNanos);
        } finally {
            calling = false;
        }
    }

    private int scan(EventList events, long timeoutNanos) {
        int asked = knotes.ask(events.capacity());
        array.reserve(asked);
        for (int round = 0; round < MOST_ROUNDS; round++) {
            int n = epoll.await(array, asked, round == 0 ? timeoutNanos : 0);
            if (n < 0) {
                return -changes.bsdErrno(-n);
            }
            for (int i = 0; i < n; i++) {
                int fd = array.fd(i);
                if (fd == epoll.eventfd()) {
                    deliverWakeup(events);
                } else {
                    knotes.deliver(fd, array.events(i), events);
                }
            }
            if (events.size() > 0 || n < asked) {
                break;
            }
            // None was an event of kqueue, and epoll may have more.
        }
        return events.size();
    }

    private void deliverWakeup(EventList events) {
        if (wakeup != null && wakeup.signalled) {
            wakeup.signalled = false;
            events.append(-1, wakeup.filter, KeventFlags.EV_CLEAR, 0, 0, wakeup.udata);
        }
    }

    @Override
    public Wakeup newWakeup(long udata) {
        if (wakeup != null) {
            throw new IllegalStateException("a kqueue for readiness has one wakeup at a time");
        }
        wakeup = new ReadinessWakeup(udata);
        return wakeup;
    }

    /** Its event looks like that of a user knote with EV_CLEAR. */
    private final class ReadinessWakeup implements Wakeup {

        private final long udata;
        private final int filter = layout().has(Filter.EVFILT_USER) ? layout().number(Filter.EVFILT_USER) : 0;
        private volatile boolean signalled;

        ReadinessWakeup(long udata) {
            this.udata = udata;
        }

        @Override
        public void signal() throws IOException {
            signalled = true;
            epoll.wake();
        }

        @Override
        public void acknowledge() {
            // The delivery has reset it.
        }

        @Override
        public void close() {
            wakeup = null;
        }
    }

    @Override
    protected void interruptCalls() throws IOException {
        // The superclass repeats this until no call is under way.
        epoll.wake();
    }

    @Override
    protected void release() throws IOException {
        epoll.close();
    }
}
