package org.kqueue.benchmarks;

import java.io.IOException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What happens to a selector and its channels, one thing at a time. Each checks its result. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 0)
@Measurement(iterations = 6, time = 1)
@Fork(2)
public class SelectorBenchmark {

    private static final int MANY = 10_000;

    /** An open selector. */
    @State(Scope.Thread)
    public static class Open {
        /** The provider. */
        @Param({"jdk", "kqueue"})
        public String provider;
        Selector selector;

        /** Opens it. JMH calls the setup of a subclass before that of its superclass, so there is only this one. */
        @Setup
        public final void open() throws IOException {
            Provider.use(provider);
            selector = Selector.open();
            openChannels();
        }

        /** Closes it. */
        @TearDown
        public final void close() throws IOException {
            closeChannels();
            selector.close();
        }

        void openChannels() throws IOException {
        }

        void closeChannels() throws IOException {
        }

        final void selectNothing(int keys) throws IOException {
            if (selector.selectNow() != 0 || selector.keys().size() != keys) {
                throw new AssertionError("not " + keys + " keys with none ready, but " + selector.keys());
            }
        }
    }

    /** Sockets to register. */
    @State(Scope.Thread)
    public static class Many extends Open {
        private final DatagramChannel[] channels = new DatagramChannel[MANY];

        @Override
        void openChannels() throws IOException {
            for (int i = 0; i < MANY; i++) {
                channels[i] = DatagramChannel.open();
                channels[i].configureBlocking(false);
            }
        }

        /** Cancels their keys. */
        @TearDown(Level.Invocation)
        public void cancel() throws IOException {
            selector.keys().forEach(SelectionKey::cancel);
            selectNothing(0);
        }

        @Override
        void closeChannels() throws IOException {
            for (DatagramChannel channel : channels) {
                channel.close();
            }
        }
    }

    /** Registered connections, some of which get a byte before each invocation, which is read after it. */
    @State(Scope.Thread)
    public static class Connections extends Open {
        /** How many get a byte, of how many. */
        @Param({"1/1", "16/16", "16/1024"})
        public String ready;
        private Sockets sockets;
        private SelectionKey[] selected;
        private int size;
        private final Consumer<SelectionKey> action = key -> selected[size++] = key;

        @Override
        void openChannels() throws IOException {
            String[] counts = ready.split("/");
            selected = new SelectionKey[Integer.parseInt(counts[0])];
            sockets = new Sockets(Integer.parseInt(counts[1]));
            sockets.registerAll(selector);
        }

        /** Sends the bytes. */
        @Setup(Level.Invocation)
        public void send() throws IOException {
            sockets.send(selected.length);
            size = 0;
        }

        /** Reads them. */
        @TearDown(Level.Invocation)
        public void read() throws IOException {
            for (SelectionKey key : selected) {
                sockets.read((SocketChannel) key.channel());
            }
        }

        @Override
        void closeChannels() throws IOException {
            sockets.close();
        }
    }

    /** One connection. */
    @State(Scope.Thread)
    public static class Single extends Open {
        private Sockets sockets;

        @Override
        void openChannels() throws IOException {
            sockets = new Sockets(1);
        }

        @Override
        void closeChannels() throws IOException {
            sockets.close();
        }
    }

    /** A selector that is opened and closed. */
    @Benchmark
    public void openAndClose(Open state) throws IOException {
        Selector.open().close();
    }

    /** Sockets that are registered, and one select; a socket. */
    @Benchmark
    @BenchmarkMode(Mode.SingleShotTime)
    @OperationsPerInvocation(MANY)
    public void registerMany(Many state) throws IOException {
        for (DatagramChannel channel : state.channels) {
            channel.register(state.selector, SelectionKey.OP_READ);
        }
        state.selectNothing(MANY);
    }

    /** A connection that comes to a selector and goes. */
    @Benchmark
    public void registerAndCancel(Single state) throws IOException {
        SelectionKey key = state.sockets.near(0).register(state.selector, SelectionKey.OP_READ);
        state.selectNothing(1);
        key.cancel();
        state.selectNothing(0);
    }

    /** A socket that is opened, registered and closed. */
    @Benchmark
    public void openAndCloseChannel(Open state) throws IOException {
        DatagramChannel channel = DatagramChannel.open();
        channel.configureBlocking(false);
        channel.register(state.selector, SelectionKey.OP_READ);
        state.selectNothing(1);
        channel.close();
        state.selectNothing(0);
    }

    /** A select of what has come in; more than one if loopback delivers a byte late, which is rare. */
    @Benchmark
    public void selectNow(Connections state) throws IOException {
        int selects = 0;
        while (state.size < state.selected.length) {
            state.selector.selectNow(state.action);
            if (++selects > 1_000_000) {
                throw new AssertionError(state.size + " of " + state.selected.length + " keys ready");
            }
        }
    }

    /** A wakeup, and the select that it ends. */
    @Benchmark
    public void wakeup(Single state) throws IOException {
        state.selector.wakeup();
        if (state.selector.select() != 0) {
            throw new AssertionError("selected " + state.selector.selectedKeys());
        }
    }
}
