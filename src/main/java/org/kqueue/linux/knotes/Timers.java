package org.kqueue.linux.knotes;

import java.time.Instant;
import java.util.Comparator;
import java.util.TreeSet;

/**
 * The timers of one kqueue that are waited for, in the order in which they are due, on one timerfd a clock. Guarded by
 * the kqueue's lock.
 */
final class Timers {

    static final int CLOCK_REALTIME = 0;
    static final int CLOCK_MONOTONIC = 1;
    private static final int TFD_TIMER_ABSTIME = 1;
    private static final long SECOND = 1_000_000_000L;

    /** One clock's timers. */
    final class Clock implements Sources.Source {

        private final int id;
        private final int flags;
        private final TreeSet<TimerKnote> waiting =
                new TreeSet<>(Comparator.<TimerKnote>comparingLong(knote -> knote.due)
                        .thenComparingLong(knote -> knote.serial));
        private int timerfd = -1;
        /** What the timerfd is set for, or {@link Long#MAX_VALUE}. */
        private long setFor = Long.MAX_VALUE;
        private boolean expiring;

        private Clock(int id, int flags) {
            this.id = id;
            this.flags = flags;
        }

        /** In nanoseconds. */
        long now() {
            if (id == CLOCK_MONOTONIC) {
                return System.nanoTime();
            }
            Instant now = Instant.now();
            return now.getEpochSecond() * SECOND + now.getNano();
        }

        /** Opens the timerfd when the first timer is made. Returns 0 or the errno. */
        int open() {
            if (timerfd >= 0) {
                return 0;
            }
            int fd = sources.openTimer(id, this);
            if (fd < 0) {
                return -fd;
            }
            timerfd = fd;
            return 0;
        }

        void add(TimerKnote knote) {
            waiting.add(knote);
        }

        void remove(TimerKnote knote) {
            waiting.remove(knote);
        }

        /**
         * Sets the timerfd for the timer that is due first, or stops it: one that fires for nothing would make the
         * kqueue's descriptor readable.
         */
        void set() {
            long due = waiting.isEmpty() ? Long.MAX_VALUE : waiting.first().due;
            if (due != setFor && !expiring) {
                setFor = due;
                long value = due == Long.MAX_VALUE ? 0 : Math.max(1, flags != 0 ? due : due - now());
                // 0 stops it; what is due already fires at once.
                calls.setTimer(timerfd, flags, value);
            }
        }

        @Override
        public void ready() {
            long now = now();
            expiring = true;
            while (!waiting.isEmpty() && waiting.first().due <= now) {
                TimerKnote knote = waiting.first();
                waiting.remove(knote);
                queue.consider(knote);
            }
            expiring = false;
            // It has fired, or is about to: to set it anew is right in any case.
            setFor = Long.MAX_VALUE;
            set();
        }
    }

    final Clock monotonic = new Clock(CLOCK_MONOTONIC, 0);
    /** Set with an absolute time, so that it follows when the clock is set. */
    final Clock realtime = new Clock(CLOCK_REALTIME, TFD_TIMER_ABSTIME);
    private final LinuxCalls calls;
    private final Sources sources;
    private final KnoteQueue queue;
    private long serials;

    Timers(LinuxCalls calls, Sources sources, KnoteQueue queue) {
        this.calls = calls;
        this.sources = sources;
        this.queue = queue;
    }

    long nextSerial() {
        return serials++;
    }
}
