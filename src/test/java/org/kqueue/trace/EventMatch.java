package org.kqueue.trace;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
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

    private static final int KINDS = KeventFlags.EV_CLEAR | KeventFlags.EV_ONESHOT | KeventFlags.EV_DISPATCH;

    private final Call call;
    private final List<Rule> rules;
    /** The events seen, and behind them the rest of the queue. */
    private final List<Kevent> queue;
    final boolean isAccepted;
    /** Each use of a rule. */
    final List<Rule> used = new ArrayList<>();
    /** What was recorded, as seen, in the recorded order. */
    final List<Kevent> delivered = new ArrayList<>();
    /** Recorded events that were not seen and are not in the queue. */
    final List<Kevent> missing = new ArrayList<>();
    /** What was seen and not recorded, by a rule. */
    final List<Kevent> extra = new ArrayList<>();
    /** What was seen with EV_ONESHOT, so that the knote is gone, and recorded without. */
    final List<Kevent> deletedHereOnly = new ArrayList<>();
    /** What was seen and is still in the recording kernel's queue: its head, in this order. */
    final List<Kevent> waiting = new ArrayList<>();

    /**
     * Compares.
     *
     * @param behind the rest of the queue seen, if it is known
     */
    EventMatch(Call call, List<Kevent> behind, List<Rule> rules) {
        this.call = call;
        this.rules = rules;
        queue = new ArrayList<>(call.seen().reported());
        queue.addAll(behind);
        isAccepted = sameChangeResults() && pairUp() && leftOver() && sameOrder();
    }

    private boolean use(Predicate<Rule> condition) {
        return use(condition, used);
    }

    private boolean use(Predicate<Rule> condition, Collection<Rule> uses) {
        Optional<Rule> first = rules.stream().filter(condition).findFirst();
        first.ifPresent(uses::add);
        return first.isPresent();
    }

    /** Whether the results of changes, which come first and in the order of the changes, are the same. */
    private boolean sameChangeResults() {
        List<Kevent> expected = call.recorded().result().changeResults();
        List<Kevent> actual = call.seen().changeResults();
        boolean same = expected.size() == actual.size();
        for (int i = 0; same && i < expected.size(); i++) {
            same = isSameOrInstead(expected.get(i), actual.get(i));
        }
        return same;
    }

    private boolean isSameOrInstead(Kevent recorded, Kevent seen) {
        return recorded.agrees(seen)
                || recorded.sameKnote(seen) && use(rule -> rule.instead.test(call, recorded, seen));
    }

    private boolean pairUp() {
        for (Kevent event : call.recorded().result().reported()) {
            Kevent actual = queue.stream().filter(event::sameKnote).findFirst().orElse(null);
            if (actual == null) {
                missing.add(event);
            } else {
                delivered.add(actual);
                deletedHereOnly.addAll(actual.isOneshot() && !event.isOneshot() ? List.of(actual) : List.of());
            }
            if (!(actual == null ? use(rule -> rule.missing.test(call, event)) : isSameOrInstead(event, actual))) {
                return false;
            }
        }
        return true;
    }

    /**
     * What was not recorded waits in the recording kernel's queue, if the call had no room for it; else it is not there
     * at all.
     */
    private boolean leftOver() {
        boolean full = call.recorded().result().events().size() >= call.recorded().room();
        int last = delivered.stream().mapToInt(queue::indexOf).max().orElse(-1);
        for (int i = 0; i < queue.size(); i++) {
            Kevent event = queue.get(i);
            if (delivered.contains(event)) {
                continue;
            }
            if ((!full || i <= last) && use(rule -> rule.unexpected.test(call, event))) {
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
        List<Kevent> order = new ArrayList<>(delivered);
        order.addAll(waiting);
        Set<Rule> movers = new LinkedHashSet<>();
        for (int i = 0; i < order.size(); i++) {
            for (int j = i + 1; j < order.size(); j++) {
                Kevent one = order.get(i);
                Kevent other = order.get(j);
                if (queue.indexOf(one) > queue.indexOf(other) && !use(rule -> rule.moved.test(call, one), movers)
                        && !use(rule -> rule.moved.test(call, other), movers)) {
                    return false;
                }
            }
        }
        used.addAll(movers);
        return true;
    }

    /** Whether a knote stays in the queue when it is delivered. */
    private boolean isLevel(Kevent event) {
        return kind(event) == 0 && !event.isOneshot();
    }

    private int kind(Kevent event) {
        return call.knote(event).flags & KINDS;
    }

    /**
     * The changes that give this system's kqueue the queue of the recording kernel's, in its order, where all of it was
     * seen; and delete the ONESHOT knotes of events that were not seen, unless an event has deleted them before.
     */
    List<Step> inStep(boolean requeues) {
        List<Kevent> queued = Stream.of(waiting, delivered, extra).flatMap(List::stream)
                .filter(event -> requeues && (isLevel(event) || waiting.contains(event))).toList();
        List<Kevent> changes = new ArrayList<>();
        for (Kevent event : queued) {
            // A level knote is in the queue; the events of the others were taken.
            changes.addAll(isLevel(event) ? List.of(change(event, KeventFlags.EV_DELETE), change(event,
                    KeventFlags.EV_ADD)) : List.of(change(event, event.isOneshot() ? KeventFlags.EV_ADD | kind(event)
                            : KeventFlags.EV_ENABLE)));
        }
        missing.stream().filter(event -> event.isOneshot() && !call.knote(event).isGone)
                .forEach(event -> changes.add(change(event, KeventFlags.EV_DELETE)));
        return changes.stream().map(change -> call.recorded().change(call.kqueue(), change)).toList();
    }

    private static Kevent change(Kevent event, int flags) {
        return Kevent.change(event.name(), event.filter(), flags, event.udata());
    }
}
