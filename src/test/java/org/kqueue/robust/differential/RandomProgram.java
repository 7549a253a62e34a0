package org.kqueue.robust.differential;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Makes up a program: one to three pairs of channels, then phrases of what a server does to the key of one of them,
 * mixed with single steps of any kind. The same seed makes the same program on every JDK, as SplittableRandom's
 * algorithm is specified.
 */
final class RandomProgram {

    private static final int READ = 1;
    private static final int WRITE = 4;
    private static final int CONNECT = 8;
    private static final int ACCEPT = 16;
    private static final int ANY_NUMBER = 24;
    private static final int SHORTEST = 3;
    private static final int LONGEST = 24;
    private static final int TOTAL_WEIGHT = Arrays.stream(Op.values()).mapToInt(op -> op.weight).sum();

    /** A channel that is registered, its peer, and the operations it supports. */
    private record Pair(int near, int far, int ops) {
    }

    private final SplittableRandom random;
    private final List<Step> steps = new ArrayList<>();
    private final List<Pair> pairs = new ArrayList<>();
    private int channels;

    private RandomProgram(long seed) {
        random = new SplittableRandom(seed);
    }

    static Program of(long seed) {
        return new RandomProgram(seed).make();
    }

    private Program make() {
        for (int i = random.nextInt(1, 4); i > 0; i--) {
            openPair();
        }
        for (int i = random.nextInt(SHORTEST, LONGEST); i > 0; i--) {
            phrase();
        }
        return new Program(steps);
    }

    private void openPair() {
        int one = channels;
        int two = channels + 1;
        channels += 2;
        if (chance(2)) {
            add(Step.channel(Op.OPEN_PIPE, 0));
            // Source and sink.
            pairs.add(chance(2) ? new Pair(one, two, READ) : new Pair(two, one, WRITE));
        } else {
            add(new Step(Op.OPEN_PAIR, 0, 0, 0, random.nextInt(3)));
            pairs.add(new Pair(one, two, READ | WRITE));
        }
    }

    private void phrase() {
        Pair pair = pairs.get(random.nextInt(pairs.size()));
        int ops = pair.ops() == (READ | WRITE) ? choose(READ, WRITE, READ | WRITE) : pair.ops();
        int selector = random.nextInt(5) == 0 ? 1 : 0;
        switch (random.nextInt(17)) {
            case 0, 1, 2 -> serve(pair, ops, selector);
            case 3, 4 -> cancelAndRegister(pair, ops, selector);
            case 5 -> add(Step.key(Op.REGISTER, pair.near(), selector, ops));
            case 6 -> add(Step.key(Op.INTEREST, pair.near(), selector, choose(0, ops)));
            case 7 -> arrive(pair, ops);
            case 8 -> consume(pair, ops);
            case 9 -> select(selector);
            case 10 -> inTwoSelectors(pair, ops);
            case 11 -> end(pair);
            case 12 -> closeAndOpen(pair, ops, selector);
            case 13 -> connect(selector);
            default -> add(anyStep());
        }
    }

    /** A worker serves a key: interest off while it works, then on again, with or without a wakeup. */
    private void serve(Pair pair, int ops, int selector) {
        maybe(2, Step.key(Op.REGISTER, pair.near(), selector, ops));
        maybe(2, Step.selector(Op.SELECT_NOW, selector));
        arrive(pair, ops);
        select(selector);
        add(Step.key(Op.INTEREST, pair.near(), selector, 0));
        maybe(2, Step.selector(Op.SELECT_NOW, selector));
        if (chance(3)) {
            add(Step.key(Op.WORK, pair.near(), selector, ops));
        } else {
            consume(pair, ops);
            maybe(2, Step.selector(Op.SELECT_TIMED, selector));
            add(Step.key(Op.INTEREST, pair.near(), selector, ops));
            maybe(3, Step.selector(Op.WAKEUP, selector));
        }
        maybe(2, Step.selector(Op.SELECT_NOW, selector));
    }

    /** With and without a select between, in the same selector and another, with and without an event. */
    private void cancelAndRegister(Pair pair, int ops, int selector) {
        add(Step.key(Op.CANCEL, pair.near(), selector, 0));
        maybe(3, Step.selector(Op.SELECT_NOW, selector));
        if (chance(2)) {
            arrive(pair, ops);
        }
        maybe(2, Step.selector(Op.SELECT_NOW, selector));
        add(Step.key(Op.REGISTER, pair.near(), chance(4) ? 1 - selector : selector, choose(0, ops)));
        select(selector);
    }

    private void inTwoSelectors(Pair pair, int ops) {
        add(Step.key(Op.REGISTER, pair.near(), 0, ops));
        add(Step.key(Op.REGISTER, pair.near(), 1, ops));
        arrive(pair, ops);
        select(0);
        select(1);
    }

    /** One end is half-closed, reset or closed. */
    private void end(Pair pair) {
        int which = chance(2) ? pair.near() : pair.far();
        add(Step.channel(choose(Op.SHUT_OUTPUT, Op.SHUT_OUTPUT, Op.SHUT_INPUT, Op.RESET, Op.CLOSE), which));
    }

    /** A connection from the first step on, accepted or refused, with keys at both ends. */
    private void connect(int selector) {
        int family = random.nextInt(2);
        int listener = channels++;
        int stream = channels++;
        add(new Step(Op.OPEN_LISTENER, 0, 0, 0, family));
        add(new Step(Op.OPEN_STREAM, 0, 0, 0, family));
        maybe(4, Step.key(Op.REGISTER, stream, selector, ops()));
        add(Step.channel(Op.BIND, listener));
        add(Step.key(Op.REGISTER, listener, selector, ACCEPT));
        add(chance(4) ? Step.channel(Op.CONNECT_REFUSED, stream) : new Step(Op.CONNECT, stream, listener, 0, 0));
        add(Step.key(Op.REGISTER, stream, selector, chance(2) ? CONNECT : ops()));
        select(selector);
        if (chance(2)) {
            add(Step.channel(Op.FINISH_CONNECT, stream));
            maybe(2, Step.key(Op.INTEREST, stream, selector, choose(READ, WRITE, READ | WRITE)));
            add(Step.channel(Op.ACCEPT, listener));
            select(selector);
        }
    }

    /** The descriptor's number is free after the selects, and the next channel gets it. */
    private void closeAndOpen(Pair pair, int ops, int selector) {
        maybe(2, Step.key(Op.REGISTER, pair.near(), selector, ops));
        maybe(2, Step.selector(Op.SELECT_NOW, selector));
        add(Step.channel(Op.CLOSE, pair.near()));
        add(Step.channel(Op.CLOSE, pair.far()));
        add(Step.selector(Op.SELECT_NOW, 0));
        add(Step.selector(Op.SELECT_NOW, 1));
        pairs.remove(pair);
        openPair();
        Pair now = pairs.get(pairs.size() - 1);
        maybe(2, Step.key(Op.REGISTER, now.near(), selector, now.ops()));
    }

    /** The key becomes ready: there is something to read, or room to write. */
    private void arrive(Pair pair, int ops) {
        if ((ops & READ) != 0) {
            add(new Step(Op.WRITE, pair.far(), pair.near(), 0, random.nextInt(3)));
        }
        if ((ops & WRITE) != 0) {
            add(Step.channel(Op.DRAIN, pair.far()));
        }
    }

    /** The key is not ready any more. */
    private void consume(Pair pair, int ops) {
        if ((ops & READ) != 0) {
            add(Step.channel(Op.DRAIN, pair.near()));
        }
        if ((ops & WRITE) != 0) {
            add(Step.channel(Op.FILL, pair.near()));
        }
    }

    private void select(int selector) {
        if (chance(4)) {
            add(new Step(choose(Op.SELECT, Op.SELECT_NOW, Op.SELECT_TIMED), 0, 0, selector, random.nextInt(1, 5)));
        } else {
            add(Step.selector(choose(Op.SELECT_NOW, Op.SELECT_NOW, Op.SELECT_NOW, Op.SELECT), selector));
            maybe(2, Step.selector(Op.CLEAR_SELECTED, selector));
        }
    }

    private Step anyStep() {
        Op op = anyOp();
        int variant = op.hasOps() ? ops() : random.nextInt(32);
        channels += op.opens();
        return new Step(op, random.nextInt(ANY_NUMBER), random.nextInt(ANY_NUMBER), random.nextInt(2), variant);
    }

    /** Any operations; one in eight sets has a bit that is no operation. Unsupported ones are left out later. */
    private int ops() {
        int ops = random.nextInt(32);
        return random.nextInt(8) == 0 ? ops | 2 : ops & ~2;
    }

    private Op anyOp() {
        int left = random.nextInt(TOTAL_WEIGHT);
        for (Op op : Op.values()) {
            left -= op.weight;
            if (left < 0) {
                return op;
            }
        }
        throw new AssertionError();
    }

    private void add(Step step) {
        steps.add(step);
    }

    private void maybe(int oneOf, Step step) {
        if (chance(oneOf)) {
            steps.add(step);
        }
    }

    private boolean chance(int oneOf) {
        return random.nextInt(oneOf) == 0;
    }

    private int choose(int... all) {
        return all[random.nextInt(all.length)];
    }

    private Op choose(Op... all) {
        return all[random.nextInt(all.length)];
    }
}
