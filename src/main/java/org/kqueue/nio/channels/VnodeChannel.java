package org.kqueue.nio.channels;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.kqueue.ClosedKqueueException;
import org.kqueue.Errno;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.KeventException;
import org.kqueue.Kqueue;
import org.kqueue.Note;

/**
 * Files and directories that change ({@code EVFILT_VNODE}). One channel watches any number of them; each costs an open
 * descriptor.
 *
 * <pre>{@code
 * VnodeChannel files = VnodeChannel.open();
 * files.configureBlocking(false);
 * files.register(selector, SelectionKey.OP_READ);
 * files.watch(Path.of("server.conf"));
 * }</pre>
 *
 * <p>What is watched is the file, not its name: it is followed through a rename, and a new file of the same name is not
 * seen. A program that replaces a file by renaming another over it is seen as {@link Note#NOTE_DELETE} of the old one;
 * {@link #watch} of the path then watches the new one. A directory reports {@link Note#NOTE_WRITE} when an entry
 * appears, goes or is renamed, but not which.
 */
public abstract class VnodeChannel extends EventChannel {

    /** What every system reports, and what {@link #watch} asks for where nothing is named. */
    private static final Note[] PORTABLE = {
        Note.NOTE_DELETE, Note.NOTE_WRITE, Note.NOTE_EXTEND, Note.NOTE_ATTRIB, Note.NOTE_LINK, Note.NOTE_RENAME,
        Note.NOTE_REVOKE,
    };

    private record Watched(Path path, OpenFile file, long serial) {
    }

    // guarded by byPath: byPath, bySerial, lastSerial
    private final Map<Path, Watched> byPath = new HashMap<>();
    /**
     * By udata: an event that was on its way when its file was closed finds nothing, though the descriptor's number is
     * in use.
     */
    private final Map<Long, Watched> bySerial = new HashMap<>();
    private long lastSerial;

    VnodeChannel(Kqueue kqueue) {
        super(kqueue);
    }

    /**
     * Opens a channel that watches nothing yet.
     *
     * @return a new channel, in blocking mode
     * @throws UnsupportedOperationException where the kqueue has no {@code EVFILT_VNODE}
     * @throws IOException if the system refuses
     */
    public static VnodeChannel open() throws IOException {
        return open(Filter.EVFILT_VNODE, kqueue -> Leaves.vnode(kqueue));
    }

    /**
     * Watches a file or directory, from now on. If the path is watched already, the file that it names now takes the
     * place of the other.
     *
     * @param path a file or directory that may be read; symbolic links are followed
     * @param changes what to report; none means DELETE, WRITE, EXTEND, ATTRIB, LINK, RENAME and REVOKE
     * @throws java.nio.file.NoSuchFileException where there is no such file
     * @throws IllegalArgumentException for a note that is not one of {@code EVFILT_VNODE}
     * @throws UnsupportedOperationException for a note that this system does not have
     * @throws java.nio.channels.ClosedChannelException if the channel is closed
     * @throws IOException if the system refuses
     */
    public void watch(Path path, Note... changes) throws IOException {
        ensureOpen();
        OpenFile file = OpenFile.open(path);
        boolean done = false;
        try {
            synchronized (byPath) {
                // Under the lock: close() closes the files under it, after the channel has become closed.
                ensureOpen();
                Watched subject = new Watched(path, file, ++lastSerial);
                kqueue.add(Filter.vnode(file.fd(), changes.length == 0 ? PORTABLE
                        : changes).edgeTriggered().udata(subject.serial));
                done = true;
                bySerial.put(subject.serial, subject);
                Watched before = byPath.put(path, subject);
                if (before != null) {
                    bySerial.remove(before.serial);
                    before.file.close();
                }
            }
        } catch (ClosedKqueueException e) {
            throw asynchronousClose(e);
        } finally {
            if (!done) {
                file.close();
            }
        }
    }

    /**
     * Watches a path no longer; what was not read is dropped.
     *
     * @param path as it was given to {@link #watch}
     * @return false if it was not watched
     * @throws java.nio.channels.ClosedChannelException if the channel is closed
     * @throws IOException if the kernel refuses
     */
    public boolean unwatch(Path path) throws IOException {
        synchronized (byPath) {
            ensureOpen();
            Watched subject = byPath.remove(Objects.requireNonNull(path, "path"));
            if (subject == null) {
                return false;
            }
            bySerial.remove(subject.serial);
            forget(subject);
            return true;
        }
    }

    private void forget(Watched subject) throws IOException {
        try {
            kqueue.delete(Filter.vnode(subject.file.fd()));
        } catch (KeventException e) {
            // ENOENT: a revoked file loses its knote on some systems.
            if (e.errno() != Errno.ENOENT) {
                throw e;
            }
        } finally {
            subject.file.close();
        }
    }

    /**
     * Reads the next file that has changed. In blocking mode waits for one.
     *
     * @return the file and all that happened to it since it was read last; null if there is none in non-blocking mode
     * @throws java.nio.channels.ClosedChannelException if the channel is closed, before or while this method waits
     * @throws IOException if the kernel refuses
     */
    public VnodeEvent read() throws IOException {
        return readOne(this::translate);
    }

    /**
     * Reads what is there. In blocking mode waits for the first.
     *
     * @param into where events are added, one for each file that has changed
     * @param max the most to add
     * @return the number added
     * @throws java.nio.channels.ClosedChannelException if the channel is closed, before or while this method waits
     * @throws IOException if the kernel refuses
     */
    public int read(Collection<? super VnodeEvent> into, int max) throws IOException {
        return readMany(into, max, this::translate);
    }

    private VnodeEvent translate(EventList events, int index) {
        Watched subject;
        synchronized (byPath) {
            subject = bySerial.get(events.udata(index));
        }
        if (subject == null) {
            return null;
        }
        int fflags = events.fflags(index);
        Set<Note> changes = EnumSet.noneOf(Note.class);
        for (Note note : Note.values()) {
            if (note.belongsTo(Filter.EVFILT_VNODE) && events.layout().has(note)
                    && (fflags & events.layout().number(note)) != 0) {
                changes.add(note);
            }
        }
        return new VnodeEvent(subject.path, changes);
    }

    @Override
    void disarm() throws IOException {
        synchronized (byPath) {
            IOException failure = null;
            for (Watched subject : byPath.values()) {
                try {
                    forget(subject);
                } catch (IOException e) {
                    failure = e;
                }
            }
            byPath.clear();
            bySerial.clear();
            if (failure != null) {
                throw failure;
            }
        }
    }

    @Override
    String watched() {
        synchronized (byPath) {
            return byPath.size() + " files";
        }
    }
}
