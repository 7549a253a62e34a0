package org.kqueue;

import java.time.Duration;
import java.time.Instant;
import java.util.Objects;

/**
 * What a knote watches: the {@code EVFILT_} constants of all systems, by name. Numbers differ from system to system
 * ({@code EVFILT_READ} is -1 on most and 0 on NetBSD) and are asked of the {@link KeventLayout}.
 *
 * <p>The static methods make {@link Subscription}s for the filters that every system has, and say for each what goes in and what
 * comes out. Errors are those of {@link Kqueue#add}. Source: {@code kqueue(2)} of FreeBSD, with the differences of the others.
 */
public enum Filter {
    /** Descriptor readable; {@code data} is the number of bytes, or of waiting connections on a listener. */
    EVFILT_READ,
    /** Descriptor writable; {@code data} is the free space in bytes. */
    EVFILT_WRITE,
    /** An asynchronous I/O request has ended. */
    EVFILT_AIO,
    /** A file was written, extended, renamed, removed, ... */
    EVFILT_VNODE,
    /** A process exited, forked or called exec; ident is the pid. */
    EVFILT_PROC,
    /** The same by process descriptor (FreeBSD). */
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
    /** A send buffer is empty (FreeBSD, NetBSD). */
    EVFILT_EMPTY,
    /** Exceptional condition, such as out-of-band data. */
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
     *
     * <p><b>ident</b>: a socket, pipe, terminal, regular file or kqueue. <b>data out</b>: bytes to read; on a listening socket the
     * connections waiting; on a file the distance from the offset to the end, negative beyond it; on a kqueue the events queued.
     * <b>flags out</b>: {@code EV_EOF} when the peer has shut down its side, with {@code data} bytes left to read.
     * <b>fflags in</b>: {@code NOTE_LOWAT} ({@link Subscription#lowWaterMark}). <b>fflags out</b>: beside {@code EV_EOF} the socket's
     * error. Reading it here does not consume it.
     *
     * <p><b>Errors</b>: {@code EBADF} for a closed descriptor; {@code EINVAL} or {@code ENODEV} for an object without this filter.
     * <b>Differences</b>: a socket registered before {@code listen()} never fires on NetBSD and FreeBSD 11. UDP {@code data} counts
     * addresses on NetBSD. The embedded kqueue infers the error.
     *
     * @param fd the descriptor
     * @return a level-triggered subscription
     */
    public static Subscription read(int fd) {
        return Subscription.of(EVFILT_READ, fd);
    }

    /**
     * A descriptor becomes writable.
     *
     * <p><b>ident</b>: a socket, pipe, terminal or regular file. <b>data out</b>: free space in bytes; 0 on a file. <b>flags out</b>:
     * {@code EV_EOF} when nothing can be sent any more: the reader is gone, or this side was shut down. A socket that is not yet
     * connected is silent; one whose connect failed has {@code EV_EOF}. <b>fflags in</b>: {@code NOTE_LOWAT}. <b>fflags out</b>: beside
     * {@code EV_EOF} the socket's error.
     *
     * <p><b>Errors</b>: {@code EBADF}; {@code EINVAL} for a kqueue; for a pipe without a reader {@code EPIPE} (FreeBSD, DragonFly) or
     * {@code EBADF} (NetBSD). <b>Differences</b>: AF_UNIX {@code data} is a constant on FreeBSD.
     *
     * @param fd the descriptor
     * @return a level-triggered subscription
     */
    public static Subscription write(int fd) {
        return Subscription.of(EVFILT_WRITE, fd);
    }

    /**
     * A timer that expires again and again, or with {@link Subscription#once()} once. Edge triggered by itself.
     *
     * <p><b>ident</b>: free, in a space of its own. <b>data in</b>: the period, in the coarsest unit of the ABI that loses nothing.
     * <b>data out</b>: expirations since the last event. Adding it again restarts it with the new period.
     *
     * <p><b>Errors</b>: {@code ENOMEM} past the system's limit. <b>Differences</b>: DragonFly has milliseconds only, so finer periods
     * are rounded up there, and adding again does not restart it.
     *
     * @param ident the program's number for it
     * @param period the time from the {@code add} to the first expiration and between expirations; not negative
     * @return the subscription
     */
    public static Subscription timer(long ident, Duration period) {
        return Subscription.timer(ident, Objects.requireNonNull(period, "period"), null);
    }

    /**
     * A timer that expires at a point in time of the system's clock, once: {@code NOTE_ABSTIME}. A past time expires at once.
     *
     * <p><b>ident</b>: free, shared with {@link #timer}. <b>data out</b>: 1. FreeBSD repeats the event until the timer is deleted, so
     * the subscription is {@code EV_ONESHOT} everywhere.
     *
     * <p><b>Differences</b>: DragonFly does not have it ({@link UnsupportedOperationException}).
     *
     * @param ident the program's number for it
     * @param at when
     * @return the subscription
     */
    public static Subscription timerAt(long ident, Instant at) {
        return Subscription.timer(ident, null, Objects.requireNonNull(at, "at")).once();
    }

    /**
     * A signal is sent to this process. Edge triggered by itself; handlers run as without it.
     *
     * <p><b>ident</b>: the signal's number on this system. <b>data out</b>: how often it was sent since the last event. Signals sent
     * before the {@code add} are not reported. A signal whose default action ends the process still does so unless it is handled or
     * ignored.
     *
     * <p><b>Differences</b>: FreeBSD accepts any number, others answer {@code EINVAL} for one that is none. The embedded kqueue hears of
     * signals from the JVM: handlers in Java run as without it, the default action of a signal without a handler does not happen, and
     * signals that follow each other closely may count as one; {@code EINVAL} for a signal that the JVM keeps to itself.
     *
     * @param number the signal's number
     * @return the subscription
     */
    public static Subscription signal(int number) {
        return Subscription.of(EVFILT_SIGNAL, number);
    }

    /**
     * A process exits. One-shot by itself.
     *
     * <p><b>ident</b>: the pid. <b>flags out</b>: {@code EV_EOF}. <b>fflags out</b>: {@code NOTE_EXIT}. <b>data out</b>: the wait status,
     * read by {@link Event#exitCode()} and {@link Event#termSignal()}; 0 where the system does not tell it.
     *
     * <p><b>Errors</b>: {@code ESRCH} where there is no such process: treat it as exited. A process that has exited and was not
     * waited for yet may answer either with the event or with {@code ESRCH}.
     *
     * @param pid the process id
     * @return the subscription
     */
    public static Subscription exit(long pid) {
        return Subscription.of(EVFILT_PROC, pid, Note.NOTE_EXIT, Note.NOTE_EXITSTATUS);
    }

    /**
     * A process exits, forks or calls exec.
     *
     * <p>As {@link #exit}, for any of {@link Note#NOTE_EXIT}, {@link Note#NOTE_FORK}, {@link Note#NOTE_EXEC} and {@link Note#NOTE_TRACK}.
     * <b>Differences</b>: NOTE_TRACK does not exist on macOS; the embedded kqueue knows NOTE_EXIT only ({@code EINVAL}).
     *
     * @param pid the process id
     * @param notes what to report
     * @return the subscription
     */
    public static Subscription process(long pid, Note... notes) {
        return Subscription.of(EVFILT_PROC, pid, notes);
    }

    /**
     * A file or directory changes.
     *
     * <p><b>ident</b>: a descriptor of it; the subscription ends when that is closed. <b>fflags in</b>: what to report,
     * {@link Note#NOTE_WRITE} and the like. <b>fflags out</b>: what happened since the last event. A directory reports NOTE_WRITE when
     * an entry appears, goes or is renamed, but not which.
     *
     * <p><b>Errors</b>: {@code EBADF}; {@code EINVAL} for a socket or pipe. <b>Differences</b>: systems disagree on what a truncation or an
     * unlink of one of two names is; FreeBSD reports NOTE_EXTEND unasked beside NOTE_WRITE.
     *
     * @param fd the descriptor
     * @param notes what to report
     * @return a subscription; {@link Subscription#edgeTriggered()} makes it report each change once
     */
    public static Subscription vnode(int fd, Note... notes) {
        return Subscription.of(EVFILT_VNODE, fd, notes);
    }

    /**
     * An event that the program publishes itself, from any thread: {@link Kqueue#trigger}.
     *
     * <p><b>ident</b>: free, in a space of its own. <b>fflags out</b>: 24 bits that triggers set, or and and; <b>data out</b>: the data of
     * the last trigger. Triggers before the event is taken are one event. Level triggered it repeats until it is deleted; usually
     * {@link Subscription#edgeTriggered()} is wanted.
     *
     * <p><b>Differences</b>: missing on NetBSD before 10 and OpenBSD before 7.8 ({@code EINVAL}; {@link Kqueue#supports} tells).
     *
     * @param ident the program's number for it
     * @return a level-triggered subscription
     */
    public static Subscription user(long ident) {
        return Subscription.of(EVFILT_USER, ident);
    }
}
