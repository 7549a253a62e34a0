package org.kqueue.trace;

import java.util.List;
import java.util.function.BiPredicate;

/**
 * A line of a trace as recorded and as seen, with what the record says about its knotes and files: what a rule decides
 * on.
 *
 * @param recorded the line
 * @param seen its result here
 * @param state the trace up to the line, its own changes included
 * @param ready what poll(2) says here, asked with a name and a filter: the other witness where an event is missing
 * @param from when the call was made, by {@link System#nanoTime}
 * @param to when it had returned
 */
record Call(Step recorded, Result seen, RecordedState state, BiPredicate<String, String> ready, long from, long to) {

    String kqueue() {
        return recorded.operand(0);
    }

    /** Whether the line is this operation with this recorded and this seen outcome. */
    boolean is(String verb, String recordedOutcome, String seenOutcome) {
        return recorded.is(verb) && recorded.result().outcome().equals(recordedOutcome)
                && seen.outcome().equals(seenOutcome);
    }

    /** Another operation in the place of this one. */
    Step other(String verb, List<String> operands, String outcome) {
        return Step.operation(recorded.where(), verb, operands, Result.of(outcome));
    }

    /** The file of an operation's first operand. */
    OpenFile file() {
        return state.file(recorded.operand(0));
    }

    OpenFile file(Kevent event) {
        return state.file(event.name());
    }

    /** Whether an operation, or an event, is on a file of one of the kinds, each a letter. */
    boolean isOn(String kinds) {
        return kinds.indexOf(file().kind) >= 0;
    }

    boolean isOn(String kinds, Kevent event) {
        return kinds.indexOf(file(event).kind) >= 0;
    }

    boolean changesWriterOf(String kind) {
        return recorded.changes().stream().anyMatch(change -> change.is("WRITE") && change.name().startsWith(kind));
    }

    Knote knote(Kevent event) {
        return state.knote(kqueue(), event);
    }

    TimerClock timer(Kevent event) {
        return knote(event).timer;
    }

    boolean isClear(Kevent event) {
        return knote(event).isClear();
    }

    boolean isWoken(Kevent event, Knote.Cause... causes) {
        return knote(event).isWoken(causes);
    }

    /** Whether poll(2) says that an event's descriptor is ready here. */
    boolean isReady(Kevent event) {
        return ready.test(event.name(), event.filter());
    }
}
