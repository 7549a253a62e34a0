package org.kqueue.trace;

import java.util.List;
import java.util.StringJoiner;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A kevent of the recorded cases: {@code 1 USER CLEAR ff=f0 data=42 u=7}; what a change leaves out is 0.
 *
 * @param ident as recorded: a number, which stands for a descriptor, a process or a signal of this system
 * @param filter its name without {@code EVFILT_}, or {@code filt} and a number
 */
record CaseEntry(String ident, String filter, int flags, int fflags, long data, long udata) {

    private static final List<String> FLAGS = List.of("ADD", "DELETE", "ENABLE", "DISABLE", "ONESHOT", "CLEAR",
            "RECEIPT", "DISPATCH", "FORCEONESHOT", "0x200", "0x400", "0x800", "0x1000", "0x2000", "ERROR", "EOF");
    private static final Pattern TEXT = Pattern.compile(
            "(-?\\d+) (\\S+) (\\S+)(?: ff=([0-9a-f]+))?(?: d(?:ata)?=(-?\\d+))?(?: u=(\\d+))?");

    static CaseEntry parse(String text) {
        Matcher matcher = TEXT.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("no kevent: " + text);
        }
        return new CaseEntry(matcher.group(1), matcher.group(2), flags(matcher.group(3)),
                matcher.group(4) == null ? 0 : Integer.parseUnsignedInt(matcher.group(4), 16),
                matcher.group(5) == null ? 0 : Long.parseLong(matcher.group(5)),
                matcher.group(6) == null ? 0 : Long.parseLong(matcher.group(6)));
    }

    private static int flags(String text) {
        int flags = 0;
        for (String name : text.split("\\|")) {
            int bit = FLAGS.indexOf(name);
            if (bit < 0 && !name.equals("0")) {
                throw new IllegalArgumentException("no flag: " + name);
            }
            flags |= bit < 0 ? 0 : 1 << bit;
        }
        return flags;
    }

    boolean has(int flag) {
        return (flags & flag) != 0;
    }

    boolean is(String otherFilter) {
        return filter.equals(otherFilter);
    }

    boolean isAbout(CaseEntry other) {
        return ident.equals(other.ident) && filter.equals(other.filter);
    }

    CaseEntry withFlags(int newFlags) {
        return new CaseEntry(ident, filter, newFlags, fflags, data, udata);
    }

    CaseEntry withFflags(int newFflags) {
        return new CaseEntry(ident, filter, flags, newFflags, data, udata);
    }

    CaseEntry withData(long newData) {
        return new CaseEntry(ident, filter, flags, fflags, newData, udata);
    }

    @Override
    public String toString() {
        StringJoiner names = new StringJoiner("|");
        for (int bit = 0; bit < FLAGS.size(); bit++) {
            if ((flags & 1 << bit) != 0) {
                names.add(FLAGS.get(bit));
            }
        }
        return "{" + ident + " " + filter + " " + (flags == 0 ? "0" : names) + " ff=" + Integer.toHexString(fflags)
                + " data=" + data + " u=" + udata + "}";
    }
}
