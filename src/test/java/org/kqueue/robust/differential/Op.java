package org.kqueue.robust.differential;

import java.util.List;
import java.util.Locale;
import java.util.StringJoiner;
import java.util.stream.IntStream;

/**
 * What a step does. Operands are channels (c) and selectors (s) by number. The weight says how often a random program
 * has the step on its own, outside the phrases of {@link RandomProgram}.
 */
enum Op {
    OPEN_STREAM(3, "", Variants.FAMILIES), OPEN_LISTENER(2, "", Variants.FAMILIES), OPEN_DATAGRAM(2, ""),
    OPEN_PIPE(2, ""), OPEN_PAIR(4, "", List.of("tcp", "unix", "udp")),
    BIND(5, "c"), CONNECT(7, "cc"), CONNECT_REFUSED(2, "c"), FINISH_CONNECT(4, "c"), ACCEPT(6, "c"),
    REGISTER(12, "cs", Variants.OPS), INTEREST(8, "cs", Variants.OPS), INTEREST_OR(3, "cs", Variants.OPS),
    INTEREST_AND(3, "cs", Variants.OPS), CANCEL(3, "cs"), DESELECT(5, "cs"), CLEAR_SELECTED(4, "s"),
    SELECT_NOW(12, "s", Variants.FORMS), SELECT_TIMED(3, "s", Variants.FORMS),
    /** Without a timeout; a wait is ended by a wakeup. */
    SELECT(4, "s", Variants.FORMS),
    /** With a timeout that does not run out; a wait is ended by a wakeup. */
    SELECT_LONG(1, "s", Variants.FORMS),
    SELECT_UNTIL_INTERRUPT(1, "s", Variants.FORMS), SELECT_UNTIL_CLOSE(1, "s", Variants.FORMS),
    /** By a thread whose interrupt status is set. */
    SELECT_INTERRUPTED(1, "s", Variants.FORMS),
    /** Another thread drains a channel without interest, sets the interest and wakes the selector, which waits. */
    WORK(3, "cs", Variants.OPS),
    WAKEUP(3, "s"), CLOSE_SELECTOR(1, "s"), OPEN_SELECTOR(2, "s"),
    WRITE(10, "cc", List.of("1", "10", "100", "5000")), FILL(2, "c"), READ(6, "c", List.of("1", "7", "100", "65536")),
    DRAIN(4, "c"), SHUT_INPUT(2, "c"), SHUT_OUTPUT(3, "c"), RESET(2, "c"), CLOSE(4, "c"),
    BLOCKING(2, "c", List.of("on", "off"));

    final int weight;
    final String operands;
    final List<String> variants;

    Op(int weight, String operands) {
        this(weight, operands, List.of());
    }

    Op(int weight, String operands, List<String> variants) {
        this.weight = weight;
        this.operands = operands;
        this.variants = variants;
    }

    /** Whether the variant is a set of operations. */
    boolean hasOps() {
        return variants == Variants.OPS;
    }

    /** How many channels it opens, whatever comes of it. */
    int opens() {
        return switch (this) {
            case OPEN_PIPE, OPEN_PAIR -> 2;
            case OPEN_STREAM, OPEN_LISTENER, OPEN_DATAGRAM -> 1;
            default -> 0;
        };
    }

    boolean isSelect() {
        return variants == Variants.FORMS;
    }

    /** A set of operations in words. */
    static String names(int ops) {
        if (ops == 0) {
            return "none";
        }
        StringJoiner names = new StringJoiner("|");
        String[] all = {"READ", "NO-OPERATION", "WRITE", "CONNECT", "ACCEPT"};
        for (int bit = 0; bit < all.length; bit++) {
            if ((ops & 1 << bit) != 0) {
                names.add(all[bit]);
            }
        }
        return names.toString();
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static Op parse(String text) {
        return valueOf(text.toUpperCase(Locale.ROOT).replace('-', '_'));
    }

    private static final class Variants {
        static final List<String> FAMILIES = List.of("tcp", "unix");
        /** A select that fills the selected-key set, and selects whose action does something to the key. */
        static final List<String> FORMS = List.of("plain", "action", "action-off", "action-on", "action-cancel",
                "action-close", "action-close-selector");
        /** Every set of operations by its value as in SelectionKey, with bit 1, which is no operation. */
        static final List<String> OPS = IntStream.range(0, 32).mapToObj(Op::names).toList();
    }
}
