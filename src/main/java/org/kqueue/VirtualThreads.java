package org.kqueue;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;

/**
 * Waits for virtual threads (JDK 21 and later). A native wait would hold the carrier thread, and a few of them would
 * stop every virtual thread, so a platform thread waits instead while the virtual one is in {@code Object.wait}: that
 * gives its carrier free from JDK 24 on even inside {@code synchronized}, and before that makes the scheduler add a
 * carrier.
 */
final class VirtualThreads {

    private static final MethodHandle IS_VIRTUAL = isVirtual();

    private VirtualThreads() {
    }

    private static MethodHandle isVirtual() {
        try {
            return MethodHandles.publicLookup().findVirtual(Thread.class, "isVirtual",
                    MethodType.methodType(boolean.class));
        } catch (NoSuchMethodException e) {
            return null;
        } catch (IllegalAccessException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    static boolean isCurrent() {
        if (IS_VIRTUAL == null) {
            return false;
        }
        try {
            return (boolean) IS_VIRTUAL.invokeExact(Thread.currentThread());
        } catch (Throwable e) {
            throw new AssertionError("Thread.isVirtual() throws nothing", e);
        }
    }

    /**
     * Runs a waiting call on a platform thread and returns what it returned. Not interruptible; keeps the interrupt
     * status.
     */
    static int await(IntSupplier call) {
        Handover handover = new Handover(call);
        Waiters.POOL.execute(handover);
        return handover.result();
    }

    /** The platform threads; made when a virtual thread first waits, gone when idle for a while. */
    private static final class Waiters {
        static final ThreadPoolExecutor POOL = new ThreadPoolExecutor(0, Integer.MAX_VALUE, 10, TimeUnit.SECONDS,
                new SynchronousQueue<>(), task -> {
                    Thread thread = new Thread(null, task, "kqueue-wait-for-virtual-thread", 0, false);
                    thread.setDaemon(true);
                    return thread;
                });
    }

    private static final class Handover implements Runnable {
        private final IntSupplier call;
        // guarded by this
        private boolean done;
        private int result;
        private Throwable thrown;

        Handover(IntSupplier call) {
            this.call = call;
        }

        @Override
        public void run() {
            int n = 0;
            Throwable failure = null;
            try {
                n = call.getAsInt();
            } catch (RuntimeException | Error e) {
                failure = e;
            }
            synchronized (this) {
                result = n;
                thrown = failure;
                done = true;
                notifyAll();
            }
        }

        synchronized int result() {
            boolean interrupted = false;
            while (!done) {
                try {
                    wait();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
            if (thrown instanceof Error error) {
                throw error;
            }
            if (thrown != null) {
                throw (RuntimeException) thrown;
            }
            return result;
        }
    }
}
