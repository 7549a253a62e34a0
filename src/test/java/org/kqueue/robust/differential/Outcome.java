package org.kqueue.robust.differential;

import java.util.Map;

/**
 * The outcome of a step on one side.
 *
 * @param said a result, or the class of an exception: must be the same on both sides
 * @param end how a select ended, null for other steps
 * @param offered by channel the operations with which a select's action was called; null where it has none
 */
record Outcome(String said, End end, Map<Integer, Integer> offered) {

    /** How a select ended. */
    enum End {
        /** It found something, was woken, or does not wait. */
        RETURNED,
        /** It waited and found nothing. */
        WAITED,
        /** It returned again and again with nothing. */
        SPUN
    }

    Outcome(String said) {
        this(said, null, null);
    }

    @Override
    public String toString() {
        return said + (end == null || end == End.RETURNED ? "" : ", " + end)
                + (offered == null ? "" : ", offered " + offered);
    }
}
