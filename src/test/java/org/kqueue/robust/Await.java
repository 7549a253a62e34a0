package org.kqueue.robust;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Polls a condition until it is true or a deadline has passed. */
public final class Await {

    /** Far more than a busy machine needs. */
    public static final long DEADLINE_MILLIS = 10_000;
    private static final long POLL_MICROS = 500;

    private Await() {
    }

    /** Fails with a message if the condition is not true within the deadline. */
    public static void until(BooleanSupplier condition, Supplier<String> failure) {
        if (!within(DEADLINE_MILLIS, condition)) {
            throw new AssertionError(failure.get());
        }
    }

    /** Returns true when the condition is true, or false after so many milliseconds. */
    public static boolean within(long millis, BooleanSupplier condition) {
        return within(millis, POLL_MICROS, condition);
    }

    /** The same for a condition that is expensive to evaluate: not more often than every so many microseconds. */
    public static boolean within(long millis, long pollMicros, BooleanSupplier condition) {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - end >= 0) {
                return false;
            }
            LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(pollMicros));
        }
        return true;
    }
}
