package org.kqueue.linux.knotes;

import java.util.Map;
import org.kqueue.Errno;
import org.kqueue.KeventFlags;
import org.kqueue.Note;
import org.kqueue.linux.changes.Change;

/**
 * EVFILT_VNODE. inotify says that a file was modified or its attributes changed; whether it grew, and whether it gained
 * or lost a name, is told from its size and link count before and after. Guarded by the kqueue's lock.
 *
 * <p>What differs from FreeBSD: a file made longer by {@code ftruncate} looks like one written past its end; a read of
 * nothing is not reported; a write and a truncation that are seen together are one. inotify does not report that a
 * directory was removed while a descriptor of it is open, so its parent is watched, too.
 */
final class VnodeKnote extends WatchingKnote {

    private static final int INSIDE = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO;
    /** What inotify has to report for each note. */
    private static final Map<Note, Integer> MASKS = Map.ofEntries(
            Map.entry(Note.NOTE_DELETE, IN_DELETE_SELF | IN_ATTRIB), Map.entry(Note.NOTE_LINK, IN_ATTRIB | INSIDE),
            Map.entry(Note.NOTE_WRITE, IN_MODIFY | INSIDE), Map.entry(Note.NOTE_EXTEND, IN_MODIFY | INSIDE),
            Map.entry(Note.NOTE_TRUNCATE, IN_MODIFY), Map.entry(Note.NOTE_ATTRIB, IN_ATTRIB | IN_MODIFY),
            Map.entry(Note.NOTE_RENAME, IN_MOVE_SELF), Map.entry(Note.NOTE_OPEN, IN_OPEN),
            Map.entry(Note.NOTE_CLOSE, IN_CLOSE_NOWRITE), Map.entry(Note.NOTE_CLOSE_WRITE, IN_CLOSE_WRITE),
            Map.entry(Note.NOTE_READ, IN_ACCESS));
    /** Events that are one note each. */
    private static final Map<Integer, Note> PLAIN = Map.of(IN_DELETE_SELF, Note.NOTE_DELETE,
            IN_UNMOUNT, Note.NOTE_REVOKE, IN_MOVE_SELF, Note.NOTE_RENAME, IN_OPEN, Note.NOTE_OPEN,
            IN_CLOSE_NOWRITE, Note.NOTE_CLOSE, IN_CLOSE_WRITE, Note.NOTE_CLOSE_WRITE, IN_ACCESS, Note.NOTE_READ);

    private int wd;
    /** The watch of a directory's parent, or 0. */
    private int parent;
    private long size;
    private int links;
    private int happened;
    /** The first half of a rename that awaits its second, or 0. */
    private int movedFrom;

    VnodeKnote(Change change, Knotes knotes, FileStatus file) {
        super(change, knotes, file);
    }

    @Override
    int attach() {
        if (asksForLocks(sfflags) || file.isSocket() || file.isPipe() || file.isAnonymous()) {
            return Errno.EINVAL;
        }
        size = file.size();
        links = file.links();
        wd = knotes.watches.add(this);
        if (wd >= 0 && file.isDirectory()) {
            watchParent();
        }
        return wd < 0 ? -wd : 0;
    }

    /** inotify does not report the release of a lock. */
    private boolean asksForLocks(int fflags) {
        return (fflags & knotes.number(Note.NOTE_FUNLOCK)) != 0;
    }

    @Override
    int touch(Change change) {
        if (asksForLocks(change.fflags)) {
            return Errno.EINVAL;
        }
        // What has happened by now happened under the old mask.
        knotes.watches.drain();
        int before = sfflags;
        super.touch(change);
        if (sfflags != before) {
            knotes.watches.narrow(wd);
            knotes.watches.narrow(parent);
            FileStatus now = knotes.calls.look(file.fd());
            if (now.errno() == 0) {
                size = now.size();
                links = now.links();
            }
        }
        return 0;
    }

    @Override
    int interest(int watch) {
        if (isParent(watch)) {
            return parentInterest();
        }
        // inotify refuses a mask of nothing.
        int mask = IN_DELETE_SELF;
        for (Map.Entry<Note, Integer> entry : MASKS.entrySet()) {
            mask |= (sfflags & knotes.number(entry.getKey())) != 0 ? entry.getValue() : 0;
        }
        return mask;
    }

    private int parentInterest() {
        return (sfflags & knotes.number(Note.NOTE_DELETE)) != 0 ? IN_DELETE : IN_DELETE_SELF;
    }

    private boolean isParent(int watch) {
        return watch == parent && parent > 0;
    }

    private void watchParent() {
        parent = knotes.watches.addParent(parentPath(), parentInterest(), wd, this);
    }

    @Override
    String path(int watch) {
        return isParent(watch) ? parentPath() : super.path(watch);
    }

    private String parentPath() {
        return super.path(0) + "/..";
    }

    @Override
    boolean happened(int watch, int mask, boolean inside, int cookie) {
        FileStatus now = knotes.calls.look(file.fd());
        if (!file.isSameFile(now)) {
            return false;
        }
        if (isParent(watch)) {
            if (now.links() == 0 && links != 0) {
                links = 0;
                note(Note.NOTE_DELETE);
            }
        } else if (inside) {
            directoryChanged(mask, cookie);
            // A directory in it is a link to it, and is told as that. 0 is left to the event of its removal.
            links = now.links() > 0 ? now.links() : links;
        } else {
            changed(mask, now);
        }
        return true;
    }

    private void changed(int mask, FileStatus now) {
        if ((mask & IN_ATTRIB) != 0) {
            note(now.links() < links ? Note.NOTE_DELETE : now.links() > links ? Note.NOTE_LINK : Note.NOTE_ATTRIB);
            links = now.links();
        }
        if ((mask & IN_MODIFY) != 0) {
            if (now.size() > size) {
                note(Note.NOTE_WRITE, Note.NOTE_EXTEND);
            } else {
                note(now.size() == size ? Note.NOTE_WRITE
                        : knotes.number(Note.NOTE_TRUNCATE) != 0 ? Note.NOTE_TRUNCATE : Note.NOTE_ATTRIB);
            }
            size = now.size();
        }
        PLAIN.forEach((bit, note) -> {
            if ((mask & bit) != 0) {
                note(note);
            }
        });
        if ((mask & IN_MOVE_SELF) != 0) {
            moved();
        }
    }

    /** A directory may be in another one now. */
    private void moved() {
        if (parent > 0) {
            knotes.watches.remove(parent, this);
            watchParent();
        }
    }

    @Override
    boolean quiet() {
        if (movedFrom == 0) {
            return false;
        }
        // The halves of a rename come together: the other one was of another directory.
        movedFrom = 0;
        note(Note.NOTE_WRITE, Note.NOTE_EXTEND);
        return true;
    }

    /** An entry of the directory came or went. Other events of entries are theirs. */
    private void directoryChanged(int mask, int cookie) {
        if ((mask & IN_MOVED_FROM) != 0) {
            movedFrom = cookie;
            note(Note.NOTE_WRITE);
        } else if ((mask & IN_MOVED_TO) != 0 && movedFrom == cookie) {
            movedFrom = 0;
            note(Note.NOTE_WRITE);
        } else if ((mask & IN_MOVED_TO) != 0) {
            // Came from another directory.
            note(Note.NOTE_WRITE, Note.NOTE_EXTEND);
        } else if ((mask & (IN_CREATE | IN_DELETE)) != 0 && (mask & IN_ISDIR) != 0) {
            note(Note.NOTE_WRITE, Note.NOTE_LINK);
        } else if ((mask & (IN_CREATE | IN_DELETE)) != 0) {
            note(Note.NOTE_WRITE);
        }
    }

    /** As FreeBSD: what was asked for brings along what happened with it. */
    private void note(Note... together) {
        int notes = 0;
        for (Note note : together) {
            notes |= knotes.number(note);
        }
        if ((sfflags & notes) != 0) {
            happened |= notes;
        }
    }

    @Override
    void refresh() {
        // inotify's event may be in epoll's list still.
        knotes.watches.drain();
    }

    @Override
    boolean evaluate() {
        eventFflags = happened;
        return happened != 0;
    }

    @Override
    void delivered() {
        if (has(KeventFlags.EV_CLEAR)) {
            happened = 0;
        }
    }

    @Override
    void detach() {
        knotes.watches.remove(wd, this);
        knotes.watches.remove(parent, this);
    }
}
