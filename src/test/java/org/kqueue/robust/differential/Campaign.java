package org.kqueue.robust.differential;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.kqueue.robust.Providers;

/**
 * Random programs through the JDK's selector and ours, until one differs. By property:
 * {@code org.kqueue.differential.seed} of the first program (each next one is one more), {@code .tries},
 * {@code .minutes} (then tries do not count), {@code .program} to run one program. As a main class it runs for hours.
 */
final class Campaign {

    static final long DEFAULT_SEED = 20261123;
    private static final String PREFIX = "org.kqueue.differential.";
    private static final int DEFAULT_TRIES = 1_000;
    private static final long DEFAULT_SECONDS = 45;
    private static final long SHRINK_SECONDS = 60;

    private final Comparison comparison = new Comparison(Providers.jdk(), Providers.kqueue());

    /** Ends with status 1 at the first difference. */
    public static void main(String[] args) throws Exception {
        try {
            System.out.println(new Campaign().run());
            System.exit(0);
        } catch (AssertionError e) {
            System.out.println(e.getMessage());
            System.exit(1);
        }
    }

    /** What was done; throws an AssertionError with a reproducer if there is a difference. */
    String run() throws IOException, InterruptedException {
        String given = System.getProperty(PREFIX + "program");
        if (given != null) {
            String difference = comparison.difference(Program.parse(given));
            if (difference != null) {
                throw new AssertionError(difference);
            }
            return "differential: no difference";
        }
        return random(Long.getLong(PREFIX + "seed", DEFAULT_SEED));
    }

    private String random(long seed) throws IOException, InterruptedException {
        Long minutes = Long.getLong(PREFIX + "minutes");
        Integer triesGiven = Integer.getInteger(PREFIX + "tries");
        int tries = minutes != null ? Integer.MAX_VALUE : triesGiven != null ? triesGiven : DEFAULT_TRIES;
        long seconds = minutes != null ? minutes * 60 : triesGiven != null ? Long.MAX_VALUE : DEFAULT_SECONDS;
        long start = System.nanoTime();
        int done = 0;
        long steps = 0;
        while (done < tries && secondsSince(start) < seconds) {
            Program program = Program.random(seed + done);
            String difference = comparison.difference(program);
            if (difference != null) {
                throw new AssertionError(report(seed + done, program, difference));
            }
            done++;
            steps += program.steps().size();
        }
        return String.format("differential: %d programs, %d steps from seed %d in %d s, no difference", done, steps,
                seed,
                secondsSince(start));
    }

    private static long secondsSince(long start) {
        return TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start);
    }

    private String report(long seed, Program program, String difference) throws IOException, InterruptedException {
        long start = System.nanoTime();
        Program small = program.shrink(this::fails, () -> secondsSince(start) > SHRINK_SECONDS);
        String now = comparison.difference(small);
        return "seed " + seed + ": " + difference + "\nshrunk from " + program.steps().size() + " to "
                + small.steps().size()
                + " steps: " + (now != null ? now : "(did not fail when run once more)") + "\nreproduce with -D"
                + PREFIX
                + "program=\"" + small + "\"";
    }

    private boolean fails(Program program) {
        try {
            return comparison.difference(program) != null;
        } catch (IOException | InterruptedException e) {
            throw new AssertionError("the harness failed on " + program, e);
        }
    }
}
