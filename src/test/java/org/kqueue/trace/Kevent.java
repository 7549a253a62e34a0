package org.kqueue.trace;

import org.kqueue.KeventFlags;

/**
 * A change of a kevent call, or an entry of its event list. Of an event's flags a trace shows EOF, ONESHOT and ERROR, a
 * case shows all.
 */
record Kevent(String name, String filter, int flags, long udata, int fflags, long data) {

    /** Data that is more than 0 and depends on the size of buffers. */
    static final long SOME = Long.MAX_VALUE;
    /** Data that is not shown. */
    static final long NONE = Long.MIN_VALUE;

    static Kevent change(String name, String filter, int flags, long udata) {
        return new Kevent(name, filter, flags, udata, 0, 0);
    }

    Kevent with(long otherData, long otherUdata) {
        return new Kevent(name, filter, flags, otherUdata, fflags, otherData);
    }

    boolean has(int flag) {
        return (flags & flag) != 0;
    }

    boolean is(String otherFilter) {
        return filter.equals(otherFilter);
    }

    boolean isEof() {
        return has(KeventFlags.EV_EOF);
    }

    boolean isOneshot() {
        return has(KeventFlags.EV_ONESHOT);
    }

    /** Whether it is an event, and not the result of a change. */
    boolean isEvent() {
        return !has(KeventFlags.EV_ERROR);
    }

    boolean isResultOf(Kevent change) {
        return !isEvent() && name.equals(change.name) && is(change.filter) && udata == change.udata;
    }

    boolean sameKnote(Kevent other) {
        return name.equals(other.name) && is(other.filter) && isEvent() == other.isEvent();
    }

    /** Whether this, as recorded, says what another entry says. */
    boolean agrees(Kevent actual) {
        return sameKnote(actual) && flags == actual.flags && fflags == actual.fflags && udata == actual.udata
                && (data == actual.data || data == SOME && actual.data > 0);
    }

    /** As a trace writes a change. */
    String asChange() {
        return "[" + name + ' ' + filter + ' ' + (flags == 0 ? "0" : Grammar.flags(flags, "|")) + ' ' + udata + notes()
                + (data == 0 ? "" : " data=" + data) + ']';
    }

    /** As a trace writes an event. */
    String asEvent() {
        return "{" + name + ' ' + filter + (flags == 0 ? "" : " " + Grammar.flags(flags, " "))
                + (data == NONE ? "" : " data=" + (data == SOME ? "+" : data)) + notes() + " udata=" + udata + '}';
    }

    /** An errno of a descriptor, or the notes of another filter. */
    private String notes() {
        boolean errno = is("READ") || is("WRITE");
        return fflags == 0 ? "" : " fflags=" + (errno ? Integer.toString(fflags) : "0x" + Integer.toHexString(fflags));
    }
}
