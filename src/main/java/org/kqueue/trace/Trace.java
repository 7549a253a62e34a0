package org.kqueue.trace;

import java.util.List;

/**
 * One trace: a program and what it saw.
 *
 * @param number as the file numbers it
 * @param bare whether it starts with a kqueue only; else three socket pairs exist
 * @param steps in the order in which they are performed
 */
record Trace(int number, boolean bare, List<TraceStep> steps) {

    @Override
    public String toString() {
        return "TRACE " + number + (bare ? " bare" : "");
    }
}
