package org.kqueue.trace;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.kqueue.KeventFlags;

/** Changes recorded from NetBSD 7 as those that do the same on FreeBSD. */
final class NetbsdChanges {

    private NetbsdChanges() {
    }

    /**
     * A call with the changes that mean on FreeBSD what the recorded ones mean on NetBSD.
     *
     * @param used is told of each rule that the translation follows
     */
    static TraceStep asFreebsd(TraceStep recorded, KnoteModel model, Consumer<Rule> used) {
        List<TraceStep.Change> changes = new ArrayList<>();
        for (TraceStep.Change change : recorded.changes()) {
            if (model.apart().isGone(recorded.operand(0), change.name(), change.filter())) {
                used.accept(NetbsdDifference.NETBSD_PIPE_EOF_STAYS);
            } else {
                int flags = flags(change);
                if (flags != change.flags()) {
                    used.accept(NetbsdDifference.NETBSD_FLAGS);
                }
                changes.add(new TraceStep.Change(change.name(), change.filter(),
                        flags | enabling(recorded, change, model), change.udata()));
            }
        }
        return recorded.with(changes);
    }

    /** ADD wins over DELETE, ENABLE over DISABLE, CLEAR and ONESHOT over DISPATCH. */
    private static int flags(TraceStep.Change change) {
        int flags = change.flags();
        flags &= change.has(KeventFlags.EV_ADD) ? ~KeventFlags.EV_DELETE : -1;
        flags &= change.has(KeventFlags.EV_ENABLE) ? ~KeventFlags.EV_DISABLE : -1;
        flags &= change.has(KeventFlags.EV_CLEAR) || change.has(KeventFlags.EV_ONESHOT) ? ~KeventFlags.EV_DISPATCH : -1;
        return flags;
    }

    /** ADD looks again at a knote that is enabled there; here it is disabled, and ADD alone would leave it so. */
    private static int enabling(TraceStep recorded, TraceStep.Change change, KnoteModel model) {
        return change.has(KeventFlags.EV_ADD) && !change.has(KeventFlags.EV_DISABLE)
                && model.apart().isIdle(recorded.operand(0), change.name(), change.filter()) ? KeventFlags.EV_ENABLE
                : 0;
    }
}
