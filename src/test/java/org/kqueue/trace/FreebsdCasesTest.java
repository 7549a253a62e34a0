package org.kqueue.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.kqueue.ChangeList;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.KeventException;
import org.kqueue.KeventFlags;
import org.kqueue.Kqueue;
import org.kqueue.KqueueConfig;

/**
 * The single cases of a FreeBSD kernel that are nothing but kevent calls: those of EVFILT_USER, call by call. The others need several waiters,
 * processes, files, signals or sockets that their text only names.
 */
class FreebsdCasesTest {

    private static final Path CASES = Path.of("src/test/resources/traces/freebsd-cases.txt");
    private static final Pattern CALL = Pattern.compile(" *[^:]*: ((?:\\[[^]]*] )*)n=(\\d+) -> (-?\\d+)(.*)");
    private static final Pattern CHANGE = Pattern.compile("\\[(-?\\d+) USER ([A-Z0-9|]+)([^]]*)]");
    private static final Pattern EVENT = Pattern.compile("\\{[^}]*}");

    record Case(String name, List<String> lines) {
        @Override
        public String toString() {
            return name;
        }
    }

    static List<Case> cases() throws IOException {
        List<Case> cases = new ArrayList<>();
        for (String line : Files.readAllLines(CASES)) {
            if (line.startsWith("== ")) {
                cases.add(new Case(line.substring(3), new ArrayList<>()));
            } else if (!cases.isEmpty()) {
                cases.get(cases.size() - 1).lines().add(line);
            }
        }
        cases.removeIf(one -> !one.name().startsWith("USER") || !one.lines().stream().allMatch(FreebsdCasesTest::isUser));
        return cases;
    }

    private static boolean isUser(String line) {
        Matcher call = CALL.matcher(line);
        return call.matches() && !line.contains("waiter") && call.group(1).replaceAll("\\[-?\\d+ USER [A-Z0-9|]+( (ff|d|u)=[0-9a-f-]+)*] ", "").isEmpty();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void doesWhatFreebsdDid(Case one) throws IOException {
        Assumptions.assumeTrue(HostConstants.CURRENT.linux(), "the embedded kqueue is Linux's");
        try (Kqueue kqueue = Kqueue.open(new KqueueConfig("embedded", null, "freebsd", KqueueConfig.Detail.FULL))) {
            for (String line : one.lines()) {
                Matcher call = CALL.matcher(line);
                call.matches();
                List<String> recorded = EVENT.matcher(call.group(4)).results().map(result -> result.group()).toList();
                assertEquals(call.group(3) + " " + recorded, perform(kqueue, call), line);
            }
        }
    }

    private static String perform(Kqueue kqueue, Matcher call) throws IOException {
        ChangeList changes = kqueue.newChangeList(8);
        Matcher change = CHANGE.matcher(call.group(1));
        while (change.find()) {
            String rest = change.group(3);
            changes.add(Long.parseLong(change.group(1)), kqueue.layout().number(Filter.EVFILT_USER), flags(change.group(2)),
                    (int) number(rest, "ff", 16), number(rest, "d", 10), number(rest, "u", 10));
        }
        EventList events = kqueue.newEventList(Integer.parseInt(call.group(2)));
        int n;
        try {
            n = kqueue.kevent(changes, events, 0);
        } catch (KeventException e) {
            return "-1 []";
        }
        List<String> seen = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            seen.add("{" + events.ident(i) + " USER " + names(events.flags(i)) + " ff=" + Integer.toHexString(events.fflags(i))
                    + " data=" + events.data(i) + " u=" + events.udata(i) + "}");
        }
        return n + " " + seen;
    }

    private static long number(String text, String name, int radix) {
        Matcher matcher = Pattern.compile(" " + name + "=(-?[0-9a-f]+)").matcher(text);
        return matcher.find() ? Long.parseLong(matcher.group(1), radix) : 0;
    }

    /** FreeBSD's only. */
    private static final int EV_FORCEONESHOT = 0x100;
    private static final String[] NAMES = {"ADD", "DELETE", "ENABLE", "DISABLE", "ONESHOT", "CLEAR", "RECEIPT", "DISPATCH"};
    private static final int[] FLAGS = {KeventFlags.EV_ADD, KeventFlags.EV_DELETE, KeventFlags.EV_ENABLE, KeventFlags.EV_DISABLE,
        KeventFlags.EV_ONESHOT, KeventFlags.EV_CLEAR, KeventFlags.EV_RECEIPT, KeventFlags.EV_DISPATCH};

    private static int flags(String text) {
        int flags = 0;
        for (String name : text.split("\\|")) {
            int index = List.of(NAMES).indexOf(name);
            flags |= index >= 0 ? FLAGS[index] : name.equals("FORCEONESHOT") ? EV_FORCEONESHOT : Integer.decode(name);
        }
        return flags;
    }

    private static String names(int flags) {
        List<String> names = new ArrayList<>();
        for (int i : new int[] {4, 5, 6, 7}) {
            if ((flags & FLAGS[i]) != 0) {
                names.add(NAMES[i]);
            }
        }
        if ((flags & KeventFlags.EV_ERROR) != 0) {
            names.add("ERROR");
        }
        return names.isEmpty() ? "0" : String.join("|", names);
    }
}
