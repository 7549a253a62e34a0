package org.kqueue.trace;

import java.util.ArrayList;
import java.util.List;
import org.kqueue.KeventFlags;

/** Writes traces in the language that {@link TraceReader} reads. */
final class TraceWriter {

    private TraceWriter() {
    }

    static String write(TraceStep step) {
        StringBuilder text = new StringBuilder(step.verb());
        if (!step.isKevent()) {
            for (String operand : step.operands()) {
                text.append(' ').append(operand);
            }
            return text.append(step.outcome() == null ? "" : " -> " + step.outcome()).toString();
        }
        if (!step.operand(0).equals("k0")) {
            text.append('@').append(step.operand(0).substring(1));
        }
        for (TraceStep.Change change : step.changes()) {
            text.append(" [").append(change.name()).append(' ').append(change.filter()).append(' ')
                    .append(change.flags() == 0 ? "0" : flags(change.flags(), "|")).append(' ').append(change.udata())
                    .append(']');
        }
        text.append(" n=").append(step.room());
        if (step.outcome() != null) {
            text.append(" -> ").append(step.outcome());
        }
        for (TraceStep.Seen event : step.events()) {
            text.append(' ').append(write(event));
        }
        return text.toString();
    }

    static String write(TraceStep.Seen event) {
        StringBuilder text = new StringBuilder("{").append(event.name()).append(' ').append(event.filter());
        text.append(event.flags() == 0 ? "" : " " + flags(event.flags(), " "));
        boolean showsData = event.filter().equals("READ") || event.has(KeventFlags.EV_ERROR);
        if (showsData && event.data() != TraceStep.NONE) {
            text.append(" data=").append(event.data() == TraceStep.SOME ? "+" : Long.toString(event.data()));
        }
        text.append(event.fflags() == 0 ? "" : " fflags=" + event.fflags());
        return text.append(" udata=").append(event.udata()).append('}').toString();
    }

    private static String flags(int flags, String separator) {
        List<String> names = new ArrayList<>();
        for (String name : Grammar.FLAG_NAMES) {
            if ((flags & Grammar.flag(name)) != 0) {
                names.add(name);
            }
        }
        return String.join(separator, names);
    }
}
