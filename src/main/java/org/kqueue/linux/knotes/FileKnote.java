package org.kqueue.linux.knotes;

import org.kqueue.Filter;
import org.kqueue.KeventLayout;
import org.kqueue.Note;
import org.kqueue.linux.changes.Change;
import org.kqueue.linux.epoll.FileStatus;
import org.kqueue.linux.epoll.LinuxCalls;

/**
 * READ and WRITE of regular files and directories, which epoll refuses. READ is ready where the offset is not at the
 * end of the file, and is looked at again when the file was written to; WRITE is always ready. Guarded by the kqueue's
 * lock.
 */
final class FileKnote extends SoftKnote implements Watches.Watcher {

    private final KeventLayout layout;
    private final LinuxCalls calls;
    private final Watches watches;
    private FileIdentity file;
    private int wd;

    FileKnote(Change change, KeventLayout layout, LinuxCalls calls, Watches watches) {
        super(change);
        this.layout = layout;
        this.calls = calls;
        this.watches = watches;
    }

    @Override
    int attach() {
        file = FileIdentity.of(calls, ident);
        if (file.errno() != 0) {
            return file.errno();
        }
        if (filter == Filter.EVFILT_READ) {
            wd = watches.add(this);
        }
        return wd < 0 ? -wd : 0;
    }

    @Override
    public int interest(int watch) {
        return Watches.IN_MODIFY;
    }

    @Override
    public String path(int watch) {
        return Watches.path(file.fd());
    }

    @Override
    public boolean happened(int watch, int mask, boolean inside, int cookie) {
        return (mask & Watches.IN_MODIFY) != 0 && !inside;
    }

    @Override
    boolean isGone() {
        return file.isGone(calls);
    }

    @Override
    boolean evaluate() {
        if (filter == Filter.EVFILT_WRITE) {
            eventData = 0;
            return true;
        }
        FileStatus now = calls.look(file.fd());
        if (now.errno() != 0) {
            return false;
        }
        eventData = now.size() - calls.offset(file.fd());
        return eventData != 0 || has(Note.NOTE_FILE_POLL) || has(Note.NOTE_EOF);
    }

    private boolean has(Note note) {
        return layout.has(note) && (sfflags & layout.number(note)) != 0;
    }

    @Override
    void detach() {
        if (wd > 0) {
            watches.remove(wd, this);
        }
    }
}
