package org.kqueue.trace;

import java.util.List;
import org.kqueue.KeventFlags;

/**
 * One line of a trace.
 *
 * @param where file and line
 * @param verb such as {@code W}; {@code K} for a kevent call, whose first operand is the kqueue's name
 * @param operands names and numbers, as written
 * @param changes of a kevent call
 * @param room of a kevent call, its {@code n}
 * @param outcome what the line says behind the arrow, without events; null where nothing is shown
 * @param events of a kevent call
 */
record TraceStep(String where, String verb, List<String> operands, List<Change> changes, int room, String outcome,
        List<Seen> events) {

    /** An event's data where it is more than 0 and depends on the size of buffers. */
    static final long SOME = Long.MIN_VALUE;
    /** An event without data. */
    static final long NONE = Long.MIN_VALUE + 1;

    /** A change of a kevent call. */
    record Change(String name, String filter, int flags, long udata) {

        boolean has(int flag) {
            return (flags & flag) != 0;
        }
    }

    /** An entry of a kevent call's event list. Of the flags: EOF, ONESHOT and ERROR. */
    record Seen(String name, String filter, int flags, long data, int fflags, long udata) {

        boolean has(int flag) {
            return (flags & flag) != 0;
        }

        boolean isEvent() {
            return !has(KeventFlags.EV_ERROR);
        }

        boolean sameKnote(Seen other) {
            return name.equals(other.name) && filter.equals(other.filter) && isEvent() == other.isEvent();
        }

        Seen withUdata(long other) {
            return new Seen(name, filter, flags, data, fflags, other);
        }

        /** Whether this, as recorded, says what another entry says. */
        boolean agrees(Seen actual) {
            boolean sameData = data == actual.data || data == SOME && (actual.data > 0 || actual.data == SOME);
            return sameKnote(actual) && flags == actual.flags && fflags == actual.fflags && udata == actual.udata
                    && sameData;
        }
    }

    boolean isKevent() {
        return verb.equals("K");
    }

    String operand(int index) {
        return operands.get(index);
    }

    int count(int index) {
        return Integer.parseInt(operands.get(index));
    }

    /** The same operation with other changes. */
    TraceStep with(List<Change> otherChanges) {
        return new TraceStep(where, verb, operands, otherChanges, room, outcome, events);
    }

    /** Another operation in the place of this one. */
    TraceStep other(String otherVerb, List<String> otherOperands, String expected) {
        return new TraceStep(where, otherVerb, otherOperands, List.of(), 0, expected, List.of());
    }

    /** A change in the place of this line, which must succeed. */
    TraceStep change(String kqueue, Change change) {
        return new TraceStep(where, "K", List.of(kqueue), List.of(change), 0, "0", List.of());
    }

    /** The same kevent call without changes, and with room for more. */
    TraceStep scan(int newRoom) {
        return new TraceStep(where, verb, operands, List.of(), newRoom, null, List.of());
    }

    /** The same operation with another result. */
    TraceStep saw(String newOutcome, List<Seen> newEvents) {
        return new TraceStep(where, verb, operands, changes, room, newOutcome, List.copyOf(newEvents));
    }
}
