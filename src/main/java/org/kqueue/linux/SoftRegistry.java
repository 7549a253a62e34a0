package org.kqueue.linux;

import java.util.HashMap;
import java.util.Map;
import org.kqueue.Errno;
import org.kqueue.Filter;
import org.kqueue.KeventFlags;

/** The knotes of filters whose ident is no descriptor, and their changes. Guarded by the kqueue's lock. */
final class SoftRegistry {

    /** {@code EV_FORCEONESHOT} of FreeBSD: deliver once, now, and remove. */
    private static final int EV_FORCEONESHOT = 0x0100;

    private record Key(Filter filter, long ident) {
    }

    private final Map<Key, SoftKnote> knotes = new HashMap<>();
    private final SoftQueue queue;
    private final boolean forceOneshot;

    SoftRegistry(SoftQueue queue, boolean forceOneshot) {
        this.queue = queue;
        this.forceOneshot = forceOneshot;
    }

    int change(Change change) {
        Key key = new Key(change.filter, change.ident);
        SoftKnote knote = knotes.get(key);
        if (knote == null) {
            if (!change.has(KeventFlags.EV_ADD)) {
                return Errno.ENOENT;
            }
            knotes.put(key, new UserKnote(change));
            return 0;
        }
        if (change.has(KeventFlags.EV_DELETE)) {
            remove(knote);
            return 0;
        }
        if (forceOneshot && change.has(EV_FORCEONESHOT)) {
            knote.flags |= KeventFlags.EV_ONESHOT;
            ((UserKnote) knote).trigger();
        }
        knote.modify(change);
        ((UserKnote) knote).touch(change);
        queue.consider(knote);
        return 0;
    }

    void remove(SoftKnote knote) {
        queue.remove(knote);
        knotes.remove(new Key(knote.filter, knote.ident));
    }
}
