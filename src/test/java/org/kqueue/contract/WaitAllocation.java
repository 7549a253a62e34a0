package org.kqueue.contract;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import org.kqueue.ChangeList;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.KeventFlags;
import org.kqueue.Kqueue;
import org.kqueue.KqueueConfig;
import org.kqueue.KqueueConfig.Detail;
import org.kqueue.Wakeup;
import org.kqueue.nio.jdk.JdkChannels;

/**
 * Prints how many bytes a round of changes, a wakeup and two waits allocates once its code is compiled. A program of
 * its own, because what a compiler makes of the code depends on all that has run it before.
 */
final class WaitAllocation {

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final int ROUNDS = 10_000;

    private WaitAllocation() {
    }

    /** The ABI, and whether the calls are the JDK's. */
    public static void main(String[] arguments) throws IOException {
        if (Boolean.parseBoolean(arguments[1])) {
            JdkChannels.open();
        }
        int[] fds = new int[2];
        Posix.socketpair(Posix.AF_UNIX, Posix.SOCK_STREAM, 0, fds);
        Posix.write(fds[1], new byte[1], 1);
        try (Kqueue kq = Kqueue.open(new KqueueConfig("embedded", null, arguments[0], Detail.READINESS));
                Wakeup wakeup = kq.newWakeup(5)) {
            EventList events = kq.newEventList(16);
            ChangeList changes = kq.newChangeList(2).add(fds[0], Filter.EVFILT_READ, KeventFlags.EV_ADD, 1);
            kq.kevent(changes, events, 0);
            changes.clear().add(fds[0], Filter.EVFILT_WRITE, KeventFlags.EV_ADD, 1)
                    .add(fds[0], Filter.EVFILT_WRITE, KeventFlags.EV_DISABLE, 1);
            long perRound = Long.MAX_VALUE;
            // Code that is not compiled yet allocates, and how soon it is compiled depends on the machine's load.
            long deadline = System.nanoTime() + 20_000_000_000L;
            while (perRound > 0 && System.nanoTime() < deadline) {
                long before = THREADS.getCurrentThreadAllocatedBytes();
                for (int i = 0; i < ROUNDS; i++) {
                    kq.kevent(changes, events, 0);
                    wakeup.signal();
                    kq.kevent(null, events, 1_000_000L);
                }
                perRound = Math.min(perRound, (THREADS.getCurrentThreadAllocatedBytes() - before) / ROUNDS);
            }
            System.out.println(perRound + " bytes");
        }
    }
}
