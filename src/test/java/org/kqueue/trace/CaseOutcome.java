package org.kqueue.trace;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/**
 * What a kevent call of the recorded cases returned.
 *
 * @param result the number of events, or -1
 * @param errno a BSD errno where the call failed, else 0
 */
record CaseOutcome(int result, int errno, List<CaseEntry> events) {

    static CaseOutcome of(List<CaseEntry> events) {
        return new CaseOutcome(events.size(), 0, events);
    }

    static CaseOutcome failed(int errno) {
        return new CaseOutcome(-1, errno, List.of());
    }

    /** The same without some of the events. */
    CaseOutcome without(Predicate<CaseEntry> gone) {
        List<CaseEntry> rest = new ArrayList<>(events);
        return rest.removeIf(gone) ? of(rest) : this;
    }

    /** The same with each event replaced. */
    CaseOutcome with(UnaryOperator<CaseEntry> change) {
        return new CaseOutcome(result, errno, events.stream().map(change).toList());
    }

    /** The same with one more event. */
    CaseOutcome and(CaseEntry event) {
        List<CaseEntry> more = new ArrayList<>(events);
        more.add(event);
        return of(more);
    }

    /** The event of the same ident and filter, or null. */
    CaseEntry find(CaseEntry other) {
        return events.stream().filter(event -> event.isAbout(other)).findFirst().orElse(null);
    }

    @Override
    public String toString() {
        return result + (errno == 0 ? "" : " errno=" + errno) + " " + events;
    }
}
