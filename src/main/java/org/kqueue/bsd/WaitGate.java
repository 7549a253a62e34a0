package org.kqueue.bsd;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.kqueue.Wakeup;

/**
 * Order between the threads of a kqueue whose library locks all others out while one waits. One thread at a time waits
 * in the library, the others here. A thread that has changes to submit is a guest: it makes the one that waits leave,
 * and nobody waits again before the last guest is gone.
 */
final class WaitGate {

    // guarded by this
    private boolean waiting;
    private int guests;

    /**
     * Called before a wait.
     *
     * @return false if this thread had to wait here, be it for all of its time: it may look again what is left of that
     */
    synchronized boolean beginWait(long nanos, BooleanSupplier isOpen) {
        if (!waiting && guests == 0) {
            waiting = true;
            return true;
        }
        boolean interrupted = false;
        long end = System.nanoTime() + nanos;
        long left = nanos;
        while ((waiting || guests > 0) && left > 0 && isOpen.getAsBoolean()) {
            try {
                if (nanos == Long.MAX_VALUE) {
                    wait();
                } else {
                    TimeUnit.NANOSECONDS.timedWait(this, left);
                    left = end - System.nanoTime();
                }
            } catch (InterruptedException e) {
                // A wait for events is not ended by an interrupt.
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return false;
    }

    synchronized void endWait() {
        waiting = false;
        notifyAll();
    }

    /**
     * Called before a call that does not wait.
     *
     * @param interruption ends the wait of another thread; null where there is none yet
     */
    synchronized void beginVisit(Wakeup interruption) throws IOException {
        guests++;
        if (waiting && interruption != null) {
            interruption.signal();
        }
    }

    /**
     * Called when the call has returned. Under the same lock as a signal, so that no guest's is taken with the last
     * one's.
     */
    synchronized void endVisit(Wakeup interruption) throws IOException {
        guests--;
        notifyAll();
        if (guests == 0 && interruption != null) {
            interruption.acknowledge();
        }
    }

    /** To those that wait here: there is something new. */
    synchronized void announce() {
        notifyAll();
    }
}
