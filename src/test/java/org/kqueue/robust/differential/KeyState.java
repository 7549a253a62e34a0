package org.kqueue.robust.differential;

import java.nio.channels.SelectionKey;

/**
 * What one registration shows.
 *
 * @param ready what selects have found of a key since it was selected, as the specification has its ready set. The JDK
 *     drops what was in it when it sees an error. It says nothing of a key that is not selected
 */
record KeyState(boolean valid, int interest, boolean selected, int ready) {

    static KeyState of(SelectionKey key, boolean selected, int ready) {
        return key.isValid() ? new KeyState(true, key.interestOps(), selected, selected ? ready : 0)
                : new KeyState(false, 0, selected, 0);
    }

    @Override
    public String toString() {
        return (valid ? "interest " + Op.names(interest) : "cancelled")
                + (selected ? ", selected, ready " + Op.names(ready) : "");
    }
}
