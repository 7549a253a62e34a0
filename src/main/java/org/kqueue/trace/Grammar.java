package org.kqueue.trace;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.kqueue.KeventFlags;

/** The words of the language: operations with their operands, names of descriptors, flags. */
final class Grammar {

    /** What an operand may be. */
    enum Operand {
        NUMBER("\\d+", "a number"),
        DIGIT("\\d", "a digit, that of the name"),
        ANY("a\\d|b\\d|c\\d|d\\d|k\\d|l\\d|s\\d|u\\d|p\\d[rw]|bad",
                "a descriptor: a0 b0 (socket pair), p0r p0w (pipe), k0 (kqueue), l0 c0 s0 (TCP), u0 (UDP), d0 (dup2),"
                        + " bad"),
        LISTENER("l\\d", "a listener l0"),
        LISTENER_OR_REFUSED("l\\d|refused", "a listener l0, or refused"),
        CLIENT("c\\d", "a TCP client c0"),
        SERVER("s\\d", "an accepted connection s0"),
        UDP("u\\d", "a UDP socket u0"),
        UDP_OR_REFUSED("u\\d|refused", "a UDP socket u0, or refused");

        private final Pattern pattern;
        private final String description;

        Operand(String pattern, String description) {
            this.pattern = Pattern.compile(pattern);
            this.description = description;
        }

        boolean matches(String word) {
            return pattern.matcher(word).matches();
        }

        @Override
        public String toString() {
            return description;
        }
    }

    /** The flags that the language knows, in the order in which they are written. */
    static final List<String> FLAG_NAMES =
            List.of("ADD", "DELETE", "ENABLE", "DISABLE", "EOF", "ONESHOT", "CLEAR", "RECEIPT", "DISPATCH", "ERROR");
    private static final int[] FLAGS = {KeventFlags.EV_ADD, KeventFlags.EV_DELETE, KeventFlags.EV_ENABLE,
        KeventFlags.EV_DISABLE, KeventFlags.EV_EOF, KeventFlags.EV_ONESHOT, KeventFlags.EV_CLEAR,
        KeventFlags.EV_RECEIPT, KeventFlags.EV_DISPATCH, KeventFlags.EV_ERROR};

    /** Verbs and their operands; but for K, the kevent call. */
    private static final Map<String, List<Operand>> OPERATIONS = new TreeMap<>(Map.ofEntries(
            Map.entry("OPEN", List.of(Operand.DIGIT)), Map.entry("PIPE", List.of(Operand.DIGIT)),
            Map.entry("KQ", List.of(Operand.DIGIT)), Map.entry("LISTEN", List.of(Operand.DIGIT)),
            Map.entry("UDP", List.of(Operand.DIGIT)), Map.entry("DUP2", List.of(Operand.ANY, Operand.ANY)),
            Map.entry("CLOSE", List.of(Operand.ANY)), Map.entry("SHUTWR", List.of(Operand.ANY)),
            Map.entry("W", List.of(Operand.ANY, Operand.NUMBER)), Map.entry("R", List.of(Operand.ANY, Operand.NUMBER)),
            Map.entry("FILL", List.of(Operand.ANY)), Map.entry("DRAIN", List.of(Operand.ANY)),
            Map.entry("SOCKET", List.of(Operand.CLIENT)),
            Map.entry("CONNECT", List.of(Operand.CLIENT, Operand.LISTENER_OR_REFUSED)),
            Map.entry("ACCEPT", List.of(Operand.SERVER, Operand.LISTENER)), Map.entry("RST", List.of(Operand.ANY)),
            Map.entry("SOERR", List.of(Operand.ANY)),
            Map.entry("UCONN", List.of(Operand.UDP, Operand.UDP_OR_REFUSED)),
            Map.entry("SENDTO", List.of(Operand.UDP, Operand.UDP, Operand.NUMBER)),
            Map.entry("SEND", List.of(Operand.UDP, Operand.NUMBER)), Map.entry("RECV", List.of(Operand.UDP))));

    private static final Pattern COUNT = Pattern.compile("\\d+|-1 err( \\d+)?");
    /** What the verbs show behind the arrow; those that are not here show nothing. */
    private static final Map<String, Pattern> RESULTS = Map.of("W", COUNT, "R", COUNT, "ACCEPT", COUNT, "SOERR",
            COUNT, "UCONN", COUNT, "SENDTO", COUNT, "SEND", COUNT, "RECV", COUNT,
            "FILL", Pattern.compile("full|err \\d+"), "DRAIN", Pattern.compile("empty|eof|err \\d+"));

    private Grammar() {
    }

    /** The operands of a verb; null where there is no such operation. */
    static List<Operand> operands(String verb) {
        return OPERATIONS.get(verb);
    }

    /** Whether a verb has a result, which a program need not give. */
    static boolean hasResult(String verb) {
        return verb.equals("K") || RESULTS.containsKey(verb);
    }

    /** Whether a verb can have a result. */
    static boolean isResult(String verb, String result) {
        return RESULTS.containsKey(verb) && RESULTS.get(verb).matcher(result).matches();
    }

    /** All verbs but K. */
    static String verbs() {
        return String.join(" ", OPERATIONS.keySet());
    }

    /** An EV_ flag by its name without the prefix; -1 where the language has none. */
    static int flag(String name) {
        int index = FLAG_NAMES.indexOf(name);
        return index < 0 ? -1 : FLAGS[index];
    }
}
