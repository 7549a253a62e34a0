package org.kqueue;

/**
 * Kevents as text, such as {@code EVFILT_READ ident=7 EV_ADD|EV_CLEAR udata=0x10}: filter, ident, flags, then fflags,
 * data and udata where they are not 0. An error entry shows its errno's name. Stateless.
 */
public final class KeventFormat {

    private static final String[] FLAG_NAMES = {
        "EV_ADD", "EV_DELETE", "EV_ENABLE", "EV_DISABLE", "EV_ONESHOT", "EV_CLEAR", "EV_RECEIPT", "EV_DISPATCH",
        null, null, null, null, null, "EV_FLAG1", "EV_ERROR", "EV_EOF",
    };

    private static final Note[] USER_OPERATIONS = {Note.NOTE_FFCOPY, Note.NOTE_FFOR, Note.NOTE_FFAND};

    private KeventFormat() {
    }

    /**
     * One kevent as text.
     *
     * @param layout whose numbers they are
     * @param ident the ident
     * @param filter the filter's number
     * @param flags the flags
     * @param fflags the filter's flags
     * @param data the data
     * @param udata the opaque user data
     * @return the text, one line
     */
    public static String format(KeventLayout layout, long ident, int filter, int flags, int fflags, long data,
            long udata) {
        StringBuilder text = new StringBuilder(64);
        Filter known = layout.filter(filter);
        text.append(known != null ? known.name() : "filter " + filter).append(" ident=").append(ident).append(' ');
        appendFlags(text, flags);
        if (fflags != 0) {
            text.append(" fflags=");
            if ((flags & KeventFlags.EV_EOF) != 0 && (known == Filter.EVFILT_READ || known == Filter.EVFILT_WRITE)) {
                text.append(Errno.name(fflags, layout.errnos()));
            } else {
                appendNotes(text, layout, known, fflags);
            }
        }
        if ((flags & KeventFlags.EV_ERROR) != 0 && data != 0) {
            text.append(" data=").append(Errno.name((int) data, layout.errnos()));
        } else if (data != 0) {
            text.append(" data=").append(data);
        }
        if (udata != 0) {
            text.append(" udata=0x").append(Long.toHexString(udata));
        }
        return text.toString();
    }

    private static void appendFlags(StringBuilder text, int flags) {
        if (flags == 0) {
            text.append('0');
            return;
        }
        String separator = "";
        int rest = flags;
        for (int bit = 0; bit < FLAG_NAMES.length; bit++) {
            if ((flags & 1 << bit) != 0 && FLAG_NAMES[bit] != null) {
                text.append(separator).append(FLAG_NAMES[bit]);
                separator = "|";
                rest &= ~(1 << bit);
            }
        }
        if (rest != 0) {
            text.append(separator).append("0x").append(Integer.toHexString(rest));
        }
    }

    private static void appendNotes(StringBuilder text, KeventLayout layout, Filter filter, int fflags) {
        String separator = "";
        int rest = fflags;
        if (filter == Filter.EVFILT_USER) {
            // NOTE_FFCOPY has the bits of the other two: it comes first.
            for (Note operation : USER_OPERATIONS) {
                if (layout.has(operation) && (rest & layout.number(operation)) == layout.number(operation)) {
                    text.append(operation);
                    separator = "|";
                    rest &= ~layout.number(operation);
                }
            }
        }
        for (Note note : Note.ALL) {
            if (filter == null || rest == 0 || !note.belongsTo(filter) || !layout.has(note)) {
                continue;
            }
            int number = layout.number(note);
            // A timer's units may be an enumeration (NetBSD: 1, 2, 3), so only the whole low nibble names a unit there.
            boolean shown = filter == Filter.EVFILT_TIMER && note != Note.NOTE_ABSTIME
                    ? (rest & 0xF) == number
                    : (rest & number) == number;
            if (number != 0 && shown) {
                text.append(separator).append(note);
                separator = "|";
                rest &= ~number;
            }
        }
        if (rest != 0) {
            text.append(separator).append("0x").append(Integer.toHexString(rest));
        }
    }
}
