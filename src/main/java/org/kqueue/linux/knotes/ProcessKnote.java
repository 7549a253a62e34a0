package org.kqueue.linux.knotes;

import org.kqueue.Errno;
import org.kqueue.KeventFlags;
import org.kqueue.Note;
import org.kqueue.linux.changes.Change;
import org.kqueue.linux.epoll.EpollCalls;

/**
 * EVFILT_PROC with NOTE_EXIT, by a pidfd. The exit status is read without taking it from the parent: {@code waitid}
 * with WNOWAIT while a child of this process is not yet waited for, and of one that was (the JVM waits for its children
 * at once, from a thread of its own) by PIDFD_GET_INFO, Linux 6.15. Where neither tells, {@code data} is 0. Guarded by
 * the kqueue's lock.
 */
final class ProcessKnote extends Knote implements Sources.Source {

    /** siginfo_t after waitid: si_pid, si_status and si_code. */
    private static final int SI_CODE = 8;
    private static final int SI_PID = 16;
    private static final int SI_STATUS = 24;
    private static final int CLD_EXITED = 1;
    private static final long PIDFD_INFO_PID = 1;
    private static final long PIDFD_INFO_EXIT = 8;
    private static final int PIDFD_EXIT_CODE = 60;
    private static final int PIDFD_PPID = 24;
    private static final int SELF = (int) ProcessHandle.current().pid();
    private static final int NOT_YET = -1;
    private static final int UNKNOWN = -2;
    /** How long to wait for a thread that is about to finish waiting for the child, which is one system call. */
    private static final int REAPING_MILLIS = 1000;
    private static final int CORE_DUMPED = 0x80;
    private static final int CLD_DUMPED = 3;

    private final Knotes knotes;
    private int pidfd = -1;
    private long token;
    private boolean exited;
    /** It exited while its mask lacked NOTE_EXIT: FreeBSD removes such a knote. */
    private boolean unwanted;
    private int status;

    ProcessKnote(Change change, Knotes knotes) {
        super(change);
        this.knotes = knotes;
        flags |= KeventFlags.EV_CLEAR;
    }

    /** EINVAL for pid -1 from a kernel that has the call, 5.3 and later. */
    private static final class Probe {
        static final boolean AVAILABLE = new LinuxCalls().pidfd(-1) == -Errno.EINVAL;
    }

    static boolean isAvailable() {
        return Probe.AVAILABLE;
    }

    @Override
    int attach() {
        if (!isKnown(sfflags)) {
            return Errno.EINVAL;
        }
        if (ident == 0) {
            // The system's own process, which never exits.
            return 0;
        }
        if (ident < 0 || ident > Integer.MAX_VALUE) {
            return Errno.ESRCH;
        }
        int fd = knotes.calls.pidfd((int) ident);
        if (fd < 0) {
            // EINVAL, ENOENT: the number is that of a thread.
            return fd == -Errno.EMFILE || fd == -Errno.ENFILE || fd == -Errno.ENOMEM ? -fd : Errno.ESRCH;
        }
        token = knotes.sources.open(fd, this);
        if (token < 0) {
            return (int) -token;
        }
        pidfd = fd;
        if (hasExited()) {
            // Exited and not yet waited for: the event is in the same call.
            exit();
        }
        return 0;
    }

    private boolean hasExited() {
        return pidfd >= 0 && knotes.calls.poll(pidfd, EpollCalls.EPOLLIN) != 0;
    }

    private boolean isKnown(int fflags) {
        return (fflags & ~(knotes.number(Note.NOTE_EXIT) | knotes.number(Note.NOTE_EXITSTATUS))) == 0;
    }

    @Override
    int touch(Change change) {
        if (!isKnown(change.fflags)) {
            return Errno.EINVAL;
        }
        // Every change replaces the mask: after an ENABLE without NOTE_EXIT the exit is not reported.
        return super.touch(change);
    }

    @Override
    public void ready() {
        if (!exited) {
            exit();
            if (unwanted) {
                knotes.remove(this);
            } else {
                knotes.queue.consider(this);
            }
        }
    }

    private void exit() {
        exited = true;
        unwanted = (sfflags & knotes.number(Note.NOTE_EXIT)) == 0;
        flags |= KeventFlags.EV_ONESHOT;
        status = status();
    }

    private int status() {
        if (knotes.calls.waitStatus(pidfd) && knotes.calls.structInt(SI_PID) != 0) {
            int code = knotes.calls.structInt(SI_STATUS);
            int how = knotes.calls.structInt(SI_CODE);
            return how == CLD_EXITED ? (code & 0xFF) << 8 : code | (how == CLD_DUMPED ? CORE_DUMPED : 0);
        }
        int code = exitInfo();
        if (code == UNKNOWN) {
            return 0;
        }
        if (code == NOT_YET && knotes.calls.poll(pidfd, 0, REAPING_MILLIS) != 0) {
            code = exitInfo();
        }
        return Math.max(0, code);
    }

    /**
     * The wait status of a process that was waited for. {@link #NOT_YET} for a child of this process that waitid no
     * longer knows: a thread is in the middle of waiting for it. {@link #UNKNOWN} for a child of others that is not
     * waited for yet.
     */
    private int exitInfo() {
        int errno = knotes.calls.processInfo(pidfd, PIDFD_INFO_EXIT | PIDFD_INFO_PID);
        if (errno != 0) {
            // ESRCH: just gone. ENOTTY, EINVAL: a kernel before 6.13.
            return errno == Errno.ESRCH ? NOT_YET : UNKNOWN;
        }
        if ((knotes.calls.structLong(0) & PIDFD_INFO_EXIT) != 0) {
            return knotes.calls.structInt(PIDFD_EXIT_CODE);
        }
        return knotes.calls.structInt(PIDFD_PPID) == SELF ? NOT_YET : UNKNOWN;
    }

    @Override
    boolean evaluate() {
        eventFlags = exited ? KeventFlags.EV_EOF : 0;
        eventFflags = exited ? knotes.number(Note.NOTE_EXIT) : 0;
        int asked = knotes.number(Note.NOTE_EXITSTATUS);
        eventData = asked == 0 || (sfflags & asked) != 0 ? status : 0;
        return exited && !unwanted;
    }

    /** Also called before every change: what has happened by then happened under the old mask. */
    @Override
    boolean isGone() {
        if (!exited && hasExited()) {
            exit();
        }
        return unwanted;
    }

    @Override
    void detach() {
        if (pidfd >= 0) {
            knotes.sources.close(pidfd, token);
            pidfd = -1;
        }
    }
}
