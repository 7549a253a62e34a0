package org.kqueue.linux;

import com.sun.jna.Native;
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
final class Watches implements Source {

    /** Something that happened to a watched file. */
    interface Watcher {

        /** What inotify is to report for a watch, at least one bit; 0 is the one that is about to be made. */
        int interest(int wd);

        /** The path of what a watch is of, as a C string in the memory. */
        long path(Memory memory, int wd);

        /**
         * Takes an event.
         *
         * @param wd the watch it comes from
         * @param mask inotify's
         * @param inside whether it happened to an entry of the directory, not to itself
         * @param cookie what the two halves of a rename have in common
         * @return whether to look at the knote
         */
        boolean happened(Memory memory, int wd, int mask, boolean inside, int cookie);

        /** Nothing is left to read for now. Returns whether to look at the knote. */
        default boolean quiet() {
            return false;
        }
    }

    private static final int BUFFER_SIZE = 8192;
    private static final int EVENT_SIZE = 16;

    private final Map<Integer, List<SoftKnote>> knotes = new HashMap<>();
    private final Sources sources;
    private final SoftQueue queue;
    private ByteBuffer buffer;
    private int inotify = -1;
    /** Whether events are being read, which comes to the rest by itself. */
    private boolean reading;

    Watches(Sources sources, SoftQueue queue) {
        this.sources = sources;
        this.queue = queue;
    }

    /** Watches the file of the knote. Returns the watch, 1 or more, or the negative errno. */
    int add(Memory memory, SoftKnote knote) {
        int errno = open(memory);
        Watcher watcher = (Watcher) knote;
        return errno != 0 ? -errno : add(watcher.path(memory, 0), watcher.interest(0), knote);
    }

    /**
     * Watches the directory that a knote's directory is in. Returns the watch; 0 where there is no other directory or
     * it may not be watched.
     *
     * @param own the watch of the knote's directory
     */
    int addParent(long path, int mask, int own, SoftKnote knote) {
        int wd = add(path, mask, knote);
        if (wd == own) {
            // The root is in itself: the knote is in the list twice.
            knotes.get(wd).remove(knote);
        }
        return wd == own ? 0 : Math.max(0, wd);
    }

    private int add(long path, int mask, SoftKnote knote) {
        int wd = watch(path, mask | LinuxLibrary.IN_MASK_ADD);
        if (wd > 0) {
            knotes.computeIfAbsent(wd, key -> new ArrayList<>()).add(knote);
        }
        return wd;
    }

    private int watch(long path, int mask) {
        int wd = LinuxLibrary.inotify_add_watch(inotify, path, mask);
        if (wd < 0) {
            int errno = Native.getLastError();
            // ENOSPC: past fs.inotify.max_user_watches.
            return -(errno == Linux.ENOSPC ? Errno.ENOMEM : errno);
        }
        return wd;
    }

    void remove(Memory memory, int wd, SoftKnote knote) {
        List<SoftKnote> list = knotes.get(wd);
        if (list == null || !list.remove(knote)) {
            return;
        }
        if (!list.isEmpty()) {
            narrow(memory, wd);
            return;
        }
        knotes.remove(wd);
        // EINVAL where the file is gone, and the watch with it.
        LinuxLibrary.inotify_rm_watch(inotify, wd);
        // inotify confirms it by an event, of which nobody is to hear.
        drain(memory);
    }

    /**
     * Makes inotify report what the knotes of a file ask for and no more: what nobody wants would make the kqueue look
     * readable to who watches it.
     */
    void narrow(Memory memory, int wd) {
        List<SoftKnote> list = knotes.get(wd);
        if (list == null) {
            return;
        }
        int mask = 0;
        Watcher present = null;
        for (SoftKnote knote : list) {
            if (!knote.isGone(memory)) {
                present = (Watcher) knote;
                mask |= present.interest(wd);
            }
        }
        if (present != null) {
            // An error leaves the mask as it was, which reports too much.
            watch(present.path(memory, wd), mask);
        }
    }

    private int open(Memory memory) {
        if (inotify >= 0) {
            return 0;
        }
        int fd = LinuxLibrary.inotify_init1(LinuxLibrary.IN_CLOEXEC | LinuxLibrary.IN_NONBLOCK);
        if (fd < 0) {
            return Native.getLastError();
        }
        long token = sources.open(memory, fd, this);
        if (token < 0) {
            return (int) -token;
        }
        inotify = fd;
        buffer = ByteBuffer.allocateDirect(BUFFER_SIZE).order(ByteOrder.nativeOrder());
        return 0;
    }

    @Override
    public void ready(Memory memory) {
        reading = true;
        try {
            readAll(memory);
        } finally {
            reading = false;
        }
    }

    private void readAll(Memory memory) {
        long address = Memory.addressOf(buffer);
        for (long n = read(address); n > 0; n = read(address)) {
            int offset = 0;
            while (offset < n) {
                int nameLength = buffer.getInt(offset + 12);
                happened(memory, buffer.getInt(offset), buffer.getInt(offset + 4), buffer.getInt(offset + 8),
                        nameLength > 0);
                offset += EVENT_SIZE + nameLength;
            }
        }
        for (List<SoftKnote> list : knotes.values()) {
            for (SoftKnote knote : list) {
                if (((Watcher) knote).quiet()) {
                    queue.consider(memory, knote);
                }
            }
        }
    }

    private long read(long address) {
        // EAGAIN: that was all.
        return LinuxLibrary.read(inotify, address, BUFFER_SIZE);
    }

    /** Reads what has come and is not yet known, so that a change sees it in order. */
    void drain(Memory memory) {
        if (inotify >= 0 && !reading) {
            ready(memory);
        }
    }

    private void happened(Memory memory, int wd, int mask, int cookie, boolean inside) {
        if ((mask & LinuxLibrary.IN_Q_OVERFLOW) != 0) {
            knotes.forEach((watch, list) -> tell(memory, list, watch, LinuxLibrary.IN_MODIFY | LinuxLibrary.IN_ATTRIB,
                    false, 0));
            return;
        }
        List<SoftKnote> list = knotes.get(wd);
        if (list != null) {
            tell(memory, list, wd, mask, inside, cookie);
            if ((mask & LinuxLibrary.IN_IGNORED) != 0) {
                knotes.remove(wd);
            }
        }
    }

    private void tell(Memory memory, List<SoftKnote> list, int wd, int mask, boolean inside, int cookie) {
        // A copy: a directory that was moved gets another parent.
        for (SoftKnote knote : List.copyOf(list)) {
            if (((Watcher) knote).happened(memory, wd, mask, inside, cookie)) {
                queue.consider(memory, knote);
            }
        }
    }
}
