package org.kqueue.robust;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;

/** Threads that race for a while. The first failure of any of them ends the race and is thrown. */
public final class Racers implements AutoCloseable {

    private final ExecutorService threads = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "racer");
        thread.setDaemon(true);
        return thread;
    });
    private final List<Future<?>> futures = new ArrayList<>();
    private final AtomicBoolean over = new AtomicBoolean();
    private final long end;
    private final BooleanSupplier enough;
    /** How much longer a race may last until {@link #enough} is true. */
    private final long overtimeNanos;

    /** A race of so many milliseconds. */
    public Racers(long millis) {
        this(millis, () -> true, 0);
    }

    /** A race that lasts so long, or, on a starved machine, until enough has happened, but not half a minute longer. */
    public Racers(long millis, BooleanSupplier enough) {
        this(millis, enough, TimeUnit.SECONDS.toNanos(30));
    }

    private Racers(long millis, BooleanSupplier enough, long overtimeNanos) {
        this.end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        this.enough = enough;
        this.overtimeNanos = overtimeNanos;
    }

    /** Whether the racers are to stop. */
    public boolean isOver() {
        long overtime = System.nanoTime() - end;
        return over.get() || overtime > 0 && (enough.getAsBoolean() || overtime > overtimeNanos);
    }

    /** Starts a thread that repeats a step until the race is over. */
    public Racers repeat(Step step) {
        return repeatThen(() -> { }, step);
    }

    /** Starts a thread that repeats a step until the race is over and then says so. */
    public Racers repeatThen(Step last, Step step) {
        return run(() -> {
            try {
                while (!isOver()) {
                    step.run();
                }
            } finally {
                last.run();
            }
            return null;
        });
    }

    /** Starts a thread. */
    public Racers run(Callable<?> task) {
        futures.add(threads.submit(() -> {
            try {
                return task.call();
            } catch (Throwable e) {
                over.set(true);
                throw e;
            }
        }));
        return this;
    }

    /** Something that may throw anything. */
    @FunctionalInterface
    public interface Step {
        void run() throws Exception;
    }

    /**
     * Waits for all; a thread that does not come back {@code graceMillis} after the race is a failure, with its stack.
     */
    public void join(long graceMillis) throws Exception {
        for (Future<?> future : futures) {
            try {
                long left = end + overtimeNanos - System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(graceMillis);
                future.get(Math.max(left, 1), TimeUnit.NANOSECONDS);
            } catch (ExecutionException e) {
                if (e.getCause() instanceof Error error) {
                    throw error;
                }
                throw new AssertionError("a racer failed", e.getCause());
            } catch (TimeoutException e) {
                StringBuilder stacks = new StringBuilder();
                Thread.getAllStackTraces().forEach((thread, stack) -> {
                    if (thread.getName().equals("racer")) {
                        stacks.append('\n').append(thread.getState());
                        for (StackTraceElement frame : stack) {
                            stacks.append("\n\tat ").append(frame);
                        }
                    }
                });
                throw new AssertionError("a racer hangs" + stacks, e);
            }
        }
    }

    @Override
    public void close() {
        over.set(true);
        threads.shutdownNow();
    }
}
