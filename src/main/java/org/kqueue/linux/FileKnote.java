package org.kqueue.linux;

import org.kqueue.Errno;
import org.kqueue.Filter;
import org.kqueue.KeventLayout;
import org.kqueue.Note;

/**
 * READ and WRITE of regular files and directories, which epoll refuses. READ is ready where the offset is not at the
 * end of the file, and is looked at again when the file was written to; WRITE is always ready. Guarded by the kqueue's
 * lock.
 */
final class FileKnote extends SoftKnote implements Watches.Watcher {

    private final KeventLayout layout;
    private final Watches watches;
    private FileIdentity file;
    private int wd;

    FileKnote(Change change, KeventLayout layout, Watches watches) {
        super(change);
        this.layout = layout;
        this.watches = watches;
    }

    /** Whether {@link Descriptor#look} has just seen a file that epoll does not take. */
    static boolean isFile(Memory memory) {
        int kind = memory.mode() & LinuxLibrary.S_IFMT;
        return kind == LinuxLibrary.S_IFREG || kind == LinuxLibrary.S_IFDIR;
    }

    @Override
    int attach(Memory memory) {
        int errno = FileIdentity.errno(memory, ident, 0);
        if (errno != 0) {
            return errno;
        }
        file = FileIdentity.of((int) ident, memory);
        if (filter == Filter.EVFILT_READ) {
            wd = watches.add(memory, this);
        }
        return wd < 0 ? -wd : 0;
    }

    @Override
    public int interest(int watch) {
        return LinuxLibrary.IN_MODIFY;
    }

    @Override
    public long path(Memory memory, int watch) {
        return memory.descriptorPath(file.fd());
    }

    @Override
    public boolean happened(Memory memory, int watch, int mask, boolean inside, int cookie) {
        return (mask & LinuxLibrary.IN_MODIFY) != 0 && !inside;
    }

    @Override
    boolean isGone(Memory memory) {
        return file.isGone(memory);
    }

    @Override
    boolean evaluate(Memory memory) {
        if (filter == Filter.EVFILT_WRITE) {
            eventData = 0;
            return true;
        }
        if (Descriptor.look(memory, file.fd()) != 0) {
            return false;
        }
        long size = memory.size();
        eventData = size - LinuxLibrary.lseek(file.fd(), 0, LinuxLibrary.SEEK_CUR);
        return eventData != 0 || has(Note.NOTE_FILE_POLL) || has(Note.NOTE_EOF);
    }

    private boolean has(Note note) {
        return layout.has(note) && (sfflags & layout.number(note)) != 0;
    }

    @Override
    void detach(Memory memory) {
        if (wd > 0) {
            watches.remove(memory, wd, this);
        }
    }
}
