package org.kqueue.trace;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.kqueue.KeventFlags;

/**
 * A named difference between the recording kernel and this one. Each is a predicate on what was recorded, what was seen and what the
 * trace's own record says about the knotes; none knows a trace by number.
 */
enum AllowedDifference {

    /**
     * The same entries in another order, where the list had room for more than were ready: kqueue promises no order, and an
     * emulation has the one of its mechanism. Entries of changes keep theirs.
     */
    ORDER {
        @Override
        boolean allows(TraceStep recorded, TraceStep seen, KnoteModel model) {
            return recorded.isKevent() && recorded.events().size() < recorded.room()
                    && recorded.outcome().equals(seen.outcome())
                    && EventMatch.of(recorded, seen).isSame() && EventMatch.sameChangeResults(recorded, seen);
        }
    },

    /**
     * Linux reports ECONNRESET once to the reader of a socket pair whose other end was closed with unread data; a BSD reports the
     * end of the stream. The replay reads again, and that result must be the recorded one.
     */
    RESET_BEFORE_END {
        @Override
        boolean allows(TraceStep recorded, TraceStep seen, KnoteModel model) {
            boolean end = recorded.verb().equals("R") && "0".equals(recorded.outcome()) && "-1 err 54".equals(seen.outcome())
                    || recorded.verb().equals("DRAIN") && "eof".equals(recorded.outcome())
                    && "err 54".equals(seen.outcome());
            return end && KnoteModel.isPair(recorded.operand(0));
        }

        @Override
        boolean repeats() {
            return true;
        }
    },

    /**
     * A ONESHOT knote that became active and whose data was read before the scan fires with the stale state on the
     * recording kernels. A backend that looks again stays silent and keeps the knote; the replay then deletes it.
     */
    STALE_ONESHOT {
        @Override
        boolean allows(TraceStep recorded, TraceStep seen, KnoteModel model) {
            EventMatch match = EventMatch.of(recorded, seen);
            return recorded.isKevent() && EventMatch.sameChangeResults(recorded, seen) && !match.missing().isEmpty()
                    && match.unexpected().isEmpty() && match.missing().stream().allMatch(event -> event.isEvent()
                            && event.has(KeventFlags.EV_ONESHOT) && event.filter().equals("READ")
                            && model.wasRead(recorded.operand(0), event.name()));
        }

        @Override
        boolean deletesMissing() {
            return true;
        }
    };

    abstract boolean allows(TraceStep recorded, TraceStep seen, KnoteModel model);

    /** Whether the operation is to be performed again, and compared strictly. */
    boolean repeats() {
        return false;
    }

    /** Whether the knotes of recorded events that were not seen are to be deleted. */
    boolean deletesMissing() {
        return false;
    }

    /** The differences between kernels of one kind: what kqueue leaves open, and what lies outside it. */
    static Set<AllowedDifference> everywhere() {
        return EnumSet.of(ORDER, RESET_BEFORE_END, STALE_ONESHOT);
    }

    static Set<AllowedDifference> of(List<String> names) {
        EnumSet<AllowedDifference> rules = EnumSet.noneOf(AllowedDifference.class);
        names.forEach(name -> rules.add(valueOf(name)));
        return rules;
    }
}
