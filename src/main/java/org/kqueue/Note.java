package org.kqueue;

import static org.kqueue.Filter.EVFILT_EMPTY;
import static org.kqueue.Filter.EVFILT_EXCEPT;
import static org.kqueue.Filter.EVFILT_PROC;
import static org.kqueue.Filter.EVFILT_PROCDESC;
import static org.kqueue.Filter.EVFILT_READ;
import static org.kqueue.Filter.EVFILT_TIMER;
import static org.kqueue.Filter.EVFILT_USER;
import static org.kqueue.Filter.EVFILT_VNODE;
import static org.kqueue.Filter.EVFILT_WRITE;

import java.util.EnumSet;
import java.util.Set;

/**
 * The {@code NOTE_} constants that go into {@code fflags}, by name. Each belongs to certain filters; its number is asked of
 * the {@link KeventLayout}, because bit 2 of a socket and the units of a timer mean other things on other systems.
 */
public enum Note {
    /** USER: make the event active. */
    NOTE_TRIGGER(EVFILT_USER),
    /** USER: leave the stored fflags as they are. */
    NOTE_FFNOP(EVFILT_USER),
    /** USER: and the low 24 bits into the stored fflags. */
    NOTE_FFAND(EVFILT_USER),
    /** USER: or the low 24 bits into the stored fflags. */
    NOTE_FFOR(EVFILT_USER),
    /** USER: copy the low 24 bits over the stored fflags. */
    NOTE_FFCOPY(EVFILT_USER),

    /** READ, WRITE: ready from {@code data} bytes on. */
    NOTE_LOWAT(EVFILT_READ, EVFILT_WRITE),
    /** READ of a file: always ready (FreeBSD). */
    NOTE_FILE_POLL(EVFILT_READ),
    /** READ of a file: ready at its end too (OpenBSD). */
    NOTE_EOF(EVFILT_READ),
    /** READ, EXCEPT: out-of-band data. */
    NOTE_OOB(EVFILT_READ, EVFILT_EXCEPT),

    /** VNODE: the file was removed. */
    NOTE_DELETE(EVFILT_VNODE),
    /** VNODE: it was written to. */
    NOTE_WRITE(EVFILT_VNODE),
    /** VNODE: it grew. */
    NOTE_EXTEND(EVFILT_VNODE),
    /** VNODE: its attributes changed. */
    NOTE_ATTRIB(EVFILT_VNODE),
    /** VNODE: its link count changed. */
    NOTE_LINK(EVFILT_VNODE),
    /** VNODE: it was renamed. */
    NOTE_RENAME(EVFILT_VNODE),
    /** VNODE: access was revoked, or its file system unmounted. */
    NOTE_REVOKE(EVFILT_VNODE),
    /** VNODE: it was truncated (OpenBSD). */
    NOTE_TRUNCATE(EVFILT_VNODE),
    /** VNODE: it was opened (FreeBSD, NetBSD). */
    NOTE_OPEN(EVFILT_VNODE),
    /** VNODE: a read-only descriptor of it was closed (FreeBSD, NetBSD). */
    NOTE_CLOSE(EVFILT_VNODE),
    /** VNODE: a writable descriptor of it was closed (FreeBSD, NetBSD). */
    NOTE_CLOSE_WRITE(EVFILT_VNODE),
    /** VNODE: it was read (FreeBSD, NetBSD). */
    NOTE_READ(EVFILT_VNODE),
    /** VNODE: a lock on it was released (macOS). */
    NOTE_FUNLOCK(EVFILT_VNODE),

    /** PROC: it exited; {@code data} is the wait status where the system gives it. */
    NOTE_EXIT(EVFILT_PROC, EVFILT_PROCDESC),
    /** PROC: it forked. */
    NOTE_FORK(EVFILT_PROC),
    /** PROC: it called exec. */
    NOTE_EXEC(EVFILT_PROC),
    /** PROC: follow its children too. */
    NOTE_TRACK(EVFILT_PROC),
    /** PROC, output: a child could not be followed. */
    NOTE_TRACKERR(EVFILT_PROC),
    /** PROC, output: a followed child began, {@code data} is the parent's pid. */
    NOTE_CHILD(EVFILT_PROC),
    /** PROC: deliver the wait status with {@link #NOTE_EXIT} (macOS, which leaves it out otherwise). */
    NOTE_EXITSTATUS(EVFILT_PROC),

    /** TIMER: {@code data} is in seconds. */
    NOTE_SECONDS(EVFILT_TIMER),
    /** TIMER: {@code data} is in milliseconds, the default of every system. */
    NOTE_MSECONDS(EVFILT_TIMER),
    /** TIMER: {@code data} is in microseconds. */
    NOTE_USECONDS(EVFILT_TIMER),
    /** TIMER: {@code data} is in nanoseconds. */
    NOTE_NSECONDS(EVFILT_TIMER),
    /** TIMER: {@code data} is a point in time, since 1970-01-01 UTC, in the unit given. */
    NOTE_ABSTIME(EVFILT_TIMER);

    static final Note[] ALL = values();

    private final Set<Filter> filters;

    Note(Filter... filters) {
        this.filters = EnumSet.noneOf(Filter.class);
        for (Filter filter : filters) {
            this.filters.add(filter);
        }
        if (this.filters.contains(EVFILT_WRITE)) {
            this.filters.add(EVFILT_EMPTY);
        }
    }

    /**
     * Whether the constant may stand in the {@code fflags} of a filter.
     *
     * @param filter the filter
     * @return true where {@code <sys/event.h>} defines it for that filter on some system
     */
    public boolean belongsTo(Filter filter) {
        return filters.contains(filter);
    }
}
