package org.kqueue.trace;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.kqueue.KeventFlags;

/**
 * The entries of a call as recorded and as seen, laid against each other; each difference must be accepted by a rule. A
 * knote has one event in a call at most, so events are told apart by their knotes.
 *
 * <p>A queue is a list of which a call shows the head. Where a rule lets an event be missing, or be there, the one list
 * is a part of the other, and with little room the two heads end at different knotes. So what is seen goes on with the
 * rest of the queue, what is recorded goes on with all that was seen and not recorded, and two events that come in the
 * other order need a rule, whether the call showed them or not.
 */
final class EventMatch {

    private final Call call;
    private final Set<Rule> rules;
    private final List<Rule> used = new ArrayList<>();
    /** The events seen, and behind them the rest of the queue. */
    private final List<TraceStep.Seen> queue;
    private final List<TraceStep.Seen> paired = new ArrayList<>();
    private final List<TraceStep.Seen> missing = new ArrayList<>();
    private final List<TraceStep.Seen> extra = new ArrayList<>();
    private final List<TraceStep.Seen> waiting = new ArrayList<>();
    private final List<TraceStep.Seen> deletedHereOnly = new ArrayList<>();
    private final boolean accepted;

    /**
     * Compares.
     *
     * @param behind the rest of the queue seen, if it is known
     */
    EventMatch(Call call, List<TraceStep.Seen> behind, Set<Rule> rules) {
        this.call = call;
        this.rules = rules;
        queue = new ArrayList<>(events(call.seen()));
        queue.addAll(behind);
        accepted = sameChangeResults() && pairUp() && leftOver() && sameOrder();
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

    /** Each use of a rule. */
    List<Rule> used() {
        return used;
    }

    /** Recorded events that were not seen and are not in the queue. */
    List<TraceStep.Seen> missing() {
        return missing;
    }

    /** What was seen and not recorded, by a rule. */
    List<TraceStep.Seen> extra() {
        return extra;
    }

    /** What was seen with EV_ONESHOT, so that the knote is gone, and recorded without. */
    List<TraceStep.Seen> deletedHereOnly() {
        return deletedHereOnly;
    }

    /** What was seen and is still in the recording kernel's queue: its head, in this order. */
    List<TraceStep.Seen> waiting() {
        return waiting;
    }

    /** What was recorded, as seen, in the recorded order. */
    List<TraceStep.Seen> delivered() {
        return paired;
    }

    private boolean use(Predicate<Rule> predicate) {
        for (Rule rule : rules) {
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
            TraceStep.Seen actual = queue.stream().filter(event::sameKnote).findFirst().orElse(null);
            if (actual == null) {
                missing.add(event);
                if (!use(rule -> rule.missing(call, event))) {
                    return false;
                }
                continue;
            }
            if (!event.agrees(actual)) {
                if (!use(rule -> rule.instead(call, event, actual))) {
                    return false;
                }
                if (actual.has(KeventFlags.EV_ONESHOT) && !event.has(KeventFlags.EV_ONESHOT)) {
                    deletedHereOnly.add(actual);
                }
            }
            paired.add(actual);
        }
        return true;
    }

    /**
     * What was not recorded waits in the recording kernel's queue, if the call had no room for it; else it is not there
     * at all.
     */
    private boolean leftOver() {
        boolean full = call.recorded().events().size() >= call.recorded().room();
        int last = -1;
        for (TraceStep.Seen event : paired) {
            last = Math.max(last, queue.indexOf(event));
        }
        for (int i = 0; i < queue.size(); i++) {
            TraceStep.Seen event = queue.get(i);
            if (paired.contains(event)) {
                continue;
            }
            if (full && i > last) {
                waiting.add(event);
            } else if (use(rule -> rule.unexpected(call, event))) {
                extra.add(event);
            } else if (full) {
                waiting.add(event);
            } else {
                return false;
            }
        }
        return true;
    }

    private boolean sameOrder() {
        List<TraceStep.Seen> order = new ArrayList<>(paired);
        order.addAll(waiting);
        Set<Rule> movers = new LinkedHashSet<>();
        for (int i = 0; i < order.size(); i++) {
            for (int j = i + 1; j < order.size(); j++) {
                if (queue.indexOf(order.get(i)) > queue.indexOf(order.get(j)) && !moves(order.get(i), movers)
                        && !moves(order.get(j), movers)) {
                    return false;
                }
            }
        }
        used.addAll(movers);
        return true;
    }

    private boolean moves(TraceStep.Seen event, Set<Rule> movers) {
        for (Rule rule : rules) {
            if (rule.moves(call, event)) {
                movers.add(rule);
                return true;
            }
        }
        return false;
    }
}
