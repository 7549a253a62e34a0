package org.kqueue.linux.knotes;

import org.kqueue.Filter;
import org.kqueue.Note;
import org.kqueue.linux.changes.Change;

/**
 * READ and WRITE of regular files and directories, which epoll refuses. READ is ready where the offset is not at the
 * end of the file, and is looked at again when the file was written to; WRITE is always ready. Guarded by the kqueue's
 * lock.
 */
final class FileKnote extends WatchingKnote {

    private int wd;

    FileKnote(Change change, Knotes knotes, FileStatus file) {
        super(change, knotes, file);
    }

    @Override
    int attach() {
        if (filter == Filter.EVFILT_READ) {
            wd = knotes.watches.add(this);
        }
        return wd < 0 ? -wd : 0;
    }

    @Override
    int interest(int watch) {
        return IN_MODIFY;
    }

    @Override
    boolean happened(int watch, int mask, boolean inside, int cookie) {
        return (mask & IN_MODIFY) != 0 && !inside;
    }

    @Override
    boolean evaluate() {
        if (filter == Filter.EVFILT_WRITE) {
            eventData = 0;
            return true;
        }
        // lseek throws if the descriptor was closed meanwhile.
        eventData = knotes.calls.look(file.fd()).size() - knotes.calls.offset(file.fd());
        return eventData != 0
                || (sfflags & (knotes.number(Note.NOTE_FILE_POLL) | knotes.number(Note.NOTE_EOF))) != 0;
    }

    @Override
    void detach() {
        if (wd > 0) {
            knotes.watches.remove(wd, this);
        }
    }
}
