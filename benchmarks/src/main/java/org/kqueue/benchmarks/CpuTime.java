package org.kqueue.benchmarks;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Platform;
import java.io.IOException;

/** Processor time, user and system, of other processes. Threads that have ended are included. */
final class CpuTime {

    private static final int RUSAGE_CHILDREN = -1;

    /** By the C names; structures as arrays of their 64-bit fields. */
    private interface C extends Library {
        C LIBRARY = Native.load(Platform.C_LIBRARY_NAME, C.class);

        int clock_getcpuclockid(int pid, int[] clock);

        int clock_gettime(int clock, long[] timespec);

        int getrusage(int who, long[] rusage);
    }

    private CpuTime() {
    }

    static long nanos(ProcessHandle process) throws IOException {
        if (Platform.isMac()) {
            // It has no clocks of other processes.
            return process.info().totalCpuDuration().orElseThrow().toNanos();
        }
        int[] clock = new int[1];
        long[] timespec = new long[2];
        int errno = C.LIBRARY.clock_getcpuclockid((int) process.pid(), clock);
        if (errno != 0 || C.LIBRARY.clock_gettime(clock[0], timespec) != 0) {
            throw new IOException("processor time of process " + process.pid() + ": errno "
                    + (errno != 0 ? errno : Native.getLastError()));
        }
        return timespec[0] * 1_000_000_000 + timespec[1];
    }

    /** Of all children of this process that have ended and were waited for. */
    static long endedChildrenNanos() throws IOException {
        long[] rusage = new long[18];
        if (C.LIBRARY.getrusage(RUSAGE_CHILDREN, rusage) != 0) {
            throw new IOException("getrusage: errno " + Native.getLastError());
        }
        return (rusage[0] + rusage[2]) * 1_000_000_000 + (rusage[1] + rusage[3]) * 1_000;
    }
}
