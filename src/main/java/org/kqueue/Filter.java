package org.kqueue;

import java.time.Duration;
import java.time.Instant;
import java.util.Objects;

/**
 * What a knote watches: the {@code EVFILT_} constants of all systems, by name. Numbers differ from system to system
 * ({@code EVFILT_READ} is -1 on most and 0 on NetBSD) and are asked of the {@link KeventLayout}.
 *
 * <p>The static methods make {@link Subscription}s for the filters that every system has. Each says what a kevent of
 * its filter means, field by field:
 * <ul>
 * <li><b>ident</b>: what it is about;
 * <li><b>data in</b>, <b>fflags in</b>: what a change gives. Every change gives both anew, and the udata, on OpenBSD
 *     only an {@code EV_ADD} and one of a user event, unless the filter says otherwise;
 * <li><b>data out</b>, <b>fflags out</b>, <b>flags out</b>: what an event brings. Each event shows in its flags the
 *     {@code EV_ONESHOT}, {@code EV_CLEAR}, {@code EV_DISPATCH} and {@code EV_RECEIPT} of its knote; {@code fflags} and
 *     {@code data} that are not mentioned are 0;
 * <li><b>errors</b>: what a change is refused with, beside {@code EINVAL} for a filter that the kernel does not know
 *     and {@code ENOENT} for a change other than {@code EV_ADD} of a knote that is not there;
 * <li><b>differences</b>: what systems do otherwise. The main text is FreeBSD's.
 * </ul>
 *
 * <p>Source of the rules: {@code kqueue(2)} of the systems, the kernels' sources, and, for FreeBSD 12.3 and NetBSD 7,
 * what {@code kevent} of a running kernel answered. The embedded kqueue does as FreeBSD 12.3 did; its own differences
 * are on the page of differences from FreeBSD.
 */
public enum Filter {
    /** Descriptor readable; {@code data} is the number of bytes, or of waiting connections on a listener. */
    EVFILT_READ,
    /** Descriptor writable; {@code data} is the free space in bytes. */
    EVFILT_WRITE,
    /** An asynchronous I/O request has ended. Set up by {@code aio_read(2)} and the like, not by a change. */
    EVFILT_AIO,
    /** A file was written, extended, renamed, removed, ... */
    EVFILT_VNODE,
    /** A process exited, forked or called exec; ident is the pid, {@code data} the wait status. */
    EVFILT_PROC,
    /** A process exited; ident is its process descriptor, of {@code pdfork(2)} (FreeBSD). */
    EVFILT_PROCDESC,
    /** A signal was delivered to this process; ident is its number, {@code data} the count since the last event. */
    EVFILT_SIGNAL,
    /** A timer expired; ident is free, {@code data} the number of expirations. */
    EVFILT_TIMER,
    /** An event published by the program itself; ident is free. */
    EVFILT_USER,
    /** A file system was mounted, unmounted, ... */
    EVFILT_FS,
    /** A list of asynchronous I/O requests has ended (FreeBSD). */
    EVFILT_LIO,
    /** A {@code sendfile} buffer was filled (FreeBSD). */
    EVFILT_SENDFILE,
    /** All that was written to a socket has been sent (FreeBSD, NetBSD 11). */
    EVFILT_EMPTY,
    /** Exceptional condition, such as out-of-band data (macOS, OpenBSD, DragonFly). */
    EVFILT_EXCEPT,
    /** A device changed (OpenBSD). */
    EVFILT_DEVICE,
    /** A Mach port received a message (macOS). */
    EVFILT_MACHPORT,
    /** Memory pressure (macOS). */
    EVFILT_VM;

    /** The constants, in ordinal order, without the copy that {@code values()} makes. */
    static final Filter[] ALL = values();

    /**
     * A descriptor becomes readable.
     * <ul>
     * <li><b>ident</b>: a socket, pipe, terminal, regular file, directory or kqueue.
     * <li><b>fflags in</b>: {@link Note#NOTE_LOWAT} with the mark as <b>data in</b> ({@link
     *     Subscription#lowWaterMark}): ready from that many bytes on instead of from the socket's own mark. An end of
     *     file or an error is reported below it. {@link Note#NOTE_FILE_POLL} (FreeBSD): a regular file is always ready.
     * <li><b>data out</b>: the bytes there are to read; of a listening socket the connections that wait to be accepted;
     *     of a file the distance from its offset to its end, negative beyond it, and no event at the end itself; of a
     *     kqueue the events that are queued. A datagram without content is an event with data 0.
     * <li><b>flags out</b>: {@code EV_EOF} when the peer has shut down its side for writing or this side was shut down
     *     for reading, and on a pipe when the last writer is gone. {@code data} bytes are still there to read. An error
     *     without an end, such as a port that is unreachable on UDP, makes ready without {@code EV_EOF}.
     * <li><b>fflags out</b>: beside {@code EV_EOF} the socket's error, such as {@code ECONNRESET}. To report it does
     *     not take it: a read, or SO_ERROR, still gives it.
     * <li><b>errors</b>: {@code EBADF} for a number that is not open; {@code EINVAL} for a kqueue that would watch
     *     itself; {@code ENODEV} for a device that has no readiness, such as {@code /dev/null}.
     * </ul>
     *
     * <p>A socket that is neither connected nor listening is silent. With {@code EV_CLEAR} there is a new event for new
     * data or the end, not because a read left something.
     *
     * <p><b>Differences</b>: registered before {@code listen()}, a socket never fires on NetBSD and FreeBSD 11. Of a
     * number that is not open, macOS says {@code ENOENT} unless it is an {@code EV_ADD}. A filter that does not fit the
     * object is {@code EOPNOTSUPP} on DragonFly, {@code ENOTSUP} on some devices of macOS. {@code data} of UDP counts
     * 16 bytes of address a datagram on NetBSD. On a pipe, FreeBSD and NetBSD fire {@code EV_CLEAR} again after a
     * partial read. The embedded kqueue counts the first datagram only, and tells the error of a TCP socket from its
     * history: refused if it was never connected, else reset.
     *
     * @param fd the descriptor
     * @return a level-triggered subscription
     */
    public static Subscription read(int fd) {
        return Subscription.of(EVFILT_READ, fd);
    }

    /**
     * A descriptor becomes writable.
     * <ul>
     * <li><b>ident</b>: a socket, pipe, terminal or regular file.
     * <li><b>fflags in</b>: {@link Note#NOTE_LOWAT} with the mark as <b>data in</b>: ready from that much space on.
     * <li><b>data out</b>: the free space in bytes; 0 on a file, which is always ready.
     * <li><b>flags out</b>: {@code EV_EOF} when nothing can be sent any more: this side was shut down for writing, a
     *     local peer has closed, a TCP connection was reset, or a connect has failed. A peer that has only shut down
     *     its own writing is no end of this.
     * <li><b>fflags out</b>: beside {@code EV_EOF} the socket's error, such as {@code ECONNREFUSED} after a connect. To
     *     report it does not take it.
     * <li><b>errors</b>: {@code EBADF} for a number that is not open; {@code EINVAL} for a kqueue; {@code ENODEV} for a
     *     device without readiness; {@code EPIPE} for a pipe whose reader is gone.
     * </ul>
     *
     * <p>A TCP socket that is fresh, connecting or listening is silent. After a connect the event is the connection's;
     * {@code EV_EOF} says that it has failed. A pipe is ready from 512 free bytes on; when its reader closes, there is
     * one event with {@code EV_ONESHOT} and {@code EV_EOF}, and the knote is gone.
     *
     * <p><b>Differences</b>: a pipe without reader is {@code EPIPE} on FreeBSD, DragonFly and macOS up to 10.14, {@code
     * EBADF} on NetBSD; later macOS takes the knote and reports {@code EV_EOF}. NetBSD reports the end of an existing
     * knote again and again. {@code data} of an AF_UNIX socket is a constant on FreeBSD. FreeBSD fires {@code EV_CLEAR}
     * again whenever the peer reads from an AF_UNIX socket or pipe, and NetBSD whenever TCP acknowledges; the embedded
     * kqueue where space comes back that was asked for.
     *
     * @param fd the descriptor
     * @return a level-triggered subscription
     */
    public static Subscription write(int fd) {
        return Subscription.of(EVFILT_WRITE, fd);
    }

    /**
     * A timer that expires again and again, or with {@link Subscription#once()} once.
     * <ul>
     * <li><b>ident</b>: the program's number for it, in a space of its own.
     * <li><b>data in</b>, <b>fflags in</b>: the period and its unit: {@link Note#NOTE_SECONDS}, {@link
     *     Note#NOTE_MSECONDS}, {@link Note#NOTE_USECONDS}, {@link Note#NOTE_NSECONDS}; milliseconds without one. A
     *     period of 0 is the shortest there is. This method gives milliseconds where
     *     that loses nothing, else the coarsest unit that loses nothing; without one fine enough it rounds up. A period
     *     beyond 10^9 s, 31 years, counts as that.
     * <li><b>data out</b>: the expirations since the last event.
     * <li><b>flags out</b>: {@code EV_CLEAR}, which is set by itself.
     * <li><b>errors</b>: {@code EINVAL} for a negative period or notes that name no unit; {@code ENOMEM} past the
     *     system's limit on timers.
     * </ul>
     *
     * <p>Adding it again restarts it with the new period, and drops what it has counted; it does not become a one-shot
     * timer or cease to be one. Other changes leave period and count alone. A disabled timer goes on counting.
     *
     * <p><b>Differences</b>: DragonFly, NetBSD before 10 and older OpenBSD have milliseconds only, so finer periods are
     * rounded up there ({@link Kqueue#supports(Note)} tells). On DragonFly adding again does not restart it. NetBSD
     * replaces the flags too. OpenBSD allows 1,024 timers and user events in a process.
     *
     * @param ident the program's number for it
     * @param period the time from the {@code add} to the first expiration and between expirations; not negative
     * @return the subscription
     */
    public static Subscription timer(long ident, Duration period) {
        return Subscription.timer(ident, Objects.requireNonNull(period, "period"), null);
    }

    /**
     * A timer that expires at a point in time of the system's clock, once: {@code NOTE_ABSTIME}. A past time expires at
     * once.
     * <ul>
     * <li><b>ident</b>: the program's number for it, in one space with {@link #timer}.
     * <li><b>data in</b>, <b>fflags in</b>: the time since 1970-01-01 UTC in a unit as for {@link #timer}, and {@link
     *     Note#NOTE_ABSTIME}.
     * <li><b>data out</b>: 1.
     * <li><b>errors</b>: those of {@link #timer}.
     * </ul>
     *
     * <p>{@code EV_CLEAR} is not set by itself: a raw timer without {@code EV_ONESHOT} and {@code EV_CLEAR} stays ready
     * until it is deleted. This subscription is {@code EV_ONESHOT}.
     *
     * <p><b>Differences</b>: DragonFly, NetBSD before 10, older OpenBSD and FreeBSD before 12 do not have it: {@link
     * Kqueue#add} throws {@link UnsupportedOperationException}.
     *
     * @param ident the program's number for it
     * @param at when
     * @return the subscription
     */
    public static Subscription timerAt(long ident, Instant at) {
        return Subscription.timer(ident, null, Objects.requireNonNull(at, "at")).once();
    }

    /**
     * A signal is sent to this process. What else happens at the signal, a handler or the default action, happens as
     * without this.
     * <ul>
     * <li><b>ident</b>: the signal's number on this system.
     * <li><b>data in</b>, <b>fflags in</b>: none.
     * <li><b>data out</b>: how often it was sent since the last event, ignored and blocked ones included. What was sent
     *     before the {@code add} does not count; a disabled knote goes on counting.
     * <li><b>flags out</b>: {@code EV_CLEAR}, which is set by itself.
     * <li><b>errors</b>: {@code EINVAL} for a number that is no signal, but not on FreeBSD, which takes any.
     * </ul>
     *
     * <p><b>Differences</b>: the embedded kqueue hears of signals from the JVM. Handlers in Java run as without it, the
     * default action of a signal without a handler does not happen, and signals that follow each other closely may
     * count as one; {@code EINVAL} for a signal that the JVM keeps to itself, such as SIGSEGV or SIGQUIT. A HUP, INT or
     * TERM that the process was started to ignore, as by nohup, is never heard of: the JVM leaves it so.
     *
     * @param number the signal's number
     * @return the subscription
     */
    public static Subscription signal(int number) {
        return Subscription.of(EVFILT_SIGNAL, number);
    }

    /**
     * A process exits. The event is the last of its knote, which is then gone.
     * <ul>
     * <li><b>ident</b>: the pid of any process that exists, not only of a child.
     * <li><b>fflags in</b>: {@link Note#NOTE_EXIT}; on macOS {@link Note#NOTE_EXITSTATUS} too, which this method adds.
     *     Every change gives the mask anew: one without NOTE_EXIT makes the knote go at the exit without an event.
     * <li><b>data out</b>: the wait status, which {@link Event#exitCode()} and {@link Event#termSignal()} take apart.
     * <li><b>flags out</b>: {@code EV_EOF}, {@code EV_ONESHOT}, {@code EV_CLEAR}, set by themselves.
     * <li><b>fflags out</b>: {@link Note#NOTE_EXIT}.
     * <li><b>errors</b>: {@code ESRCH} where there is no such process: it has exited and its parent has waited for it.
     * </ul>
     *
     * <p>A process that has exited and was not waited for yet is reported at once. One that is waited for before the
     * event is taken is still reported, with its status.
     *
     * <p><b>Differences</b>: a process that has exited and was not waited for may be {@code ESRCH} on other systems;
     * treat that as its exit. OpenBSD, NetBSD and DragonFly report the exit whatever the mask. On the embedded kqueue
     * {@code data} is 0 where Linux does not tell: for a child of another process that has not waited for it.
     *
     * @param pid the process id
     * @return the subscription
     */
    public static Subscription exit(long pid) {
        return Subscription.of(EVFILT_PROC, pid, Note.NOTE_EXIT, Note.NOTE_EXITSTATUS);
    }

    /**
     * A process exits, forks or calls exec: as {@link #exit}, for a choice of notes.
     * <ul>
     * <li><b>fflags in</b>: any of {@link Note#NOTE_EXIT}, {@link Note#NOTE_FORK}, {@link Note#NOTE_EXEC} and {@link
     *     Note#NOTE_TRACK}, which follows children: each appears by an event with {@link Note#NOTE_CHILD}, its pid as
     *     ident and its parent's as data.
     * <li><b>fflags out</b>: which of them happened; {@link Note#NOTE_TRACKERR} where a child could not be followed.
     * <li><b>data out</b>: with NOTE_EXIT the wait status, with NOTE_CHILD the parent, else 0.
     * <li><b>errors</b>: {@code ESRCH}.
     * </ul>
     *
     * <p><b>Differences</b>: NOTE_TRACK does not exist on macOS. The embedded kqueue knows NOTE_EXIT only; {@link
     * Kqueue#add} throws {@link UnsupportedOperationException} for the others, and {@link Kqueue#supports(Note)} tells.
     *
     * @param pid the process id
     * @param notes what to report
     * @return the subscription
     * @throws IllegalArgumentException for a note of another filter
     */
    public static Subscription process(long pid, Note... notes) {
        return Subscription.of(EVFILT_PROC, pid, notes);
    }

    /**
     * A file or directory changes.
     * <ul>
     * <li><b>ident</b>: a descriptor of it; the knote is gone when that is closed.
     * <li><b>fflags in</b>: what to report: {@link Note#NOTE_DELETE}, {@link Note#NOTE_WRITE}, {@link
     *     Note#NOTE_EXTEND}, {@link Note#NOTE_ATTRIB}, {@link Note#NOTE_LINK}, {@link Note#NOTE_RENAME}, {@link
     *     Note#NOTE_REVOKE}, and what the system has beyond them. Every change gives the mask anew; with none the knote
     *     never fires.
     * <li><b>fflags out</b>: what happened, all of it since the last event with {@code EV_CLEAR}, else since the {@code
     *     add}. What comes along with a note that was asked for is shown too: NOTE_WRITE brings NOTE_EXTEND of a file
     *     that grew.
     * <li><b>errors</b>: {@code EBADF} for a number that is not open; {@code EINVAL} for a socket or pipe.
     * </ul>
     *
     * <p>A directory reports NOTE_WRITE when an entry appears, goes or is renamed, but not which; with a subdirectory
     * NOTE_LINK too. What happens to the files in it is not reported. NOTE_DELETE is the removal of a name, even if
     * another is left.
     *
     * <p><b>Differences</b>: a truncation is NOTE_ATTRIB on FreeBSD and NOTE_TRUNCATE on OpenBSD. NOTE_OPEN,
     * NOTE_CLOSE, NOTE_CLOSE_WRITE and NOTE_READ exist on FreeBSD and NetBSD 10, NOTE_FUNLOCK on macOS. The embedded
     * kqueue sees files by inotify: a file made longer by a truncation is one that was written; a removed directory is
     * reported when nobody has it open any more.
     *
     * @param fd the descriptor
     * @param notes what to report
     * @return a subscription; {@link Subscription#edgeTriggered()} makes it report each change once
     * @throws IllegalArgumentException for a note of another filter
     */
    public static Subscription vnode(int fd, Note... notes) {
        return Subscription.of(EVFILT_VNODE, fd, notes);
    }

    /**
     * An event that the program publishes itself, from any thread: {@link Kqueue#trigger}.
     * <ul>
     * <li><b>ident</b>: the program's number for it, in a space of its own, all 64 bits.
     * <li><b>fflags in</b>: {@link Note#NOTE_TRIGGER} makes it ready. One of {@link Note#NOTE_FFCOPY}, {@link
     *     Note#NOTE_FFOR}, {@link Note#NOTE_FFAND} changes the 24 stored bits by the low 24 bits given; {@link
     *     Note#NOTE_FFNOP}, which is 0, leaves them.
     * <li><b>data in</b>: stored by every change, as is the udata.
     * <li><b>fflags out</b>: the stored bits, which outlive the event. <b>data out</b>: the data of the last change.
     * <li><b>errors</b>: {@code ENOENT} for a trigger of what was not added.
     * </ul>
     *
     * <p>Triggers before the event is taken are one event. Level triggered it repeats until it is deleted or reset;
     * usually {@link Subscription#edgeTriggered()} is wanted. A trigger while it is disabled is kept.
     *
     * <p>Two traps: a change with {@code EV_CLEAR} in its flags resets the event, even the trigger in that same change,
     * on all but macOS; and NOTE_TRIGGER in the {@code EV_ADD} that makes the knote is lost on FreeBSD and NetBSD. So
     * add it once, and trigger with flags 0, as {@link Kqueue#trigger} does.
     *
     * <p><b>Differences</b>: exists since macOS 10.6, FreeBSD 8.1, DragonFly 4.0, NetBSD 10 and OpenBSD 7.8; before
     * that the kernel says {@code EINVAL} ({@link Kqueue#supports(Filter)} tells). OpenBSD allows 1,024 timers and user
     * events in a process, {@code ENOMEM} beyond.
     *
     * @param ident the program's number for it
     * @return a level-triggered subscription
     */
    public static Subscription user(long ident) {
        return Subscription.of(EVFILT_USER, ident);
    }
}
