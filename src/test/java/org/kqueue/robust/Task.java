package org.kqueue.robust;

import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/** A thread that computes something, to be joined with a deadline. */
public final class Task<T> {

    private final FutureTask<T> task;
    private final Thread thread;

    /** Starts the thread. */
    public Task(Callable<T> callable) {
        task = new FutureTask<>(callable);
        thread = new Thread(task, "test-task");
        thread.setDaemon(true);
        thread.start();
    }

    /** Waits for the result; a thread that is still at work after the deadline is a failure, with its stack. */
    public T get() throws Exception {
        try {
            return task.get(Await.DEADLINE_MILLIS, TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw e.getCause() instanceof Exception cause ? cause : e;
        } catch (TimeoutException e) {
            TimeoutException withStack = new TimeoutException(thread + " is still at work");
            withStack.setStackTrace(thread.getStackTrace());
            throw withStack;
        }
    }

    public boolean isDone() {
        return task.isDone();
    }

    /** Interrupts the thread. */
    public void interrupt() {
        thread.interrupt();
    }

    /** Returns when the thread is inside the native call that a select waits in, or about to make it. */
    public Task<T> awaitSelecting() {
        Await.until(() -> isDone() || isSelecting(), () -> thread + " does not wait in a select");
        if (isDone()) {
            throw new AssertionError("the select has returned");
        }
        return this;
    }

    private boolean isSelecting() {
        StackTraceElement[] stack = thread.getStackTrace();
        // A call through java.lang.foreign is no native method on the stack, so with ours the call of kevent must do.
        return stack.length > 0 && (stack[0].isNativeMethod() || Stream.of(stack).anyMatch(Task::isKevent))
                && Stream.of(stack).anyMatch(frame -> frame.getMethodName().equals("select"));
    }

    /** Not the selector's own method of that name, which collects the changes first. */
    private static boolean isKevent(StackTraceElement frame) {
        return frame.getMethodName().equals("kevent") && !frame.getClassName().startsWith("org.kqueue.nio.");
    }
}
