package org.kqueue.linux.knotes;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.kqueue.Errno;

/**
 * The files that a kqueue watches, by one inotify instance. inotify watches a file once, however many descriptors of it
 * are registered, so each watch has a list of knotes. Guarded by the kqueue's lock.
 */
final class Watches implements Sources.Source {

    private static final int IN_Q_OVERFLOW = 0x4000;
    private static final int IN_IGNORED = 0x8000;
    private static final int IN_MASK_ADD = 0x20000000;

    private static final int BUFFER_SIZE = 8192;
    private static final int EVENT_SIZE = 16;

    private final Map<Integer, List<WatchingKnote>> knotes = new HashMap<>();
    private final LinuxCalls calls;
    private final Sources sources;
    private final KnoteQueue queue;
    private ByteBuffer buffer;
    private int inotify = -1;
    /** Whether events are being read, by a call further up the stack: it reads all. */
    private boolean reading;

    Watches(LinuxCalls calls, Sources sources, KnoteQueue queue) {
        this.calls = calls;
        this.sources = sources;
        this.queue = queue;
    }

    /** Watches the file of the knote. Returns the watch, 1 or more, or the negative errno. */
    int add(WatchingKnote knote) {
        int errno = open();
        return errno != 0 ? -errno : add(knote.path(0), knote.interest(0), knote);
    }

    /**
     * Watches the directory that a knote's directory is in. Returns the watch; 0 where there is no other directory or
     * it may not be watched.
     *
     * @param own the watch of the knote's directory
     */
    int addParent(String path, int mask, int own, WatchingKnote knote) {
        int wd = add(path, mask, knote);
        if (wd == own) {
            // The root is in itself: the knote is in the list twice.
            knotes.get(wd).remove(knote);
        }
        return wd == own ? 0 : Math.max(0, wd);
    }

    private int add(String path, int mask, WatchingKnote knote) {
        int wd = watch(path, mask | IN_MASK_ADD);
        if (wd > 0) {
            knotes.computeIfAbsent(wd, key -> new ArrayList<>()).add(knote);
        }
        return wd;
    }

    private int watch(String path, int mask) {
        int wd = calls.watch(inotify, path, mask);
        // ENOSPC: past fs.inotify.max_user_watches.
        return wd == -Errno.ENOSPC ? -Errno.ENOMEM : wd;
    }

    void remove(int wd, WatchingKnote knote) {
        List<WatchingKnote> list = knotes.get(wd);
        if (list == null || !list.remove(knote)) {
            return;
        }
        if (!list.isEmpty()) {
            narrow(wd);
            return;
        }
        knotes.remove(wd);
        calls.unwatch(inotify, wd);
        // inotify confirms it by an event, which is read here.
        drain();
    }

    /**
     * Makes inotify report what the knotes of a file ask for and no more: an event that nobody asked for would make
     * the kqueue's descriptor readable.
     */
    void narrow(int wd) {
        List<WatchingKnote> list = knotes.get(wd);
        if (list == null) {
            return;
        }
        int mask = 0;
        WatchingKnote present = null;
        for (WatchingKnote knote : list) {
            if (!knote.isGone()) {
                present = knote;
                mask |= present.interest(wd);
            }
        }
        if (present != null) {
            // An error leaves the mask as it was, which reports too much.
            watch(present.path(wd), mask);
        }
    }

    private int open() {
        if (inotify >= 0) {
            return 0;
        }
        int fd = calls.inotify();
        long token = sources.open(fd, this);
        if (token < 0) {
            return (int) -token;
        }
        inotify = fd;
        buffer = ByteBuffer.allocateDirect(BUFFER_SIZE).order(ByteOrder.nativeOrder());
        return 0;
    }

    @Override
    public void ready() {
        if (reading) {
            return;
        }
        reading = true;
        try {
            readAll();
        } finally {
            reading = false;
        }
    }

    private void readAll() {
        // EAGAIN, less than 0: that was all.
        for (int n = calls.read(inotify, buffer); n > 0; n = calls.read(inotify, buffer)) {
            int offset = 0;
            while (offset < n) {
                int nameLength = buffer.getInt(offset + 12);
                happened(buffer.getInt(offset), buffer.getInt(offset + 4), buffer.getInt(offset + 8),
                        nameLength > 0);
                offset += EVENT_SIZE + nameLength;
            }
        }
        for (List<WatchingKnote> list : knotes.values()) {
            for (WatchingKnote knote : list) {
                if (knote.quiet()) {
                    queue.consider(knote);
                }
            }
        }
    }

    /** Reads the events that are pending, so that a change comes after them. */
    void drain() {
        if (inotify >= 0) {
            ready();
        }
    }

    private void happened(int wd, int mask, int cookie, boolean inside) {
        if ((mask & IN_Q_OVERFLOW) != 0) {
            knotes.forEach((watch, list) -> tell(list, watch, WatchingKnote.IN_MODIFY | WatchingKnote.IN_ATTRIB,
                    false, 0));
            return;
        }
        List<WatchingKnote> list = knotes.get(wd);
        if (list != null) {
            tell(list, wd, mask, inside, cookie);
            if ((mask & IN_IGNORED) != 0) {
                knotes.remove(wd);
            }
        }
    }

    private void tell(List<WatchingKnote> list, int wd, int mask, boolean inside, int cookie) {
        // A copy: a directory that was moved gets another parent.
        for (WatchingKnote knote : List.copyOf(list)) {
            if (knote.happened(wd, mask, inside, cookie)) {
                queue.consider(knote);
            }
        }
    }
}
