package org.kqueue.robust.differential;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** A list of steps, its text form, and how a program that fails is made smaller. */
record Program(List<Step> steps) {

    private static final int READ = 1;
    private static final int WRITE = 4;

    Program {
        steps = List.copyOf(steps);
    }

    static Program parse(String text) {
        return new Program(Arrays.stream(text.split(";")).filter(part -> !part.isBlank()).map(Step::parse).toList());
    }

    /** A smaller program that still fails, and does not with a step less or a simpler step. */
    Program shrink(Predicate<Program> fails, BooleanSupplier timeIsUp) {
        Program best = this;
        int before;
        do {
            before = best.steps.size();
            best = best.withoutSteps(fails, timeIsUp).withoutChannels(fails, timeIsUp).simplified(fails, timeIsUp);
        } while (best.steps.size() < before && !timeIsUp.getAsBoolean());
        return best;
    }

    /** Takes out ever smaller runs of steps as long as the rest still fails (delta debugging). */
    private Program withoutSteps(Predicate<Program> fails, BooleanSupplier timeIsUp) {
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

    /** Takes out channels that the failure does not need. The numbers of those after them become smaller. */
    private Program withoutChannels(Predicate<Program> fails, BooleanSupplier timeIsUp) {
        List<Step> best = steps;
        int first = 0;
        for (int i = 0; i < best.size() && !timeIsUp.getAsBoolean();) {
            int opened = best.get(i).op().opens();
            int from = first;
            List<Step> rest = new ArrayList<>(best.subList(0, i));
            best.subList(i + 1, best.size()).forEach(step -> rest.add(step.withoutChannels(from, opened)));
            if (opened > 0 && fails.test(new Program(rest))) {
                best = rest;
            } else {
                first += opened;
                i++;
            }
        }
        List<Step> oneSelector = best.stream().map(step -> step.onSelector(0)).toList();
        return new Program(!oneSelector.equals(best) && fails.test(new Program(oneSelector)) ? oneSelector : best);
    }

    private Program simplified(Predicate<Program> fails, BooleanSupplier timeIsUp) {
        List<Step> best = new ArrayList<>(steps);
        for (int i = 0; i < best.size(); i++) {
            for (Step simpler : simpler(best.get(i))) {
                if (timeIsUp.getAsBoolean() || simpler.equals(best.get(i))) {
                    break;
                }
                List<Step> tried = new ArrayList<>(best);
                tried.set(i, simpler);
                if (fails.test(new Program(tried))) {
                    best = tried;
                    break;
                }
            }
        }
        return new Program(best);
    }

    /** Simpler steps that may replace a step, the simplest first. */
    private static List<Step> simpler(Step step) {
        Step first = new Step(step.op(), step.channel(), step.other(), step.selector(), 0);
        if (step.op().isSelect()) {
            return List.of(Step.selector(Op.SELECT_NOW, step.selector()),
                    new Step(Op.SELECT_NOW, 0, 0, step.selector(), step.variant()),
                    Step.selector(Op.SELECT_TIMED, step.selector()), first, step);
        }
        if (step.op().hasOps()) {
            return List.of(first, Step.key(step.op(), step.channel(), step.selector(), READ),
                    Step.key(step.op(), step.channel(), step.selector(), WRITE),
                    Step.key(step.op(), step.channel(), step.selector(), READ | WRITE), step);
        }
        return List.of(first, step);
    }

    @Override
    public String toString() {
        return steps.stream().map(Step::toString).collect(Collectors.joining("; "));
    }
}
