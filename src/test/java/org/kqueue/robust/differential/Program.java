package org.kqueue.robust.differential;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * A list of steps, its text form, and the two things that are done with programs: make one up, and make one shorter.
 */
record Program(List<Step> steps) {

    private static final int SHORTEST = 8;
    private static final int LONGEST = 70;
    private static final int TOTAL_WEIGHT = Arrays.stream(Op.values()).mapToInt(op -> op.weight).sum();

    /** The same seed makes the same program on every JDK: SplittableRandom's algorithm is specified. */
    static Program random(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<Step> steps = new ArrayList<>();
        int length = random.nextInt(SHORTEST, LONGEST);
        while (steps.size() < length) {
            steps.add(new Step(op(random), random.nextInt(24), random.nextInt(24), random.nextInt(32)));
        }
        return new Program(steps);
    }

    private static Op op(SplittableRandom random) {
        int left = random.nextInt(TOTAL_WEIGHT);
        for (Op op : Op.values()) {
            left -= op.weight;
            if (left < 0) {
                return op;
            }
        }
        throw new AssertionError();
    }

    static Program parse(String text) {
        return new Program(Arrays.stream(text.split(";")).filter(part -> !part.isBlank()).map(Step::parse).toList());
    }

    /** Takes out ever smaller runs of steps as long as the rest still fails (delta debugging). */
    Program shrink(Predicate<Program> fails, BooleanSupplier timeIsUp) {
        List<Step> best = steps;
        for (int run = Math.max(1, best.size() / 2); run > 0; run = run == 1 ? 0 : run / 2) {
            boolean shorter = true;
            while (shorter && !timeIsUp.getAsBoolean()) {
                shorter = false;
                for (int from = best.size() - run; from >= 0 && !timeIsUp.getAsBoolean(); from -= run) {
                    List<Step> rest = new ArrayList<>(best.subList(0, from));
                    rest.addAll(best.subList(from + run, best.size()));
                    if (fails.test(new Program(rest))) {
                        best = rest;
                        shorter = true;
                    }
                }
            }
        }
        return new Program(best);
    }

    @Override
    public String toString() {
        return steps.stream().map(Step::toString).collect(Collectors.joining(";"));
    }
}
