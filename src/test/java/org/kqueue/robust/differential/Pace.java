package org.kqueue.robust.differential;

import java.util.List;

/**
 * How long a run gives the kernel. The first pace counts on loopback being synchronous, which it nearly always is; a
 * difference counts only if it is still there at the slower ones (the settle rule).
 *
 * @param settleMillis pause after every step
 * @param watchdogMillis how long a select may block before it is woken
 */
record Pace(long settleMillis, long watchdogMillis) {

    static final Pace FAST = new Pace(0, 4);
    static final List<Pace> SLOWER = List.of(new Pace(1, 30), new Pace(5, 60), new Pace(20, 150));
}
