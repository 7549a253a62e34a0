package org.kqueue.nio.jmx;

/**
 * What a selector on kqueue has done, or all selectors of this JVM together, those that are closed included. Counters
 * start at 0 and do not go back. Safe for use by any thread; a value may be that of a moment ago.
 *
 * <p>Also a source for other metrics: {@link org.kqueue.nio.KqueueSelectors#metrics}.
 */
public interface KqueueMXBean {

    /**
     * Which selector this is.
     *
     * @return its number and kqueue, such as {@code "selector 1 (embedded (epoll), freebsd ABI)"}, or {@code "all"}
     */
    String getName();

    /**
     * Selectors that are open.
     *
     * @return 1 for an open selector, 0 for a closed one
     */
    int getSelectors();

    /**
     * Registered keys, cancelled ones that no select has removed yet included, as of the last select.
     *
     * @return the number of keys
     */
    int getKeys();

    /**
     * Selects that have returned or failed, of every form.
     *
     * @return the count
     */
    long getSelects();

    /**
     * Calls of {@code kevent}.
     *
     * @return the count
     */
    long getKeventCalls();

    /**
     * Changes handed to {@code kevent}.
     *
     * @return the count
     */
    long getChanges();

    /**
     * Entries that {@code kevent} has returned.
     *
     * @return the count
     */
    long getEvents();

    /**
     * Selects that a wakeup has ended, or kept from waiting.
     *
     * @return the count
     */
    long getWakeups();

    /**
     * Calls of {@code kevent} that a signal has interrupted ({@code EINTR}); each was continued.
     *
     * @return the count
     */
    long getInterruptedCalls();

    /**
     * Changes that the kernel has refused and calls that have failed. Removing what is gone is no error.
     *
     * @return the count
     */
    long getErrors();
}
