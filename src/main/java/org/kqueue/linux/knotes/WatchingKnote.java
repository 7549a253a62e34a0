package org.kqueue.linux.knotes;

import org.kqueue.linux.changes.Change;

/** A knote on a file that {@link Watches} watches. Guarded by the kqueue's lock. */
abstract class WatchingKnote extends Knote {

    static final int IN_ACCESS = 0x1;
    static final int IN_MODIFY = 0x2;
    static final int IN_ATTRIB = 0x4;
    static final int IN_CLOSE_WRITE = 0x8;
    static final int IN_CLOSE_NOWRITE = 0x10;
    static final int IN_OPEN = 0x20;
    static final int IN_MOVED_FROM = 0x40;
    static final int IN_MOVED_TO = 0x80;
    static final int IN_CREATE = 0x100;
    static final int IN_DELETE = 0x200;
    static final int IN_DELETE_SELF = 0x400;
    static final int IN_MOVE_SELF = 0x800;
    static final int IN_UNMOUNT = 0x2000;
    static final int IN_ISDIR = 0x40000000;

    final Knotes knotes;
    final FileStatus file;

    WatchingKnote(Change change, Knotes knotes, FileStatus file) {
        super(change);
        this.knotes = knotes;
        this.file = file;
    }

    /** What inotify is to report for a watch, at least one bit; 0 is the one that is about to be made. */
    abstract int interest(int wd);

    /**
     * Takes an event.
     *
     * @param wd the watch it comes from
     * @param mask inotify's
     * @param inside whether it happened to an entry of the directory, not to itself
     * @param cookie what the two halves of a rename have in common
     * @return whether to look at the knote
     */
    abstract boolean happened(int wd, int mask, boolean inside, int cookie);

    /** Nothing is left to read for now. Returns whether to look at the knote. */
    boolean quiet() {
        return false;
    }

    /** The path by which the system finds what a watch is of. */
    String path(int wd) {
        return "/proc/self/fd/" + file.fd();
    }

    @Override
    final boolean isGone() {
        return knotes.calls.isGone(file);
    }
}
