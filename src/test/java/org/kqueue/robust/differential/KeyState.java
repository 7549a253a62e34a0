package org.kqueue.robust.differential;

import java.nio.channels.SelectionKey;

/**
 * The visible state of one key.
 *
 * @param ready what selects have found since the key was selected, as the ready set is specified; 0 for a key that is
 *     not selected. Not readyOps(): the JDK drops what was in it when it sees an error
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
