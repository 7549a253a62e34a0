package org.kqueue.robust.differential;

import java.io.IOException;
import java.nio.channels.Selector;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Ends a select that waits, from another thread: by a wakeup, an interrupt or a close, as the step says. */
final class EndOfWait {

    private static final long LOST_MILLIS = 10_000;
    private static final long AGAIN_MILLIS = 20;
    /** Two, so that the rescue runs even if the call that ends the wait hangs. */
    private static final ScheduledExecutorService THREADS = Executors.newScheduledThreadPool(2, task -> {
        Thread thread = new Thread(task, "end-of-wait");
        thread.setDaemon(true);
        return thread;
    });

    private final Thread selecting = Thread.currentThread();
    private final Future<?> ending;
    private final Future<?> rescue;
    // guarded by this
    private boolean over;
    private boolean finished;
    private boolean lost;

    EndOfWait(Selector selector, Op op, long afterMillis) {
        ending = after(afterMillis, () -> {
            if (begin()) {
                switch (op) {
                    case SELECT_UNTIL_INTERRUPT -> interrupt();
                    case SELECT_UNTIL_CLOSE -> selector.close();
                    default -> selector.wakeup();
                }
            }
            return null;
        });
        rescue = after(afterMillis + LOST_MILLIS, () -> {
            if (lose()) {
                selecting.interrupt();
                selector.close();
            }
            return null;
        });
    }

    private static Future<?> after(long millis, Callable<?> task) {
        return THREADS.schedule(task, millis, TimeUnit.MILLISECONDS);
    }

    /**
     * Before Java 25 {@code Thread.interrupt()} looks for a selector that waits and sets the status after that. A
     * select that begins in between is not ended, in the JDK's selectors too, so this interrupts until it returns.
     */
    private synchronized void interrupt() throws InterruptedException {
        do {
            selecting.interrupt();
            wait(AGAIN_MILLIS);
        } while (!finished);
    }

    private synchronized boolean begin() {
        over = !finished;
        notifyAll();
        return over;
    }

    private synchronized boolean lose() {
        lost = !finished;
        return lost;
    }

    /** Whether the wait was ended. */
    synchronized boolean isOver() {
        return over;
    }

    /** Waits for the call that ends the wait. A select that spins returns before it. */
    synchronized void awaitOver() {
        boolean interrupted = false;
        while (!over && !lost) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            selecting.interrupt();
        }
    }

    /** Whether the select went on waiting although it was ended. */
    synchronized boolean isLost() {
        return lost;
    }

    /** The select has returned. Waits until the call that ends the wait is over; keeps the interrupt status. */
    void finish() throws IOException {
        boolean wasOver;
        synchronized (this) {
            finished = true;
            wasOver = over;
            notifyAll();
        }
        rescue.cancel(false);
        if (wasOver) {
            awaitEnding();
        } else {
            ending.cancel(false);
        }
    }

    private void awaitEnding() throws IOException {
        boolean interrupted = false;
        boolean ended = false;
        while (!ended) {
            try {
                ending.get();
                ended = true;
            } catch (InterruptedException e) {
                interrupted = true;
            } catch (ExecutionException e) {
                throw new IOException("the end of the wait failed", e.getCause());
            }
        }
        if (interrupted) {
            selecting.interrupt();
        }
    }
}
