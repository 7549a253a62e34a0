package org.kqueue.robust.differential;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.kqueue.robust.Descriptors;
import org.kqueue.robust.Providers;

/** The short form of {@link Campaign}, with its properties. */
class DifferentialTest {

    @Test
    void behavesAsTheJdksSelectorInRandomPrograms() throws Exception {
        System.out.println(new Campaign().run());
    }

    @Test
    void leavesNoDescriptorBehind() throws Exception {
        Comparison comparison = new Comparison(Providers.jdk(), Providers.kqueue());
        for (int i = 0; i < 20; i++) {
            comparison.difference(Program.random(i), Pace.FAST);
        }
        int before = Descriptors.count();
        for (int i = 0; i < 20; i++) {
            comparison.difference(Program.random(i), Pace.FAST);
        }
        Descriptors.assertComesDownTo(before);
    }

    @Test
    void shrinksAProgramToWhatItTakesToFail() {
        Program program = Program.random(Campaign.DEFAULT_SEED);
        Program small = program.shrink(p -> p.steps().stream().filter(s -> s.op() == Op.REGISTER).count() >= 2,
                () -> false);
        assertEquals(2, small.steps().size());
        assertEquals(small, Program.parse(small.toString()));
    }
}
