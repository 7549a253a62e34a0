package org.kqueue.trace;

import java.util.List;

/**
 * One line of a trace.
 *
 * @param where file and line
 * @param verb such as {@code W}; {@code K} for a kevent call, whose first operand is the kqueue's name
 * @param operands names and numbers, as written
 * @param changes of a kevent call
 * @param room of a kevent call, its {@code n}
 * @param waitMillis of a kevent call; {@link #FOREVER} without end
 * @param result null where the line shows none
 * @param here what the embedded kqueue does instead; null where that is not written down
 */
record Step(String where, String verb, List<String> operands, List<Kevent> changes, int room, long waitMillis,
        Result result, Difference here) {

    static final long FOREVER = Long.MAX_VALUE;

    /** Another result than the recorded one, and the name of the rule. */
    record Difference(String rule, Result result) {
    }

    static Step operation(String where, String verb, List<String> operands, Result result) {
        return new Step(where, verb, operands, List.of(), 0, 0, result, null);
    }

    boolean is(String otherVerb) {
        return verb.equals(otherVerb);
    }

    boolean isKevent() {
        return is("K");
    }

    /** Whether the result is that of a kevent call. */
    boolean showsEvents() {
        return isKevent() || is("JOIN");
    }

    /** An operand; the empty string where there are not so many. */
    String operand(int index) {
        return index < operands.size() ? operands.get(index) : "";
    }

    int number(int index) {
        return Integer.parseInt(operands.get(index));
    }

    Step with(List<Kevent> otherChanges) {
        return new Step(where, verb, operands, otherChanges, room, waitMillis, result, here);
    }

    Step with(Result otherResult) {
        return new Step(where, verb, operands, changes, room, waitMillis, otherResult, null);
    }

    Step with(Difference difference) {
        return new Step(where, verb, operands, changes, room, waitMillis, result, difference);
    }

    /** A change in the place of this line, which must succeed. */
    Step change(String kqueue, Kevent change) {
        return new Step(where, "K", List.of(kqueue), List.of(change), 0, 0, Result.of("0"), null);
    }

    /** Shows the queue of this line's kqueue. */
    Step scan(int newRoom) {
        return new Step(where, "K", operands, List.of(), newRoom, 0, null, null);
    }

    /** As a trace writes it; where there is a difference, in two lines. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(verb);
        if (isKevent() || is("START")) {
            text.append(operand(0).equals("k0") ? "" : "@" + operand(0).substring(1));
            changes.forEach(change -> text.append(' ').append(change.asChange()));
            text.append(" n=").append(room);
            text.append(waitMillis == 0 ? "" : " wait=" + (waitMillis == FOREVER ? "forever" : waitMillis));
        } else if (!is("JOIN")) {
            operands.forEach(operand -> text.append(' ').append(operand));
        }
        text.append(result == null ? "" : " -> " + result);
        return text.append(here == null ? "" : "\n! " + here.rule + " -> " + here.result).toString();
    }
}
