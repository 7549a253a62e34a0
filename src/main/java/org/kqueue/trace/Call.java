package org.kqueue.trace;

import java.util.function.Predicate;
import org.kqueue.KeventFlags;

/**
 * A line of a trace as recorded and as seen, with what the record says about the knotes: what a rule decides on.
 *
 * @param recorded the line
 * @param seen the same line with the result seen
 * @param model the trace up to the line, its own changes included
 * @param readable whether poll(2) says that the kqueue of a name is readable here
 */
record Call(TraceStep recorded, TraceStep seen, KnoteModel model, Predicate<String> readable) {

    String kqueue() {
        return recorded.operand(0);
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
