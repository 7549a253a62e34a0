package org.kqueue.trace;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.kqueue.KeventFlags;

/** Where the state of a knote is another one here than on the recording kernel, after an allowed difference. */
final class Divergence {

    private final KnoteModel model;
    /** Knotes that the recording kernel has and this one has deleted with an event. */
    private final Set<String> gone = new HashSet<>();
    /** DISPATCH knotes that are enabled on the recording kernel, and disabled by an event here; with that event. */
    private final Map<String, TraceStep.Seen> idle = new LinkedHashMap<>();
    /** Knotes whose last event was recorded and not seen. */
    private final Set<String> missed = new HashSet<>();

    Divergence(KnoteModel model) {
        this.model = model;
    }

    private static String key(String kqueue, TraceStep.Seen event) {
        return KnoteModel.key(kqueue, event.name(), event.filter());
    }

    /** Whether the recording kernel has a knote that an event has deleted here. */
    boolean isGone(String kqueue, String name, String filter) {
        return gone.contains(KnoteModel.key(kqueue, name, filter));
    }

    /** Whether the recording kernel has a knote enabled that an event has disabled here. */
    boolean isIdle(String kqueue, String name, String filter) {
        return idle.containsKey(KnoteModel.key(kqueue, name, filter));
    }

    /** Whether a knote's last event was recorded and not seen. */
    boolean isMissed(String kqueue, TraceStep.Seen event) {
        return missed.contains(key(kqueue, event));
    }

    /** An event that was seen and not recorded, or with ONESHOT where it was recorded without. */
    void firedHereOnly(String kqueue, TraceStep.Seen event) {
        int flags = model.flags(kqueue, event.name(), event.filter());
        if (event.has(KeventFlags.EV_ONESHOT)) {
            gone.add(key(kqueue, event));
        } else if ((flags & KeventFlags.EV_DISPATCH) != 0 && (flags & KeventFlags.EV_CLEAR) == 0) {
            idle.put(key(kqueue, event), event);
        }
    }

    /** Events that were recorded and not seen: a level knote is in that kernel's queue now, and not in this one's. */
    void missed(String kqueue, List<TraceStep.Seen> events) {
        events.forEach(event -> missed.add(key(kqueue, event)));
    }

    /** The recording kernel has delivered a knote: one with DISPATCH is disabled on both systems now. */
    void fired(String key) {
        idle.remove(key);
        missed.remove(key);
    }

    /** A change that both systems understand alike. */
    void enabledOrDisabled(String key) {
        idle.remove(key);
    }

    /** The recording kernel has deleted a knote. */
    void remove(String key) {
        gone.remove(key);
        idle.remove(key);
        missed.remove(key);
    }

    /** The changes that enable the idle knotes which the last line has woken; they are idle no more. */
    List<TraceStep> enableWoken(TraceStep line) {
        List<TraceStep> changes = new ArrayList<>();
        idle.entrySet().removeIf(entry -> {
            TraceStep.Seen event = entry.getValue();
            String kqueue = entry.getKey().split(" ")[0];
            boolean woken = model.isWoken(kqueue, event, KnoteModel.Cause.SHUT,
                    event.filter().equals("READ") ? KnoteModel.Cause.PEER_WRITE : KnoteModel.Cause.PEER_READ);
            if (woken) {
                changes.add(line.change(kqueue,
                        new TraceStep.Change(event.name(), event.filter(), KeventFlags.EV_ENABLE, event.udata())));
            }
            return woken;
        });
        return changes;
    }
}
