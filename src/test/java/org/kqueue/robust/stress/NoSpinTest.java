package org.kqueue.robust.stress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.Pipe;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import org.kqueue.robust.Await;
import org.kqueue.robust.Pair;

/**
 * States in which the kernel reports something for ever. A select on a channel in such a state must say what is ready.
 * Where nothing is, it may return early, but a program that goes on selecting makes at most 50 rounds a second, and its
 * thread uses no CPU time to speak of.
 */
@ParameterizedClass(name = "{0}")
@MethodSource("org.kqueue.nio.Providers#ours")
class NoSpinTest {

    private static final long SELECT_MILLIS = 300;
    private static final long MOST_CPU_MILLIS = 30;
    /** One finds the event, one mutes its filter, and then one every 20 ms, of each of two filters. */
    private static final long MOST_SELECTS = 2 + 2 * SELECT_MILLIS / 20;
    /** A send buffer that is full for so long stays full. */
    private static final long FULL_MILLIS = 50;
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    @Parameter
    SelectorProvider provider;

    private final List<AutoCloseable> open = new ArrayList<>();

    /** What selects of a state must give: nothing for the whole time, or these operations. */
    private record State(String name, int interest, int ready, Callable<SelectableChannel> make) {
    }

    private record Result(int ready, int selects, long cpuMillis) {
    }

    private Stream<State> states() {
        int r = SelectionKey.OP_READ;
        int w = SelectionKey.OP_WRITE;
        int c = SelectionKey.OP_CONNECT;
        int a = SelectionKey.OP_ACCEPT;
        return Stream.of(
                new State("fresh stream, all interest", r | w | c, 0, this::freshStream),
                new State("bound stream, all interest", r | w | c, 0, this::boundStream),
                new State("fresh unix stream, all interest", r | w | c, 0, this::freshUnixStream),
                new State("listener before bind", a, 0, this::freshListener),
                new State("idle listener", a, 0, this::listener),
                new State("refused connect, OP_READ only", r, r, this::refused),
                new State("refused connect, OP_CONNECT", c, c, this::refused),
                new State("refused connect, no interest", 0, 0, this::refused),
                new State("OP_CONNECT left after the connection", c, 0, () -> connected().near()),
                new State("OP_CONNECT and OP_READ left after the connection", c | r, 0, () -> connected().near()),
                new State("peer has reset, no interest", 0, 0, this::resetByPeer),
                new State("peer has reset, OP_READ", r, r, this::resetByPeer),
                new State("peer has closed, no interest", 0, 0, this::closedByPeer),
                new State("peer has half-closed, no interest", 0, 0, this::halfClosedByPeer),
                new State("peer has half-closed, OP_READ", r, r, this::halfClosedByPeer),
                new State("own input shut, no interest", 0, 0, () -> shut(true, false)),
                new State("own input shut, OP_READ", r, r, () -> shut(true, false)),
                new State("own output shut, OP_READ", r, 0, () -> shut(false, true)),
                new State("own output shut, OP_WRITE", w, w, () -> shut(false, true)),
                new State("both shut, no interest", 0, 0, () -> shut(true, true)),
                new State("send buffer full, OP_WRITE", w, 0, this::full),
                new State("send buffer full, OP_WRITE and OP_READ", w | r, 0, this::full),
                new State("pipe whose writer is gone, no interest", 0, 0, this::source),
                new State("pipe whose writer is gone, OP_READ", r, r, this::source),
                new State("pipe whose reader is gone, no interest", 0, 0, this::sink),
                new State("pipe whose reader is gone, OP_WRITE", w, w, this::sink),
                new State("datagram refused by ICMP, no interest", 0, 0, this::refusedDatagram),
                new State("datagram refused by ICMP, OP_READ", r, r, this::refusedDatagram),
                new State("idle datagram, OP_READ", r, 0, () -> keep(provider.openDatagramChannel())));
    }

    @TestFactory
    Stream<DynamicTest> waitsOrSaysWhatIsReady() throws Exception {
        // All at once, one thread each, so that all take hardly more time than one.
        ExecutorService threads = Executors.newCachedThreadPool();
        List<State> states = states().toList();
        List<Future<Result>> results = new ArrayList<>();
        try {
            List<SelectableChannel> channels = new ArrayList<>();
            for (State state : states) {
                channels.add(state.make().call());
            }
            for (int i = 0; i < states.size(); i++) {
                State state = states.get(i);
                SelectableChannel channel = channels.get(i);
                results.add(threads.submit(() -> select(channel, state.interest())));
            }
            for (Future<Result> result : results) {
                result.get(30, TimeUnit.SECONDS);
            }
        } finally {
            threads.shutdownNow();
            for (AutoCloseable one : open) {
                one.close();
            }
        }
        return Stream.iterate(0, i -> i < states.size(), i -> i + 1)
                .map(i -> DynamicTest.dynamicTest(states.get(i).name(),
                        () -> check(states.get(i), results.get(i).get())));
    }

    private static void check(State state, Result result) {
        assertEquals(state.ready(), result.ready(), "ready set, " + result);
        assertTrue(result.selects() <= MOST_SELECTS, "returned with nothing too often, " + result);
        assertTrue(result.cpuMillis() <= MOST_CPU_MILLIS, "spun, " + result);
    }

    /** Selects until the time is over or something is ready. */
    private Result select(SelectableChannel channel, int interest) throws IOException {
        try (Selector selector = provider.openSelector()) {
            channel.configureBlocking(false);
            SelectionKey key = channel.register(selector, interest);
            selector.selectNow();
            selector.selectedKeys().clear();
            long cpu = THREADS.getCurrentThreadCpuTime();
            long start = System.nanoTime();
            int selects = 0;
            long left = SELECT_MILLIS;
            while (left > 0 && selector.selectedKeys().isEmpty()) {
                selector.select(left);
                selects++;
                left = SELECT_MILLIS - TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
            }
            return new Result(selector.selectedKeys().contains(key) ? key.readyOps() : 0, selects,
                    TimeUnit.NANOSECONDS.toMillis(THREADS.getCurrentThreadCpuTime() - cpu));
        }
    }

    private <C extends AutoCloseable> C keep(C one) {
        open.add(one);
        return one;
    }

    private static InetSocketAddress anyPort() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }

    private SelectableChannel freshStream() throws IOException {
        return keep(provider.openSocketChannel());
    }

    private SelectableChannel boundStream() throws IOException {
        return keep(provider.openSocketChannel()).bind(anyPort());
    }

    private SelectableChannel freshUnixStream() throws IOException {
        return keep(provider.openSocketChannel(StandardProtocolFamily.UNIX));
    }

    private SelectableChannel freshListener() throws IOException {
        return keep(provider.openServerSocketChannel());
    }

    private SelectableChannel listener() throws IOException {
        Path folder = Files.createTempDirectory("kq");
        Path path = folder.resolve("s");
        ServerSocketChannel listener = keep(provider.openServerSocketChannel(StandardProtocolFamily.UNIX));
        keep(() -> {
            Files.delete(path);
            Files.delete(folder);
        });
        return listener.bind(UnixDomainSocketAddress.of(path));
    }

    private Pair connected() throws IOException {
        return keep(Pair.open(provider));
    }

    /** A connection that is pending for the JDK and refused for the kernel. */
    private SelectableChannel refused() throws IOException, InterruptedException {
        Socket deaf = keep(new Socket());
        deaf.bind(anyPort());
        SocketChannel stream = keep(provider.openSocketChannel());
        stream.configureBlocking(false);
        try {
            assertTrue(!stream.connect(deaf.getLocalSocketAddress()));
        } catch (ConnectException e) {
            throw new AssertionError("the refusal came too early to be tested", e);
        }
        return stream;
    }

    private SelectableChannel resetByPeer() throws IOException {
        Pair pair = connected();
        pair.far().setOption(StandardSocketOptions.SO_LINGER, 0).close();
        return pair.near();
    }

    private SelectableChannel closedByPeer() throws IOException {
        Pair pair = connected();
        pair.far().close();
        return pair.near();
    }

    private SelectableChannel halfClosedByPeer() throws IOException {
        Pair pair = connected();
        pair.far().shutdownOutput();
        return pair.near();
    }

    private SelectableChannel shut(boolean input, boolean output) throws IOException {
        Pair pair = connected();
        if (input) {
            pair.near().shutdownInput();
        }
        if (output) {
            pair.near().shutdownOutput();
        }
        return pair.near();
    }

    private SelectableChannel full() throws IOException {
        Pair pair = connected();
        ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 20);
        // What the kernel moves on to the peer late makes room once more.
        Await.until(() -> !Await.within(FULL_MILLIS, () -> write(pair, buffer) > 0), () -> "never full");
        return pair.near();
    }

    private static int write(Pair pair, ByteBuffer buffer) {
        try {
            return pair.near().write(buffer.clear());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private SelectableChannel source() throws IOException {
        Pipe pipe = provider.openPipe();
        pipe.sink().close();
        return keep(pipe.source());
    }

    private SelectableChannel sink() throws IOException {
        Pipe pipe = provider.openPipe();
        pipe.source().close();
        return keep(pipe.sink());
    }

    private SelectableChannel refusedDatagram() throws IOException {
        DatagramChannel datagram = keep(provider.openDatagramChannel());
        DatagramChannel gone = provider.openDatagramChannel();
        gone.bind(anyPort());
        datagram.connect(gone.getLocalAddress());
        gone.close();
        datagram.write(ByteBuffer.allocate(1));
        return datagram;
    }
}
