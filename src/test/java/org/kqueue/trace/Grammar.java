package org.kqueue.trace;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The words of the language. */
final class Grammar {

    /** Operations but for K, START and SKIP. */
    private static final String OPERATIONS = """
            OPEN <digit>, DGRAM <digit>, PIPE <digit>, KQ <digit>, DUP2 <fd> <fd>, CLOSE <fd>, SHUTWR <fd>,
            SHUTRD <fd>, SHUT <fd>, W <fd> <n>, R <fd> <n>, FILL <fd>, DRAIN <fd>, UNSTICK <fd> <fd>, OOB <fd>,
            SOERR <fd>, POLL <fd>, SOCKET <socket>, LOCAL <socket>, BLOCK <socket>, BIND <socket>,
            LISTEN <digit or listener>, CONNECT <socket> <listener or refused>, ACCEPT <server> <listener>, RST <fd>,
            UDP <digit>, UCONN <udp> <udp or refused>, SENDTO <udp> <udp> <n>, SEND <fd> <n>, RECV <udp>, SH <text>,
            OPENFILE <file> <path> <access>, APPEND <file> <n>, SEEK <file> <n>, TRUNCATE <file> <n>,
            CHILD <process> <text>, RELEASE <process>, KILL <process> <n>, EXITED <process>, REAP <process>,
            HANDLE <signal>, BLOCKSIG <signal>, RAISE <signal> <n>, INTERRUPT <signal>, RAN, SLEEP <n>,
            LATER <n> <text>, JOIN""";
    /** What stands in angle brackets. */
    private static final Map<String, String> WORDS = Map.ofEntries(Map.entry("n", "\\d{1,5}"),
            Map.entry("digit", "\\d\\d?"), Map.entry("fd", "[abcdfklsu]\\d\\d?|p\\d[rw]|bad"),
            Map.entry("socket", "[cl]\\d"), Map.entry("listener", "l\\d"), Map.entry("digit or listener", "\\d|l\\d"),
            Map.entry("listener or refused", "l\\d|refused"), Map.entry("server", "s\\d"), Map.entry("udp", "u\\d"),
            Map.entry("udp or refused", "u\\d|refused"), Map.entry("file", "f\\d"), Map.entry("path", "[\\w/]+"),
            Map.entry("access", "r|w|rw|new"), Map.entry("process", "x\\d"), Map.entry("text", ".+"),
            Map.entry("signal", "USR1|USR2|CHLD"));
    private static final String NAMES = "a descriptor is a0 b0 (pair), p0r p0w (pipe), k0 (kqueue), l0 c0 s0 (TCP"
            + " listener, client, server), u0 (UDP), d0 (dup2), f0 (file) or bad; x0 is a process, USR1 USR2 CHLD are"
            + " signals";
    private static final Map<String, String> FORMS = Stream.of(OPERATIONS.split(",\\s+"))
            .collect(Collectors.toMap(form -> form.split(" ")[0], form -> form, (one, other) -> one,
                    LinkedHashMap::new));

    /** Verbs whose result is part of any recording. */
    private static final List<String> RECORDED =
            List.of("K", "JOIN", "W", "R", "FILL", "DRAIN", "ACCEPT", "SOERR", "UCONN", "SENDTO", "SEND", "RECV");
    private static final Map<String, String> RESULTS = Map.of("FILL", "full|err \\d+", "DRAIN", "empty|eof|err \\d+");
    private static final String COUNT = "\\d+|-1 err( \\d+)?";

    /** Filters but for those that are called by number, {@code filt99}. */
    static final List<String> FILTERS = List.of("READ", "WRITE", "EMPTY", "VNODE", "PROC", "SIGNAL", "TIMER", "USER");
    /** The flags, in the order in which they are written; others are written as a hexadecimal number. */
    private static final List<String> FLAGS = List.of("ADD", "DELETE", "ENABLE", "DISABLE", "EOF", "ONESHOT", "CLEAR",
            "RECEIPT", "DISPATCH", "ERROR", "FORCEONESHOT");
    private static final int[] FLAG_BITS = {1, 2, 4, 8, 0x8000, 0x10, 0x20, 0x40, 0x80, 0x4000, 0x100};

    static final String IDENT = WORDS.get("fd") + "|-?\\d+|x\\d|self|USR1|USR2|CHLD";
    static final String FILTER = String.join("|", FILTERS) + "|filt-?\\d{1,4}";
    static final String FLAG = "(?:" + String.join("|", FLAGS) + "|0x[0-9a-f]{1,4})";
    /** What the reader says of a malformed kevent. */
    static final String KEVENT_WORDS = NAMES + "; other idents are numbers, or self; filters are "
            + String.join(" ", FILTERS) + " filt<number>; flags are 0 " + String.join(" ", FLAGS) + " 0x200";

    private Grammar() {
    }

    /**
     * The operands of an operation.
     *
     * @throws IllegalArgumentException for what is none; its message says what is allowed
     */
    static List<String> operands(String operation) {
        String form = FORMS.get(operation.split(" ")[0]);
        if (form == null) {
            throw new IllegalArgumentException("unknown operation, known are K START SKIP "
                    + String.join(" ", FORMS.keySet()));
        }
        Pattern word = Pattern.compile("<(.*?)>");
        Matcher operands = Pattern.compile(word.matcher(form).replaceAll(found ->
                Matcher.quoteReplacement("(" + WORDS.get(found.group(1)) + ")"))).matcher(operation);
        if (!operands.matches()) {
            throw new IllegalArgumentException("the form is " + form + ", with numbers of up to five digits; " + NAMES);
        }
        return IntStream.rangeClosed(1, operands.groupCount()).mapToObj(operands::group).toList();
    }

    /** Whether the result of a verb is part of any recording. */
    static boolean hasResult(String verb) {
        return RECORDED.contains(verb);
    }

    /** Whether a verb can have a result. */
    static boolean isResult(String verb, String result) {
        return result.matches(RESULTS.getOrDefault(verb, COUNT));
    }

    /** A flag by its name without {@code EV_}, or by number. */
    static int flag(String name) {
        return name.matches("0.*") ? Integer.decode(name) : FLAG_BITS[FLAGS.indexOf(name)];
    }

    /** Flags by name. */
    static String flags(int flags, String separator) {
        int known = IntStream.of(FLAG_BITS).sum();
        Stream<String> names = IntStream.range(0, FLAG_BITS.length).filter(i -> (flags & FLAG_BITS[i]) != 0)
                .mapToObj(FLAGS::get);
        return Stream.concat(names, (flags & ~known) == 0 ? Stream.of()
                : Stream.of("0x" + Integer.toHexString(flags & ~known))).collect(Collectors.joining(separator));
    }
}
