package org.kqueue.robust.differential;

import java.util.List;

/**
 * How long a run waits. The first pace counts on loopback being synchronous, which it nearly always is; a difference
 * counts only if it is still there at the slower ones.
 *
 * @param waitMillis how long a select may wait before it is ended
 * @param agreeMillis how long both sides go on selecting until they have found the same
 */
record Deadlines(long waitMillis, long agreeMillis) {

    /** A selector may be 20 ms late with a filter that it has set aside, so nothing agrees in less. */
    static final Deadlines FAST = new Deadlines(4, 60);
    static final List<Deadlines> SLOWER = List.of(new Deadlines(40, 300), new Deadlines(200, 1_500));

    /** How often a select may return with nothing in one wait: some tens of times, and more only in a long one. */
    int mostEmptyReturns() {
        return 30 + (int) waitMillis;
    }
}
