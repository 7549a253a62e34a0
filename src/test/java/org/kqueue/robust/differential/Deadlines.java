package org.kqueue.robust.differential;

import java.util.List;

/**
 * How long a run waits. The shortest deadlines assume that loopback is synchronous, which is nearly always true. A
 * difference counts only if it is found with the longer ones too.
 *
 * @param waitMillis how long a select may wait before it is ended
 * @param agreeMillis how long both sides go on selecting until they have found the same
 */
record Deadlines(long waitMillis, long agreeMillis) {

    /** A muted filter may be reported 20 ms late, so agreement may take longer than that. */
    static final Deadlines FAST = new Deadlines(4, 60);
    static final List<Deadlines> SLOWER = List.of(new Deadlines(40, 300), new Deadlines(200, 1_500));

    /** How often a select may return 0 in one wait. */
    int mostEmptyReturns() {
        return 30 + (int) waitMillis;
    }
}
