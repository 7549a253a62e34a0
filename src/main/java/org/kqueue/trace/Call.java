package org.kqueue.trace;

import java.util.function.BiPredicate;
import org.kqueue.KeventFlags;

/**
 * A line of a trace as recorded and as seen, with what the record says about the knotes: what a rule decides on.
 *
 * @param recorded the line
 * @param seen the same line with the result seen
 * @param model the trace up to the line, its own changes included
 * @param ready what poll(2) says here, asked with a name and a filter: the other witness where an event is missing
 */
record Call(TraceStep recorded, TraceStep seen, KnoteModel model, BiPredicate<String, String> ready) {

    String kqueue() {
        return recorded.operand(0);
    }

    /** Whether poll(2) says that an event's descriptor is ready here. */
    boolean isReady(TraceStep.Seen event) {
        return ready.test(event.name(), event.filter());
    }

    boolean isClear(TraceStep.Seen event) {
        return model.has(kqueue(), event.name(), event.filter(), KeventFlags.EV_CLEAR);
    }

    boolean isDispatch(TraceStep.Seen event) {
        return model.has(kqueue(), event.name(), event.filter(), KeventFlags.EV_DISPATCH);
    }

    boolean isWoken(TraceStep.Seen event, KnoteModel.Cause... causes) {
        return model.isWoken(kqueue(), event, causes);
    }
}
