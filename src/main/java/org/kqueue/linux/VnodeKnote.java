package org.kqueue.linux;

import static org.kqueue.linux.LinuxLibrary.IN_ACCESS;
import static org.kqueue.linux.LinuxLibrary.IN_ATTRIB;
import static org.kqueue.linux.LinuxLibrary.IN_CLOSE_NOWRITE;
import static org.kqueue.linux.LinuxLibrary.IN_CLOSE_WRITE;
import static org.kqueue.linux.LinuxLibrary.IN_CREATE;
import static org.kqueue.linux.LinuxLibrary.IN_DELETE;
import static org.kqueue.linux.LinuxLibrary.IN_DELETE_SELF;
import static org.kqueue.linux.LinuxLibrary.IN_ISDIR;
import static org.kqueue.linux.LinuxLibrary.IN_MODIFY;
import static org.kqueue.linux.LinuxLibrary.IN_MOVED_FROM;
import static org.kqueue.linux.LinuxLibrary.IN_MOVED_TO;
import static org.kqueue.linux.LinuxLibrary.IN_MOVE_SELF;
import static org.kqueue.linux.LinuxLibrary.IN_OPEN;
import static org.kqueue.linux.LinuxLibrary.IN_UNMOUNT;

import java.util.Map;
import org.kqueue.Errno;
import org.kqueue.KeventFlags;
import org.kqueue.KeventLayout;
import org.kqueue.Note;

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

    VnodeKnote(Change change, KeventLayout layout, Watches watches) {
        super(change);
        this.layout = layout;
        this.watches = watches;
    }

    @Override
    int attach(Memory memory) {
        int errno = FileIdentity.errno(memory, ident, 0);
        if (errno != 0) {
            return errno;
        }
        int kind = memory.mode() & LinuxLibrary.S_IFMT;
        if (asksForLocks(sfflags) || kind == LinuxLibrary.S_IFSOCK || kind == LinuxLibrary.S_IFIFO || kind == 0) {
            return Errno.EINVAL;
        }
        file = FileIdentity.of((int) ident, memory);
        size = memory.size();
        links = memory.links();
        wd = watches.add(memory, this);
        if (wd >= 0 && kind == LinuxLibrary.S_IFDIR) {
            watchParent(memory);
        }
        return wd < 0 ? -wd : 0;
    }

    /** Nothing tells of a lock that is released. */
    private boolean asksForLocks(int fflags) {
        return (fflags & number(Note.NOTE_FUNLOCK)) != 0;
    }

    @Override
    int touch(Memory memory, Change change) {
        if (asksForLocks(change.fflags)) {
            return Errno.EINVAL;
        }
        // What happened until now happened under the old mask.
        watches.drain(memory);
        int before = sfflags;
        super.touch(memory, change);
        if (sfflags != before) {
            watches.narrow(memory, wd);
            watches.narrow(memory, parent);
            if (Descriptor.look(memory, file.fd()) == 0) {
                size = memory.size();
                links = memory.links();
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

    private void watchParent(Memory memory) {
        parent = watches.addParent(memory.parentPath(file.fd()), parentInterest(), wd, this);
    }

    @Override
    public long path(Memory memory, int watch) {
        return isParent(watch) ? memory.parentPath(file.fd()) : memory.descriptorPath(file.fd());
    }

    @Override
    public boolean happened(Memory memory, int watch, int mask, boolean inside, int cookie) {
        if (isGone(memory)) {
            return false;
        }
        int nowLinks = memory.links();
        long nowSize = memory.size();
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
            moved(memory);
        }
        note((mask & IN_OPEN) != 0 ? number(Note.NOTE_OPEN) : 0);
        note((mask & IN_CLOSE_NOWRITE) != 0 ? number(Note.NOTE_CLOSE) : 0);
        note((mask & IN_CLOSE_WRITE) != 0 ? number(Note.NOTE_CLOSE_WRITE) : 0);
        note((mask & IN_ACCESS) != 0 ? number(Note.NOTE_READ) : 0);
        return true;
    }

    /** A directory may be in another one now. */
    private void moved(Memory memory) {
        if (parent > 0) {
            watches.remove(memory, parent, this);
            watchParent(memory);
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
    boolean isGone(Memory memory) {
        return file.isGone(memory);
    }

    @Override
    void refresh(Memory memory) {
        // A level knote may be ahead of inotify's own event in epoll's list.
        watches.drain(memory);
    }

    @Override
    boolean evaluate(Memory memory) {
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
    void detach(Memory memory) {
        watches.remove(memory, wd, this);
        watches.remove(memory, parent, this);
    }
}
