package org.kqueue.trace;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The entries of a call as recorded and as seen, laid against each other; each difference must be accepted by a rule. A knote has one
 * event in a call at most, so events are told apart by their knotes.
 */
final class EventMatch {

    private final Call call;
    private final Set<AllowedDifference> rules;
    private final List<AllowedDifference> used = new ArrayList<>();
    private final List<TraceStep.Seen> missing = new ArrayList<>();
    private final List<TraceStep.Seen> unexpected;
    /** Where recorded events are in the list seen. */
    private final Map<TraceStep.Seen, TraceStep.Seen> pairs = new LinkedHashMap<>();
    private boolean accepted;
    private int displaced;

    EventMatch(Call call, Set<AllowedDifference> rules) {
        this.call = call;
        this.rules = rules;
        unexpected = new ArrayList<>(events(call.seen()));
        accepted = sameChangeResults() && pairUp();
        if (accepted) {
            leftOver();
        }
        accepted = accepted && sameOrder();
    }

    private static List<TraceStep.Seen> events(TraceStep step) {
        return step.events().stream().filter(TraceStep.Seen::isEvent).toList();
    }

    private static List<TraceStep.Seen> changeResults(TraceStep step) {
        return step.events().stream().filter(event -> !event.isEvent()).toList();
    }

    boolean isAccepted() {
        return accepted;
    }

    /** Events behind those that the list seen had no room for, because of others that were accepted: still in the queue. */
    int displaced() {
        return displaced;
    }

    /** Each use of a rule. */
    List<AllowedDifference> used() {
        return used;
    }

    /** Recorded events that were not seen, and are not displaced. */
    List<TraceStep.Seen> missing() {
        return missing;
    }

    private boolean use(Predicate<AllowedDifference> predicate) {
        for (AllowedDifference rule : rules) {
            if (predicate.test(rule)) {
                used.add(rule);
                return true;
            }
        }
        return false;
    }

    /** Whether the entries of changes, which come first and in the order of the changes, are the same. */
    private boolean sameChangeResults() {
        List<TraceStep.Seen> expected = changeResults(call.recorded());
        List<TraceStep.Seen> actual = changeResults(call.seen());
        if (expected.size() != actual.size()) {
            return use(rule -> rule.results(call));
        }
        for (int i = 0; i < expected.size(); i++) {
            TraceStep.Seen one = expected.get(i);
            TraceStep.Seen other = actual.get(i);
            if (!one.agrees(other) && !(one.sameKnote(other) && use(rule -> rule.instead(call, one, other)))) {
                return false;
            }
        }
        return true;
    }

    private boolean pairUp() {
        for (TraceStep.Seen event : events(call.recorded())) {
            TraceStep.Seen actual = unexpected.stream().filter(event::sameKnote).findFirst().orElse(null);
            if (actual == null) {
                missing.add(event);
                continue;
            }
            if (!event.agrees(actual) && !use(rule -> rule.instead(call, event, actual))) {
                return false;
            }
            unexpected.remove(actual);
            pairs.put(event, actual);
        }
        return true;
    }

    private void leftOver() {
        boolean full = call.seen().events().size() >= call.recorded().room();
        boolean recordedFull = call.recorded().events().size() >= call.recorded().room();
        int extra = 0;
        int early = 0;
        for (TraceStep.Seen event : unexpected) {
            if (use(rule -> rule.unexpected(call, event))) {
                extra++;
            } else {
                early++;
            }
        }
        List<TraceStep.Seen> behind = new ArrayList<>();
        for (TraceStep.Seen event : missing) {
            if (!use(rule -> rule.missing(call, event))) {
                behind.add(event);
            }
        }
        missing.removeAll(behind);
        displaced = behind.size();
        accepted = (behind.isEmpty() || full && behind.size() <= extra)
                && (early == 0 || recordedFull && early <= missing.size() && use(rule -> rule == AllowedDifference.ROOM_FOR_MORE));
    }

    /** Whether what was seen comes in the recorded order, but for events that a rule lets come at another place. */
    private boolean sameOrder() {
        if (isOrdered(event -> true)) {
            return true;
        }
        Set<AllowedDifference> movers = EnumSet.noneOf(AllowedDifference.class);
        boolean ordered = isOrdered(event -> !isMovable(event, movers));
        used.addAll(movers);
        return ordered;
    }

    private boolean isMovable(TraceStep.Seen event, Set<AllowedDifference> movers) {
        for (AllowedDifference rule : rules) {
            if (rule.moves(call, event)) {
                movers.add(rule);
                return true;
            }
        }
        return false;
    }

    private boolean isOrdered(Predicate<TraceStep.Seen> included) {
        int last = -1;
        for (Map.Entry<TraceStep.Seen, TraceStep.Seen> pair : pairs.entrySet()) {
            if (included.test(pair.getKey())) {
                int place = call.seen().events().indexOf(pair.getValue());
                if (place < last) {
                    return false;
                }
                last = place;
            }
        }
        return true;
    }
}
