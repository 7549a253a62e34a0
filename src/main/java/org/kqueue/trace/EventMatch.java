package org.kqueue.trace;

import java.util.ArrayList;
import java.util.List;

/**
 * Entries of two calls laid against each other, whatever their order.
 *
 * @param missing recorded, without one that says the same
 * @param unexpected seen, without one that says the same
 */
record EventMatch(List<TraceStep.Seen> missing, List<TraceStep.Seen> unexpected) {

    static EventMatch of(TraceStep recorded, TraceStep seen) {
        List<TraceStep.Seen> missing = new ArrayList<>();
        List<TraceStep.Seen> unexpected = new ArrayList<>(seen.events());
        for (TraceStep.Seen event : recorded.events()) {
            int i = 0;
            while (i < unexpected.size() && !event.agrees(unexpected.get(i))) {
                i++;
            }
            if (i < unexpected.size()) {
                unexpected.remove(i);
            } else {
                missing.add(event);
            }
        }
        return new EventMatch(missing, unexpected);
    }

    boolean isSame() {
        return missing.isEmpty() && unexpected.isEmpty();
    }

    /** Whether the entries of changes, which come first and in the order of the changes, are the same. */
    static boolean sameChangeResults(TraceStep recorded, TraceStep seen) {
        List<TraceStep.Seen> expected = recorded.events().stream().filter(event -> !event.isEvent()).toList();
        List<TraceStep.Seen> actual = seen.events().stream().filter(event -> !event.isEvent()).toList();
        if (expected.size() != actual.size()) {
            return false;
        }
        for (int i = 0; i < expected.size(); i++) {
            if (!expected.get(i).agrees(actual.get(i))) {
                return false;
            }
        }
        return true;
    }
}
