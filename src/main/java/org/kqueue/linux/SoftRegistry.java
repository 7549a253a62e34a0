package org.kqueue.linux;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.kqueue.Errno;
import org.kqueue.Filter;
import org.kqueue.KeventFlags;
import org.kqueue.KeventLayout;
import org.kqueue.Note;

/** The soft knotes, by filter and ident, and their changes. Guarded by the kqueue's lock. */
final class SoftRegistry {

    private record Key(Filter filter, long ident) {
    }

    private final Map<Key, SoftKnote> knotes = new HashMap<>();
    private final KeventLayout layout;
    private final SoftQueue queue;
    private final Sources sources;
    private final Rechecks rechecks;
    private final Timers timers;
    private final Watches watches;
    private final Object lock;
    /** At how many knotes those of closed files are looked for next. */
    private int sweepAt = 64;

    SoftRegistry(KeventLayout layout, SoftQueue queue, Sources sources, Rechecks rechecks, Object lock) {
        this.layout = layout;
        this.queue = queue;
        this.sources = sources;
        this.rechecks = rechecks;
        this.lock = lock;
        timers = new Timers(sources, queue);
        watches = new Watches(sources, queue);
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

    int change(Memory memory, Change change) {
        Key key = new Key(change.filter, change.ident);
        SoftKnote knote = knotes.get(key);
        if (knote != null && knote.isGone(memory)) {
            remove(memory, knote);
            knote = null;
        }
        if (knote == null) {
            return add(memory, change, key);
        }
        if (change.has(KeventFlags.EV_DELETE)) {
            remove(memory, knote);
            queue.silenceIfEmpty(memory);
            return 0;
        }
        knote.modify(change);
        int errno = knote.touch(memory, change);
        queue.consider(memory, knote);
        return errno;
    }

    private int add(Memory memory, Change change, Key key) {
        if (!change.has(KeventFlags.EV_ADD)) {
            return isDescriptorFilter(change.filter) ? FileIdentity.errno(memory, change.ident, Errno.ENOENT)
                    : Errno.ENOENT;
        }
        SoftKnote knote = make(change);
        // As FreeBSD, which has moved the fflags into the knote by then: an error entry shows none.
        change.fflags = 0;
        int errno = knote.attach(memory);
        if (errno == 0) {
            sweep(memory);
            knotes.put(key, knote);
            queue.consider(memory, knote);
        }
        return errno;
    }

    /** Nothing tells of a close: as the knotes become more, those whose descriptor is gone are found and removed. */
    private void sweep(Memory memory) {
        if (knotes.size() >= sweepAt) {
            for (SoftKnote knote : List.copyOf(knotes.values())) {
                if (knote.isGone(memory)) {
                    remove(memory, knote);
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
            case EVFILT_PROC -> new ProcessKnote(change, layout, sources, queue, this);
            case EVFILT_SIGNAL -> new SignalKnote(change, layout, queue, lock);
            case EVFILT_VNODE -> new VnodeKnote(change, layout, watches);
            case EVFILT_EMPTY -> new EmptyKnote(change, queue, rechecks);
            case EVFILT_READ, EVFILT_WRITE -> new FileKnote(change, layout, watches);
            default -> throw new AssertionError(change.filter);
        };
    }

    boolean isEmpty() {
        return knotes.isEmpty();
    }

    void remove(Memory memory, SoftKnote knote) {
        queue.remove(knote);
        knotes.remove(new Key(knote.filter, knote.ident));
        knote.detach(memory);
    }

    /** The kqueue is closed: leaves what outlives it. */
    void close(Memory memory) {
        knotes.values().forEach(knote -> knote.detach(memory));
        knotes.clear();
    }
}
