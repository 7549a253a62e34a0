package org.kqueue.linux.knotes;

import static org.kqueue.linux.knotes.Watches.IN_ACCESS;
import static org.kqueue.linux.knotes.Watches.IN_ATTRIB;
import static org.kqueue.linux.knotes.Watches.IN_CLOSE_NOWRITE;
import static org.kqueue.linux.knotes.Watches.IN_CLOSE_WRITE;
import static org.kqueue.linux.knotes.Watches.IN_CREATE;
import static org.kqueue.linux.knotes.Watches.IN_DELETE;
import static org.kqueue.linux.knotes.Watches.IN_DELETE_SELF;
import static org.kqueue.linux.knotes.Watches.IN_ISDIR;
import static org.kqueue.linux.knotes.Watches.IN_MODIFY;
import static org.kqueue.linux.knotes.Watches.IN_MOVED_FROM;
import static org.kqueue.linux.knotes.Watches.IN_MOVED_TO;
import static org.kqueue.linux.knotes.Watches.IN_MOVE_SELF;
import static org.kqueue.linux.knotes.Watches.IN_OPEN;
import static org.kqueue.linux.knotes.Watches.IN_UNMOUNT;

import java.util.Map;
import org.kqueue.Errno;
import org.kqueue.KeventFlags;
import org.kqueue.KeventLayout;
import org.kqueue.Note;
import org.kqueue.linux.changes.Change;
import org.kqueue.linux.epoll.FileStatus;
import org.kqueue.linux.epoll.LinuxCalls;

/**
 * EVFILT_VNODE. inotify says that a file was modified or its attributes changed; whether it grew, and whether it gained
 * or lost a name, is told from its size and link count before and after. Guarded by the kqueue's lock.
 *
 * <p>What differs from FreeBSD: a file made longer by {@code ftruncate} looks like one written past its end; a read of
 * nothing is not reported; a write and a truncation that are seen together are one. inotify keeps silent about a
 * removed directory while a descriptor of it is open, so the directory that it is in is watched, too.
 */
final class VnodeKnote extends SoftKnote implements Watches.Watcher {

    private static final int INSIDE = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO;
    /** What inotify has to report for each note. */
    private static final Map<Note, Integer> MASKS = Map.ofEntries(
            Map.entry(Note.NOTE_DELETE, IN_DELETE_SELF | IN_ATTRIB), Map.entry(Note.NOTE_LINK, IN_ATTRIB | INSIDE),
            Map.entry(Note.NOTE_WRITE, IN_MODIFY | INSIDE), Map.entry(Note.NOTE_EXTEND, IN_MODIFY | INSIDE),
            Map.entry(Note.NOTE_TRUNCATE, IN_MODIFY), Map.entry(Note.NOTE_ATTRIB, IN_ATTRIB | IN_MODIFY),
            Map.entry(Note.NOTE_RENAME, IN_MOVE_SELF), Map.entry(Note.NOTE_OPEN, IN_OPEN),
            Map.entry(Note.NOTE_CLOSE, IN_CLOSE_NOWRITE), Map.entry(Note.NOTE_CLOSE_WRITE, IN_CLOSE_WRITE),
            Map.entry(Note.NOTE_READ, IN_ACCESS));

    private final KeventLayout layout;
    private final LinuxCalls calls;
    private final Watches watches;
    private FileIdentity file;
    private int wd;
    /** The watch of a directory's parent, or 0. */
    private int parent;
    private long size;
    private int links;
    private int happened;
    /** The first half of a rename that awaits its second, or 0. */
    private int movedFrom;

    VnodeKnote(Change change, KeventLayout layout, LinuxCalls calls, Watches watches) {
        super(change);
        this.layout = layout;
        this.calls = calls;
        this.watches = watches;
    }

    @Override
    int attach() {
        file = FileIdentity.of(calls, ident);
        FileStatus now = file.status();
        if (now.errno() != 0) {
            return now.errno();
        }
        if (asksForLocks(sfflags) || now.isSocket() || now.isPipe() || now.isAnonymous()) {
            return Errno.EINVAL;
        }
        size = now.size();
        links = now.links();
        wd = watches.add(this);
        if (wd >= 0 && now.isDirectory()) {
            watchParent();
        }
        return wd < 0 ? -wd : 0;
    }

    /** Nothing tells of a lock that is released. */
    private boolean asksForLocks(int fflags) {
        return (fflags & number(Note.NOTE_FUNLOCK)) != 0;
    }

    @Override
    int touch(Change change) {
        if (asksForLocks(change.fflags)) {
            return Errno.EINVAL;
        }
        // What happened until now happened under the old mask.
        watches.drain();
        int before = sfflags;
        super.touch(change);
        if (sfflags != before) {
            watches.narrow(wd);
            watches.narrow(parent);
            FileStatus now = calls.look(file.fd());
            if (now.errno() == 0) {
                size = now.size();
                links = now.links();
            }
        }
        return 0;
    }

    @Override
    public int interest(int watch) {
        if (isParent(watch)) {
            return parentInterest();
        }
        // inotify refuses a mask of nothing.
        int mask = IN_DELETE_SELF;
        for (Map.Entry<Note, Integer> entry : MASKS.entrySet()) {
            mask |= (sfflags & number(entry.getKey())) != 0 ? entry.getValue() : 0;
        }
        return mask;
    }

    private int parentInterest() {
        return (sfflags & number(Note.NOTE_DELETE)) != 0 ? IN_DELETE : IN_DELETE_SELF;
    }

    private boolean isParent(int watch) {
        return watch == parent && parent > 0;
    }

    private void watchParent() {
        parent = watches.addParent(parentPath(), parentInterest(), wd, this);
    }

    @Override
    public String path(int watch) {
        return isParent(watch) ? parentPath() : Watches.path(file.fd());
    }

    private String parentPath() {
        return Watches.path(file.fd()) + "/..";
    }

    @Override
    public boolean happened(int watch, int mask, boolean inside, int cookie) {
        FileStatus now = calls.look(file.fd());
        if (!file.status().isSameFile(now)) {
            return false;
        }
        int nowLinks = now.links();
        long nowSize = now.size();
        if (isParent(watch)) {
            if (nowLinks == 0 && links != 0) {
                links = 0;
                note(number(Note.NOTE_DELETE));
            }
            return true;
        }
        if (inside) {
            directoryChanged(mask, cookie);
            // A directory in it is a link to it, and is told as that. 0 is left to the event of its removal.
            links = nowLinks > 0 ? nowLinks : links;
            return true;
        }
        if ((mask & IN_ATTRIB) != 0) {
            note(nowLinks < links ? number(Note.NOTE_DELETE) : nowLinks > links ? number(Note.NOTE_LINK)
                    : number(Note.NOTE_ATTRIB));
            links = nowLinks;
        }
        if ((mask & IN_MODIFY) != 0) {
            note(nowSize > size ? number(Note.NOTE_WRITE) | number(Note.NOTE_EXTEND)
                    : nowSize == size ? number(Note.NOTE_WRITE)
                    : layout.has(Note.NOTE_TRUNCATE) ? number(Note.NOTE_TRUNCATE) : number(Note.NOTE_ATTRIB));
            size = nowSize;
        }
        note(((mask & IN_DELETE_SELF) != 0 ? number(Note.NOTE_DELETE) : 0)
                | ((mask & IN_UNMOUNT) != 0 ? number(Note.NOTE_REVOKE) : 0));
        if ((mask & IN_MOVE_SELF) != 0) {
            note(number(Note.NOTE_RENAME));
            moved();
        }
        note((mask & IN_OPEN) != 0 ? number(Note.NOTE_OPEN) : 0);
        note((mask & IN_CLOSE_NOWRITE) != 0 ? number(Note.NOTE_CLOSE) : 0);
        note((mask & IN_CLOSE_WRITE) != 0 ? number(Note.NOTE_CLOSE_WRITE) : 0);
        note((mask & IN_ACCESS) != 0 ? number(Note.NOTE_READ) : 0);
        return true;
    }

    /** A directory may be in another one now. */
    private void moved() {
        if (parent > 0) {
            watches.remove(parent, this);
            watchParent();
        }
    }

    @Override
    public boolean quiet() {
        if (movedFrom == 0) {
            return false;
        }
        // The halves of a rename come together: the other one was of another directory.
        movedFrom = 0;
        note(number(Note.NOTE_WRITE) | number(Note.NOTE_EXTEND));
        return true;
    }

    /** An entry of the directory came or went. Other events of entries are theirs. */
    private void directoryChanged(int mask, int cookie) {
        if ((mask & INSIDE) == 0) {
            return;
        }
        int notes = number(Note.NOTE_WRITE);
        if ((mask & (IN_CREATE | IN_DELETE)) != 0) {
            notes |= (mask & IN_ISDIR) != 0 ? number(Note.NOTE_LINK) : 0;
        } else if ((mask & IN_MOVED_FROM) != 0) {
            movedFrom = cookie;
        } else if (movedFrom != cookie) {
            // Came from another directory.
            notes |= number(Note.NOTE_EXTEND);
        } else {
            movedFrom = 0;
        }
        note(notes);
    }

    /** As FreeBSD: what was asked for brings along what happened with it. */
    private void note(int notes) {
        if ((sfflags & notes) != 0) {
            happened |= notes;
        }
    }

    private int number(Note note) {
        return layout.has(note) ? layout.number(note) : 0;
    }

    @Override
    boolean isGone() {
        return file.isGone(calls);
    }

    @Override
    void refresh() {
        // A level knote may be ahead of inotify's own event in epoll's list.
        watches.drain();
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
        watches.remove(wd, this);
        watches.remove(parent, this);
    }
}
