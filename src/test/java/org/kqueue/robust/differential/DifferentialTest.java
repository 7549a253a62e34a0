package org.kqueue.robust.differential;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.kqueue.robust.Descriptors;
import org.kqueue.robust.Providers;

/**
 * Random programs through the JDK's selector and ours. By property: {@code org.kqueue.differential.seed} of the first program
 * (each next one is one more), {@code .tries}, {@code .minutes} (then tries do not count), {@code .program} to run one program.
 */
class DifferentialTest {

    private static final String PREFIX = "org.kqueue.differential.";
    private static final long DEFAULT_SEED = 20261123;
    private static final int DEFAULT_TRIES = 400;
    private static final long DEFAULT_SECONDS = 45;
    private static final long SHRINK_SECONDS = 60;

    private final Comparison comparison = new Comparison(Providers.jdk(), Providers.kqueue());

    @Test
    void behavesAsTheJdksSelectorInRandomPrograms() throws Exception {
        String given = System.getProperty(PREFIX + "program");
        if (given != null) {
            assertNull(comparison.difference(Program.parse(given)), given);
            return;
        }
        long seed = Long.getLong(PREFIX + "seed", DEFAULT_SEED);
        Long minutes = Long.getLong(PREFIX + "minutes");
        int tries = minutes != null ? Integer.MAX_VALUE : Integer.getInteger(PREFIX + "tries", DEFAULT_TRIES);
        long seconds = minutes != null ? minutes * 60 : System.getProperty(PREFIX + "tries") != null ? Long.MAX_VALUE / 2
                : DEFAULT_SECONDS;
        long start = System.nanoTime();
        int done = 0;
        long steps = 0;
        while (done < tries && TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start) < seconds) {
            Program program = Program.random(seed + done);
            String difference = comparison.difference(program);
            if (difference != null) {
                report(seed + done, program, difference);
            }
            done++;
            steps += program.steps().size();
        }
        System.out.printf("differential: %d programs, %d steps from seed %d in %d s, no difference%n", done, steps, seed,
                TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start));
        assertTrue(done > 0, "no program was run");
    }

    private void report(long seed, Program program, String difference) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SHRINK_SECONDS);
        Program small = program.shrink(this::fails, () -> System.nanoTime() - end > 0);
        String now = comparison.difference(small);
        fail("seed " + seed + ": " + difference + "\nshrunk from " + program.steps().size() + " to "
                + small.steps().size() + " steps: " + (now != null ? now : "(did not fail when run once more)")
                + "\nreproduce with -D" + PREFIX + "program=\"" + small + "\"");
    }

    private boolean fails(Program program) {
        try {
            return comparison.difference(program) != null;
        } catch (Exception e) {
            throw new AssertionError("the harness failed on " + program, e);
        }
    }

    @Test
    void leavesNoDescriptorBehind() throws Exception {
        Program program = Program.random(DEFAULT_SEED);
        comparison.difference(program, Pace.FAST);
        int before = Descriptors.count();
        for (int i = 0; i < 20; i++) {
            comparison.difference(Program.random(DEFAULT_SEED + i), Pace.FAST);
        }
        Descriptors.assertComesDownTo(before);
    }

    @Test
    void findsAndShrinksAPlantedDifference() {
        Program program = Program.random(DEFAULT_SEED);
        Program small = program.shrink(p -> p.steps().stream().filter(s -> s.op() == Op.REGISTER).count() >= 2, () -> false);
        assertEquals(2, small.steps().size());
        assertEquals(small, Program.parse(small.toString()));
        assertNotNull(small);
    }
}
