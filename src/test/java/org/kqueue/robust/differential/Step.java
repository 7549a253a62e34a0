package org.kqueue.robust.differential;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * One step of a program. Channels and selectors are numbers, modulo how many there are, so every step can be performed
 * in every state, also when others are taken out. A field that the step does not use is 0.
 *
 * @param other a second channel: whom to connect to, or where a datagram goes
 * @param variant an index of {@link Op#variants}
 */
record Step(Op op, int channel, int other, int selector, int variant) {

    Step {
        long channels = op.operands.chars().filter(c -> c == 'c').count();
        channel = channels > 0 ? channel : 0;
        other = channels > 1 ? other : 0;
        selector = op.operands.endsWith("s") ? selector % Side.SELECTORS : 0;
        variant = op.variants.isEmpty() ? 0 : variant % op.variants.size();
    }

    /** A step about a key. */
    static Step key(Op op, int channel, int selector, int ops) {
        return new Step(op, channel, 0, selector, ops);
    }

    /** A step about a channel, its first variant. */
    static Step channel(Op op, int channel) {
        return new Step(op, channel, 0, 0, 0);
    }

    /** A step about a selector, its first variant. */
    static Step selector(Op op, int selector) {
        return new Step(op, 0, 0, selector, 0);
    }

    /** A read or write. */
    int bytes() {
        return Integer.parseInt(op.variants.get(variant));
    }

    /** The same step in a program in which some channels are not opened. */
    Step withoutChannels(int first, int count) {
        return new Step(op, channel < first + count ? channel : channel - count,
                other < first + count ? other : other - count, selector, variant);
    }

    Step onSelector(int number) {
        return new Step(op, channel, other, number, variant);
    }

    static Step parse(String text) {
        Deque<String> words = new ArrayDeque<>(List.of(text.strip().split(" +")));
        Op op = Op.parse(words.remove());
        int[] numbers = new int[3];
        int channels = 0;
        for (char operand : op.operands.toCharArray()) {
            String word = words.isEmpty() ? "" : words.remove();
            if (!word.matches(operand + "\\d+")) {
                throw new IllegalArgumentException("'" + text + "': " + op + " has the operands " + op.operands
                        + ", each with a number, such as c0");
            }
            numbers[operand == 's' ? 2 : channels++] = Integer.parseInt(word.substring(1));
        }
        int variant = op.variants.isEmpty() ? 0 : op.variants.indexOf(words.poll());
        if (variant < 0 || !words.isEmpty()) {
            throw new IllegalArgumentException("'" + text + "': " + op + " ends in one of " + op.variants);
        }
        return new Step(op, numbers[0], numbers[1], numbers[2], variant);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(op.toString());
        int channels = 0;
        for (char operand : op.operands.toCharArray()) {
            text.append(' ').append(operand).append(operand == 's' ? selector : channels++ == 0 ? channel : other);
        }
        return op.variants.isEmpty() ? text.toString() : text.append(' ').append(op.variants.get(variant)).toString();
    }
}
