package org.kqueue.linux.knotes;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.kqueue.Errno;
import org.kqueue.Filter;
import org.kqueue.KeventFlags;
import org.kqueue.KeventLayout;
import org.kqueue.Note;
import org.kqueue.linux.changes.Change;
import org.kqueue.linux.epoll.CallFailed;
import org.kqueue.linux.epoll.LinuxCalls;

/** The soft knotes, by filter and ident, and their changes. Guarded by the kqueue's lock. */
final class SoftRegistry {

    private record Key(Filter filter, long ident) {
    }

    private final Map<Key, SoftKnote> knotes = new HashMap<>();
    private final KeventLayout layout;
    private final LinuxCalls calls;
    private final SoftQueue queue;
    private final Sources sources;
    private final Rechecks rechecks;
    private final Timers timers;
    private final Watches watches;
    private final Object lock;
    /** At how many knotes those of closed files are looked for next. */
    private int sweepAt = 64;

    SoftRegistry(KeventLayout layout, LinuxCalls calls, SoftQueue queue, Sources sources, Rechecks rechecks,
            Object lock) {
        this.layout = layout;
        this.calls = calls;
        this.queue = queue;
        this.sources = sources;
        this.rechecks = rechecks;
        this.lock = lock;
        timers = new Timers(calls, sources, queue);
        watches = new Watches(calls, sources, queue);
    }

    static boolean serves(Filter filter) {
        return switch (filter) {
            case EVFILT_USER, EVFILT_TIMER, EVFILT_VNODE, EVFILT_EMPTY -> true;
            case EVFILT_PROC -> ProcessKnote.isAvailable();
            case EVFILT_SIGNAL -> Signals.isAvailable();
            default -> false;
        };
    }

    /** Whether something here makes a note come true, or heeds it. */
    static boolean serves(Note note) {
        return switch (note) {
            case NOTE_FORK, NOTE_EXEC, NOTE_TRACK, NOTE_TRACKERR, NOTE_CHILD, NOTE_FUNLOCK, NOTE_OOB -> false;
            default -> true;
        };
    }

    int change(Change change) {
        Key key = new Key(change.filter, change.ident);
        SoftKnote knote = knotes.get(key);
        if (knote != null && knote.isGone()) {
            remove(knote);
            knote = null;
        }
        if (knote == null) {
            return add(change, key);
        }
        if (change.has(KeventFlags.EV_DELETE)) {
            remove(knote);
            queue.silenceIfEmpty();
            return 0;
        }
        knote.modify(change);
        int errno = knote.touch(change);
        queue.consider(knote);
        return errno;
    }

    private int add(Change change, Key key) {
        if (!change.has(KeventFlags.EV_ADD)) {
            int errno = isDescriptorFilter(change.filter) ? FileIdentity.of(calls, change.ident).errno() : 0;
            return errno != 0 ? errno : Errno.ENOENT;
        }
        SoftKnote knote = make(change);
        // As FreeBSD, which has moved the fflags into the knote by then: an error entry shows none.
        change.fflags = 0;
        int errno = attach(knote);
        if (errno == 0) {
            sweep();
            knotes.put(key, knote);
            queue.consider(knote);
        }
        return errno;
    }

    private static int attach(SoftKnote knote) {
        try {
            return knote.attach();
        } catch (CallFailed e) {
            // Closed meanwhile, or a call that this system does not have: the change's error.
            return e.errno();
        }
    }

    /** Nothing tells of a close: as the knotes become more, those whose descriptor is gone are found and removed. */
    private void sweep() {
        if (knotes.size() >= sweepAt) {
            for (SoftKnote knote : List.copyOf(knotes.values())) {
                if (knote.isGone()) {
                    remove(knote);
                }
            }
            sweepAt = Math.max(64, 2 * knotes.size());
        }
    }

    private static boolean isDescriptorFilter(Filter filter) {
        return filter == Filter.EVFILT_VNODE || filter == Filter.EVFILT_EMPTY || filter == Filter.EVFILT_READ
                || filter == Filter.EVFILT_WRITE;
    }

    private SoftKnote make(Change change) {
        return switch (change.filter) {
            case EVFILT_USER -> new UserKnote(change);
            case EVFILT_TIMER -> new TimerKnote(change, layout, timers);
            case EVFILT_PROC -> new ProcessKnote(change, layout, calls, sources, queue, this);
            case EVFILT_SIGNAL -> new SignalKnote(change, layout, queue, lock);
            case EVFILT_VNODE -> new VnodeKnote(change, layout, calls, watches);
            case EVFILT_EMPTY -> new EmptyKnote(change, calls, queue, rechecks);
            case EVFILT_READ, EVFILT_WRITE -> new FileKnote(change, layout, calls, watches);
            default -> throw new AssertionError(change.filter);
        };
    }

    boolean isEmpty() {
        return knotes.isEmpty();
    }

    void remove(SoftKnote knote) {
        queue.remove(knote);
        knotes.remove(new Key(knote.filter, knote.ident));
        knote.detach();
    }

    /** The kqueue is closed: leaves what outlives it. */
    void close() {
        knotes.values().forEach(SoftKnote::detach);
        knotes.clear();
    }
}
