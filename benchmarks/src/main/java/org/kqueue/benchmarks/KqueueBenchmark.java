package org.kqueue.benchmarks;

import java.io.IOException;
import java.nio.channels.SelectableChannel;
import java.util.concurrent.TimeUnit;
import org.kqueue.ChangeList;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.KeventFlags;
import org.kqueue.Kqueue;
import org.kqueue.Note;
import org.kqueue.nio.Descriptors;
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

/** The kqueue API itself, without a selector: raw lists, no allocation. Each run checks the number of events. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 4, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Fork(2)
@State(Scope.Thread)
public class KqueueBenchmark {

    private Kqueue kqueue;
    private ChangeList none;
    private ChangeList trigger;
    private EventList events;

    /** Sockets of which some have a byte to read. */
    @State(Scope.Thread)
    public static class Sockets {
        /** Registered and ready. */
        @Param({"1/0", "1/1", "1024/1", "1024/16", "1024/1024"})
        public String registeredAndReady;
        private Kqueue kqueue;
        private SocketPairs pairs;
        private EventList events;
        private int ready;

        /** Opens the sockets and registers them with EVFILT_READ. */
        @Setup
        public void open() throws IOException {
            Provider.use("kqueue");
            String[] counts = registeredAndReady.split("/");
            int registered = Integer.parseInt(counts[0]);
            ready = Integer.parseInt(counts[1]);
            pairs = new SocketPairs(registered);
            pairs.fill(ready);
            kqueue = Kqueue.open();
            ChangeList changes = kqueue.newChangeList(registered);
            for (int i = 0; i < registered; i++) {
                SelectableChannel channel = pairs.near(i);
                changes.add(Descriptors.of(channel), Filter.EVFILT_READ, KeventFlags.EV_ADD, i);
            }
            events = kqueue.newEventList(registered);
            kqueue.kevent(changes, null, 0);
        }

        /** Closes all. */
        @TearDown
        public void close() throws IOException {
            kqueue.close();
            pairs.close();
        }
    }

    /** Registers a user event. */
    @Setup
    public void open() throws IOException {
        kqueue = Kqueue.open();
        none = kqueue.newChangeList(1);
        trigger = kqueue.newChangeList(1).add(1, Filter.EVFILT_USER, 0, kqueue.layout().number(Note.NOTE_TRIGGER), 0,
                7);
        events = kqueue.newEventList(8);
        kqueue.kevent(none.add(1, Filter.EVFILT_USER, KeventFlags.EV_ADD | KeventFlags.EV_CLEAR, 7), null, 0);
        none.clear();
    }

    /** Closes the kqueue. */
    @TearDown
    public void close() throws IOException {
        kqueue.close();
    }

    /** A poll of a kqueue in which nothing is ready. */
    @Benchmark
    public void poll() throws IOException {
        if (kqueue.kevent(none, events, 0) != 0) {
            throw new AssertionError("an event: " + events);
        }
    }

    /** A user event triggered and taken in one call. */
    @Benchmark
    public void triggerAndTake() throws IOException {
        if (kqueue.kevent(trigger, events, 0) != 1 || events.udata(0) != 7) {
            throw new AssertionError("not the user event: " + events);
        }
    }

    /** A poll of sockets. */
    @Benchmark
    public long read(Sockets sockets) throws IOException {
        int n = sockets.kqueue.kevent(null, sockets.events, 0);
        if (n != sockets.ready) {
            throw new AssertionError(n + " events, not " + sockets.ready);
        }
        return n == 0 ? 0 : sockets.events.data(n - 1);
    }
}
