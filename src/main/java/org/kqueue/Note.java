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
 * The {@code NOTE_} constants that go into {@code fflags}, by name. Each belongs to certain filters; its number is
 * asked of the {@link KeventLayout}, because bit 2 of a socket and the units of a timer mean other things on other
 * systems.
 */
public enum Note {
    /** USER: make the event ready. Lost in the EV_ADD that makes the knote on FreeBSD and NetBSD. */
    NOTE_TRIGGER(EVFILT_USER),
    /** USER: leave the stored fflags as they are. Its value is 0. */
    NOTE_FFNOP(EVFILT_USER),
    /** USER: and the low 24 bits into the stored fflags. */
    NOTE_FFAND(EVFILT_USER),
    /** USER: or the low 24 bits into the stored fflags. */
    NOTE_FFOR(EVFILT_USER),
    /** USER: copy the low 24 bits over the stored fflags. */
    NOTE_FFCOPY(EVFILT_USER),

    /** READ, WRITE of a socket: ready from {@code data} bytes on. Does not change the socket's own mark. */
    NOTE_LOWAT(EVFILT_READ, EVFILT_WRITE),
    /** READ of a regular file: always ready, as {@code poll(2)} has it (FreeBSD). */
    NOTE_FILE_POLL(EVFILT_READ),
    /** READ of a regular file: ready at its end too (OpenBSD). */
    NOTE_EOF(EVFILT_READ),
    /** READ, EXCEPT: out-of-band data (macOS, OpenBSD, DragonFly). */
    NOTE_OOB(EVFILT_READ, EVFILT_EXCEPT),

    /** VNODE: a name of the file was removed, or another file was renamed over it. */
    NOTE_DELETE(EVFILT_VNODE),
    /** VNODE: it was written to; of a directory: an entry appeared, went or was renamed. */
    NOTE_WRITE(EVFILT_VNODE),
    /** VNODE: it grew; of a directory: an entry came from, or went to, another one. */
    NOTE_EXTEND(EVFILT_VNODE),
    /** VNODE: its attributes changed: owner, permissions, times; on FreeBSD also its size by a truncation. */
    NOTE_ATTRIB(EVFILT_VNODE),
    /** VNODE: it got another name; of a directory: a subdirectory was made or removed. */
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

    /**
     * PROC: it exited; {@code data} is the wait status, on macOS only with {@link #NOTE_EXITSTATUS}. The knote is then
     * gone.
     */
    NOTE_EXIT(EVFILT_PROC, EVFILT_PROCDESC),
    /** PROC: it forked. */
    NOTE_FORK(EVFILT_PROC),
    /** PROC: it called exec, and that succeeded. */
    NOTE_EXEC(EVFILT_PROC),
    /** PROC: follow its children too, by knotes like this one. Not on macOS. */
    NOTE_TRACK(EVFILT_PROC),
    /** PROC, output: a child could not be followed. */
    NOTE_TRACKERR(EVFILT_PROC),
    /** PROC, output: a followed child began; ident is its pid, {@code data} its parent's. */
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
    /** TIMER: {@code data} is a point in time since 1970-01-01 UTC, in the unit given. Not on every kernel. */
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
