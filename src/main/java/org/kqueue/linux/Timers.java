package org.kqueue.linux;

import com.sun.jna.Native;
import java.time.Instant;
import java.util.Comparator;
import java.util.TreeSet;

/**
 * The timers of one kqueue that are waited for, in the order in which they are due, on one timerfd a clock. Guarded by
 * the kqueue's lock.
 */
final class Timers {

    /** One clock's timers. */
    final class Clock implements Source {

        private final int id;
        private final int flags;
        private final TreeSet<TimerKnote> waiting =
                new TreeSet<>(Comparator.<TimerKnote>comparingLong(knote -> knote.due)
                        .thenComparingLong(knote -> knote.serial));
        private int timerfd = -1;

        private Clock(int id, int flags) {
            this.id = id;
            this.flags = flags;
        }

        /** In nanoseconds. */
        long now() {
            if (id == EpollLibrary.CLOCK_MONOTONIC) {
                return System.nanoTime();
            }
            Instant now = Instant.now();
            return now.getEpochSecond() * SECOND + now.getNano();
        }

        /** Opens the timerfd when the first timer is made. Returns 0 or the errno. */
        int open(Memory memory) {
            if (timerfd >= 0) {
                return 0;
            }
            int fd = EpollLibrary.timerfd_create(id, EpollLibrary.TFD_CLOEXEC | EpollLibrary.TFD_NONBLOCK);
            if (fd < 0) {
                return Native.getLastError();
            }
            long token = sources.open(memory, fd, this);
            if (token < 0) {
                return (int) -token;
            }
            timerfd = fd;
            return 0;
        }

        void add(Memory memory, TimerKnote knote) {
            if (waiting.add(knote) && waiting.first() == knote) {
                set(memory);
            }
        }

        void remove(TimerKnote knote) {
            // The timerfd may then fire for nothing; it is set anew when it has.
            waiting.remove(knote);
        }

        private void set(Memory memory) {
            if (!waiting.isEmpty()) {
                long due = waiting.first().due;
                long value = flags != 0 ? due : due - now();
                // 0 would stop the timer instead of firing at once.
                EpollLibrary.timerfd_settime(timerfd, flags, memory.itimerspec(Math.max(1, value)), 0);
            }
        }

        @Override
        public void ready(Memory memory) {
            long now = now();
            while (!waiting.isEmpty() && waiting.first().due <= now) {
                TimerKnote knote = waiting.first();
                waiting.remove(knote);
                queue.consider(memory, knote);
            }
            set(memory);
        }
    }

    static final long SECOND = 1_000_000_000L;

    final Clock monotonic = new Clock(EpollLibrary.CLOCK_MONOTONIC, 0);
    /** Set with an absolute time, so that it follows when the clock is set. */
    final Clock realtime = new Clock(EpollLibrary.CLOCK_REALTIME, EpollLibrary.TFD_TIMER_ABSTIME);
    private final Sources sources;
    private final SoftQueue queue;
    private long serials;

    Timers(Sources sources, SoftQueue queue) {
        this.sources = sources;
        this.queue = queue;
    }

    long nextSerial() {
        return serials++;
    }
}
