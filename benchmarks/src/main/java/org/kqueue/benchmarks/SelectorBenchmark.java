package org.kqueue.benchmarks;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** The selector's operations, one at a time. Each checks the number of keys selected. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 4, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Fork(2)
public class SelectorBenchmark {

    /** Keys of which some are ready; the selected set is cleared each time. */
    @State(Scope.Thread)
    public static class Ready {
        /** The provider. */
        @Param({"jdk", "poll", "kqueue"})
        public String provider;
        /** Registered and ready. */
        @Param({"1/0", "1/1", "1024/1", "1024/16", "1024/256", "1024/1024"})
        public String registeredAndReady;
        private Work work;

        /** Opens the sockets. */
        @Setup
        public void open() throws IOException {
            Provider.use(provider);
            String[] counts = registeredAndReady.split("/");
            work = Work.open("select", Integer.parseInt(counts[0]), Integer.parseInt(counts[1]));
        }

        /** Closes them. */
        @TearDown
        public void close() throws IOException {
            work.close();
        }
    }

    /** One channel to which something is done each time. */
    @State(Scope.Thread)
    public static class Change {
        /** The provider. */
        @Param({"jdk", "poll", "kqueue"})
        public String provider;
        /** What is done, by the names of {@link Work#open}. */
        @Param({"toggle-write", "cancelled-out", "wakeup", "register-cancel", "open-close"})
        public String work;
        private Work opened;

        /** Opens the socket. */
        @Setup
        public void open() throws IOException {
            Provider.use(provider);
            opened = Work.open(work, 1, 0);
        }

        /** Closes it. */
        @TearDown
        public void close() throws IOException {
            opened.close();
        }
    }

    /** One {@code selectNow}. */
    @Benchmark
    public void selectNow(Ready state) throws IOException {
        state.work.run();
    }

    /** One change, with the selects that see it. */
    @Benchmark
    public void change(Change state) throws IOException {
        state.opened.run();
    }
}
