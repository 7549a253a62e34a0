package org.kqueue.trace;

import java.util.List;
import java.util.stream.Collectors;

/**
 * What a line of a trace shows behind the arrow.
 *
 * @param outcome such as {@code 5}, {@code -1 err 35} or, of a kevent call, {@code -1 errno=2}
 * @param events of a kevent call
 */
record Result(String outcome, List<Kevent> events) {

    static Result of(String outcome) {
        return new Result(outcome, List.of());
    }

    boolean isFailure() {
        return outcome.startsWith("-") || outcome.startsWith("err");
    }

    /** What the knotes had to report, without the results of changes. */
    List<Kevent> reported() {
        return events.stream().filter(Kevent::isEvent).toList();
    }

    List<Kevent> changeResults() {
        return events.stream().filter(event -> !event.isEvent()).toList();
    }

    /** Whether this, as recorded, is what was seen, order included. */
    boolean agrees(Result seen) {
        if (!outcome.equals(seen.outcome)) {
            // The first recordings do not say which error it was.
            return outcome.equals("-1 err") && seen.outcome.startsWith("-1 err");
        }
        boolean same = events.size() == seen.events.size();
        for (int i = 0; same && i < events.size(); i++) {
            same = events.get(i).agrees(seen.events.get(i));
        }
        return same;
    }

    /** As a trace writes it. */
    @Override
    public String toString() {
        return events.stream().map(event -> " " + event.asEvent()).collect(Collectors.joining("", outcome, ""));
    }
}
