package org.kqueue.trace;

import java.util.List;

/**
 * One trace: a program and what it saw.
 *
 * @param head its first line: {@code TRACE 7}, {@code TRACE 7 bare}, or {@code CASE} and a title
 * @param steps in the order in which they are performed
 */
record Trace(String head, List<Step> steps) {

    /** A case shows all flags and data of its events, and what it does without showing a result has to succeed. */
    boolean isCase() {
        return head.startsWith("CASE ");
    }

    /** Whether it starts with a kqueue only; else three socket pairs exist. */
    boolean isBare() {
        return isCase() || head.endsWith(" bare");
    }
}
