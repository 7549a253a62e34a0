package org.kqueue.nio.channels;

import java.nio.file.Path;
import java.util.Set;
import org.kqueue.Note;

/**
 * A file or directory has changed since the event before.
 *
 * @param path as it was given to the channel; the file may have been renamed since
 * @param changes what happened: {@link Note#NOTE_WRITE} and the like. Systems may add one that was not asked for
 */
public record VnodeEvent(Path path, Set<Note> changes) {

    /**
     * Copies the set.
     *
     * @param path not null
     * @param changes not null
     */
    public VnodeEvent {
        changes = Set.copyOf(changes);
    }

    /**
     * Whether a change is among those that happened.
     *
     * @param change such as {@link Note#NOTE_WRITE}
     * @return true if it is
     */
    public boolean has(Note change) {
        return changes.contains(change);
    }
}
