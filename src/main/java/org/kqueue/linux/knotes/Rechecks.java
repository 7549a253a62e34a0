package org.kqueue.linux.knotes;

import java.util.ArrayList;
import java.util.List;

/**
 * Polls the conditions that epoll does not report: when a scan begins and, while it waits, by a timerfd, after a
 * millisecond, two, four and so on, up to 64, as long as there are any. Guarded by the kqueue's lock.
 */
final class Rechecks implements Sources.Source {

    /** A condition to poll. */
    interface Check {

        /** Polls the condition. Returns whether to go on. */
        boolean lookAgain();

        /** Whether a scan that waits must be told when it changes. */
        boolean isAwaited();
    }

    private static final long SHORTEST = 1_000_000;
    private static final long LONGEST = 64 * SHORTEST;

    private final LinuxCalls calls;
    private final Sources sources;
    private final List<Check> checks = new ArrayList<>();
    private int timerfd = -1;
    private long delay = SHORTEST;
    private boolean looking;

    Rechecks(LinuxCalls calls, Sources sources) {
        this.calls = calls;
        this.sources = sources;
    }

    /** Polls it from now on. Returns 0, or the errno where no timer could be had. */
    int add(Check check) {
        int errno = open();
        if (errno == 0 && !checks.contains(check)) {
            checks.add(check);
        }
        if (errno == 0 && !looking) {
            soon();
        }
        return errno;
    }

    void remove(Check check) {
        checks.remove(check);
    }

    boolean isNeeded() {
        return !checks.isEmpty();
    }

    /** A scan begins. */
    void run() {
        look();
        soon();
    }

    private void soon() {
        delay = SHORTEST;
        set();
    }

    @Override
    public void ready() {
        look();
        delay = Math.min(2 * delay, LONGEST);
        set();
    }

    private void look() {
        looking = true;
        // A copy: a check may remove itself.
        for (Check check : List.copyOf(checks)) {
            if (!check.lookAgain()) {
                remove(check);
            }
        }
        looking = false;
    }

    private void set() {
        for (Check check : checks) {
            if (check.isAwaited()) {
                calls.setTimer(timerfd, 0, delay);
                return;
            }
        }
    }

    private int open() {
        if (timerfd >= 0) {
            return 0;
        }
        int fd = sources.openTimer(Timers.CLOCK_MONOTONIC, this);
        if (fd < 0) {
            return -fd;
        }
        timerfd = fd;
        return 0;
    }
}
