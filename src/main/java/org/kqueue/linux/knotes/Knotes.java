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
import org.kqueue.linux.changes.Changes;
import org.kqueue.linux.epoll.EpollInstance;

/** The knotes of one kqueue, by filter and ident, their changes, and what they share. Guarded by the kqueue's lock. */
final class Knotes implements Changes.Knotes {

    private record Key(Filter filter, long ident) {
    }

    final KeventLayout layout;
    final Object lock;
    final LinuxCalls calls;
    final EpollInstance epoll;
    final OpenFiles files;
    final Sources sources;
    final KnoteQueue queue;
    final Condition condition;
    final Rechecks rechecks;
    final Timers timers;
    final Watches watches;
    private final Map<Key, Knote> knotes = new HashMap<>();
    /** The note that asks for out-of-band data, which is not supported; 0 where the ABI has none. */
    private final int outOfBand;
    /** The number of knotes at which {@link #sweep} next removes those of closed files. */
    private int sweepAt = 64;

    Knotes(KeventLayout layout, Object lock, LinuxCalls calls, EpollInstance epoll, EmbeddedKqueues kqueues) {
        this.layout = layout;
        this.lock = lock;
        this.calls = calls;
        this.epoll = epoll;
        files = new OpenFiles(calls);
        sources = new Sources(epoll.epfd(), calls, files);
        queue = new KnoteQueue(epoll, calls, sources);
        condition = new Condition(calls, layout, kqueues);
        rechecks = new Rechecks(calls, sources);
        timers = new Timers(calls, sources, queue);
        watches = new Watches(calls, sources, queue);
        outOfBand = number(Note.NOTE_OOB);
    }

    /** The number of a note, 0 where the ABI has none. */
    int number(Note note) {
        return layout.has(note) ? layout.number(note) : 0;
    }

    static boolean serves(Filter filter) {
        return switch (filter) {
            case EVFILT_READ, EVFILT_WRITE, EVFILT_USER, EVFILT_TIMER, EVFILT_VNODE, EVFILT_EMPTY -> true;
            case EVFILT_PROC -> ProcessKnote.isAvailable();
            case EVFILT_SIGNAL -> SignalKnote.isAvailable();
            default -> false;
        };
    }

    /** Whether a note has an effect here. */
    static boolean serves(Note note) {
        return switch (note) {
            case NOTE_FORK, NOTE_EXEC, NOTE_TRACK, NOTE_TRACKERR, NOTE_CHILD, NOTE_FUNLOCK, NOTE_OOB -> false;
            default -> true;
        };
    }

    /** The filter is looked at before the descriptor. */
    @Override
    public int change(Change change) {
        if (change.filter == null || !serves(change.filter) || change.contradictsItself()
                || change.filter == Filter.EVFILT_READ && (change.fflags & outOfBand) != 0
                && !change.has(KeventFlags.EV_DELETE)) {
            return Errno.EINVAL;
        }
        if (change.has(KeventFlags.EV_DISABLE)) {
            // A knote keeps its place in the queue while it is disabled, and epoll does not.
            sources.takeAll();
        }
        Knote knote = present(change.filter, change.ident);
        if (knote == null) {
            return add(change);
        }
        if (change.has(KeventFlags.EV_DELETE)) {
            remove(knote);
            return 0;
        }
        knote.modify(change);
        int errno = knote.touch(change);
        if (knote.forced || !knote.isToldByEpoll()) {
            queue.consider(knote);
        }
        return errno;
    }

    /** The knote of a descriptor or other ident; null where there is none, or that of a closed descriptor. */
    private Knote present(Filter filter, long ident) {
        Knote knote = knotes.get(new Key(filter, ident));
        if (knote != null && knote.isGone()) {
            remove(knote);
            return null;
        }
        return knote;
    }

    private int add(Change change) {
        FileStatus file = isOfDescriptor(change.filter) ? look(change.ident) : null;
        if (file != null && file.errno() != 0) {
            return file.errno();
        }
        if (!change.has(KeventFlags.EV_ADD)) {
            return Errno.ENOENT;
        }
        Knote knote;
        int errno;
        try {
            knote = make(change, file);
            // As FreeBSD, which has moved the fflags into the knote by then: an error entry shows none.
            change.fflags = 0;
            errno = knote.attach();
        } catch (CallFailed e) {
            // Closed meanwhile, or a call that this system does not have: the change's error.
            return e.errno();
        }
        if (errno == 0) {
            sweep();
            knotes.put(new Key(knote.filter, knote.ident), knote);
            if (!knote.isToldByEpoll()) {
                queue.consider(knote);
            }
        }
        return errno;
    }

    private static boolean isOfDescriptor(Filter filter) {
        return filter == Filter.EVFILT_READ || filter == Filter.EVFILT_WRITE || filter == Filter.EVFILT_VNODE
                || filter == Filter.EVFILT_EMPTY;
    }

    private FileStatus look(long ident) {
        return calls.look(ident < 0 || ident > Integer.MAX_VALUE ? -1 : (int) ident);
    }

    private Knote make(Change change, FileStatus file) {
        return switch (change.filter) {
            case EVFILT_USER -> new UserKnote(change, this);
            case EVFILT_TIMER -> new TimerKnote(change, this);
            case EVFILT_PROC -> new ProcessKnote(change, this);
            case EVFILT_SIGNAL -> new SignalKnote(change, this);
            case EVFILT_VNODE -> new VnodeKnote(change, this, file);
            case EVFILT_EMPTY -> new EmptyKnote(change, this, file);
            case EVFILT_READ, EVFILT_WRITE -> file.isFile() ? new FileKnote(change, this, file)
                    : new DescriptorKnote(change, this, descriptor(change, file));
            default -> throw new AssertionError(change.filter);
        };
    }

    /** That of the other filter, if it has a knote on the same file. */
    private Descriptor descriptor(Change change, FileStatus file) {
        Knote other = present(change.filter == Filter.EVFILT_READ ? Filter.EVFILT_WRITE : Filter.EVFILT_READ,
                change.ident);
        return other instanceof DescriptorKnote knote ? knote.descriptor : new Descriptor(file, calls);
    }

    /** Linux does not report a close: when the knotes have doubled, those whose descriptor is gone are removed. */
    private void sweep() {
        if (knotes.size() >= sweepAt) {
            for (Knote knote : List.copyOf(knotes.values())) {
                if (knote.isGone()) {
                    remove(knote);
                }
            }
            sweepAt = Math.max(64, 2 * knotes.size());
        }
    }

    void remove(Knote knote) {
        queue.remove(knote);
        knotes.remove(new Key(knote.filter, knote.ident));
        knote.detach();
    }

    /** The kqueue is closed: handlers of signals would outlive its descriptors. */
    void close() {
        for (Knote knote : knotes.values()) {
            if (knote instanceof SignalKnote) {
                knote.detach();
            }
        }
        knotes.clear();
    }
}
