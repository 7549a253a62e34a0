package org.kqueue.robust.differential;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.kqueue.nio.Providers;

/**
 * Random programs through the JDK's selector and ours. Properties, each with the prefix
 * {@code org.kqueue.differential}: {@code .seed} of the first program, else random (each next program has one more);
 * {@code .seconds} (8); {@code .failures} that end a run (1); {@code .program} to run one program only. As a main class
 * it runs for hours: by random programs or, with the argument {@code every}, by {@link EveryProgram}.
 */
final class RandomPrograms {

    static final String PREFIX = "org.kqueue.differential.";
    static final int FAILURES = Integer.getInteger(PREFIX + "failures", 1);
    private static final long SECONDS = Long.getLong(PREFIX + "seconds", 8);
    /** They wait most of the time. */
    private static final int THREADS = 4;

    private final Findings findings = new Findings(new Comparison(Providers.jdk(), Providers.kqueue()));
    private final long firstSeed = Long.getLong(PREFIX + "seed", ThreadLocalRandom.current().nextInt());
    private final AtomicLong seed = new AtomicLong(firstSeed);
    private final AtomicInteger failures = new AtomicInteger();

    private RandomPrograms() {
    }

    /** Ends with status 1 if there is a difference. */
    public static void main(String[] args) throws Exception {
        try {
            System.out.println(List.of(args).contains("every") ? EveryProgram.run() : run());
            System.exit(0);
        } catch (AssertionError e) {
            System.out.println(e.getMessage());
            System.exit(1);
        }
    }

    /** What was done; throws an AssertionError that tells every difference. */
    static String run() throws IOException, InterruptedException {
        return new RandomPrograms().runAll();
    }

    private String runAll() throws IOException, InterruptedException {
        String given = System.getProperty(PREFIX + "program");
        String how = "differential, random programs from seed " + firstSeed;
        if (given == null) {
            runSeeds();
        } else {
            how = "differential, the given program";
            Program program = Program.parse(given);
            findings.tryOut(program, program.steps());
        }
        findings.check(how);
        return how + ": " + findings.summary();
    }

    private void runSeeds() throws InterruptedException {
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            List<Future<?>> futures = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                futures.add(threads.submit((Callable<?>) this::runMany));
            }
            for (Future<?> future : futures) {
                future.get();
            }
        } catch (ExecutionException e) {
            throw new AssertionError("the harness failed", e.getCause());
        } finally {
            threads.shutdownNow();
        }
    }

    private Object runMany() throws IOException, InterruptedException {
        while (failures.get() < FAILURES && findings.seconds() < SECONDS) {
            Program program = RandomProgram.of(seed.getAndIncrement());
            if (!findings.tryOut(program, program.steps())) {
                failures.incrementAndGet();
            }
        }
        return null;
    }
}
