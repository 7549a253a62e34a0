package org.kqueue.trace;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.kqueue.Kqueue;

/**
 * One line of a recorded case: a kevent call with its outcome, or what an operation returned.
 *
 * @param text the line as it stands
 * @param changes null where it is no kevent call
 * @param waiter which of the waiters made the call, or null
 */
record CaseLine(String text, List<CaseEntry> changes, int room, long waitNanos, String waiter, CaseOutcome outcome) {

    private static final long MILLI = 1_000_000;
    private static final Pattern CALL = Pattern.compile(
            "(.*?): ((?:\\[[^\\]]*] )*)n=(\\d+) -> (-?\\d+)(?: errno=(\\d+))?(?: \\(\\d+ms\\))?((?: \\{[^}]*})*)");
    private static final Pattern ENTRY = Pattern.compile("[\\[{]([^\\]}]*)[\\]}]");
    private static final Pattern WAIT = Pattern.compile("wait ?(?:(NULL)|(\\d+)s|(\\d\\d+|0))\\b.*");
    private static final Pattern WAITER = Pattern.compile("waiter ([AB])(?: on dup)? (\\d+)(s?)");

    /** A case: its name and its lines. */
    record Case(String name, List<CaseLine> lines) {
        @Override
        public String toString() {
            return name;
        }
    }

    static List<Case> read(Path file) throws IOException {
        List<Case> cases = new ArrayList<>();
        for (String line : Files.readAllLines(file)) {
            if (line.startsWith("== ")) {
                cases.add(new Case(line.substring(3), new ArrayList<>()));
            } else if (!line.startsWith("#")) {
                cases.get(cases.size() - 1).lines().add(parse(line));
            }
        }
        return cases;
    }

    private static CaseLine parse(String line) {
        String text = line.strip();
        Matcher call = CALL.matcher(text);
        if (!call.matches()) {
            return new CaseLine(text, null, 0, 0, null, null);
        }
        String label = call.group(1);
        Matcher waiter = WAITER.matcher(label);
        boolean waits = waiter.matches();
        long wait = waits ? Long.parseLong(waiter.group(2)) * (waiter.group(3).isEmpty() ? MILLI : 1000 * MILLI)
                : wait(label);
        int errno = call.group(5) == null ? 0 : Integer.parseInt(call.group(5));
        return new CaseLine(text, entries(call.group(2)), Integer.parseInt(call.group(3)), wait,
                waits ? waiter.group(1) : null,
                new CaseOutcome(Integer.parseInt(call.group(4)), errno, entries(call.group(6))));
    }

    private static List<CaseEntry> entries(String text) {
        return ENTRY.matcher(text).results().map(entry -> CaseEntry.parse(entry.group(1))).toList();
    }

    /** {@code wait1s}, {@code wait50}, {@code wait NULL}; what says nothing of the kind was a poll. */
    private static long wait(String label) {
        Matcher matcher = Pattern.compile(".*?" + WAIT.pattern()).matcher(label);
        if (!matcher.matches()) {
            return 0;
        }
        return matcher.group(1) != null ? Kqueue.FOREVER : matcher.group(2) != null
                ? Long.parseLong(matcher.group(2)) * 1000 * MILLI : Long.parseLong(matcher.group(3)) * MILLI;
    }

    boolean isCall() {
        return changes != null;
    }
}
