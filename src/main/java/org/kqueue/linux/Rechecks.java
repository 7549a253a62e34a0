package org.kqueue.linux;

import java.util.ArrayList;
import java.util.List;

/**
 * What Linux wakes nobody for: it is looked at when a scan begins and, while a scan waits, by a timerfd, after a
 * millisecond, two, four and so on, up to 64, until nothing is left that may change. Guarded by the kqueue's lock.
 */
final class Rechecks implements Source {

    /** Something to look at again. */
    interface Check {

        /** Looks. Returns whether it may still change. */
        boolean lookAgain(Memory memory);

        /** Whether a waiting scan has to be told when it changes. */
        boolean isAwaited(Memory memory);
    }

    private static final long SHORTEST = 1_000_000;
    private static final long LONGEST = 64 * SHORTEST;

    private final Sources sources;
    private final List<Check> checks = new ArrayList<>();
    private int timerfd = -1;
    private long delay = SHORTEST;
    private boolean looking;
    /** Read without the lock by a scan that is about to begin. */
    private volatile boolean needed;

    Rechecks(Sources sources) {
        this.sources = sources;
    }

    /** Looks at it from now on, soon for the first time. Returns 0, or the errno where no timer could be had. */
    int add(Memory memory, Check check) {
        int errno = open(memory);
        if (errno == 0 && !checks.contains(check)) {
            checks.add(check);
            needed = true;
        }
        if (errno == 0 && !looking) {
            soon(memory);
        }
        return errno;
    }

    void remove(Check check) {
        checks.remove(check);
        needed = !checks.isEmpty();
    }

    boolean isNeeded() {
        return needed;
    }

    /** A scan begins. */
    void run(Memory memory) {
        look(memory);
        soon(memory);
    }

    private void soon(Memory memory) {
        delay = SHORTEST;
        set(memory);
    }

    @Override
    public void ready(Memory memory) {
        look(memory);
        delay = Math.min(2 * delay, LONGEST);
        set(memory);
    }

    private void look(Memory memory) {
        looking = true;
        // A copy: a check may remove itself.
        for (Check check : List.copyOf(checks)) {
            if (!check.lookAgain(memory)) {
                remove(check);
            }
        }
        looking = false;
    }

    private void set(Memory memory) {
        for (Check check : checks) {
            if (check.isAwaited(memory)) {
                // Fails for a bad descriptor or time only, and both are ours.
                LinuxLibrary.timerfd_settime(timerfd, 0, memory.itimerspec(delay), 0);
                return;
            }
        }
    }

    private int open(Memory memory) {
        if (timerfd >= 0) {
            return 0;
        }
        int fd = sources.openTimer(memory, LinuxLibrary.CLOCK_MONOTONIC, this);
        if (fd < 0) {
            return -fd;
        }
        timerfd = fd;
        return 0;
    }
}
