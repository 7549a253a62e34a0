package org.kqueue.robust.stress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
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
import org.kqueue.robust.Pair;
import org.kqueue.robust.Providers;

/**
 * States in which the kernel reports something for ever. A select of one second on a channel in such a state must
 * either wait the second out, by the CPU time of its thread, or say what is ready; and must not come back at once with
 * nothing.
 */
class NoSpinTest {

    private static final long SELECT_MILLIS = 1_000;
    private static final long MOST_CPU_MILLIS = 100;
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private final SelectorProvider provider = Providers.kqueue();
    private final List<AutoCloseable> open = new ArrayList<>();

    /** What the select of a state must give: nothing for the whole second, or these operations. */
    private record State(String name, int interest, int ready, Callable<SelectableChannel> make) {
    }

    private record Result(int selected, int ready, long millis, long cpuMillis) {
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
                new State("OP_CONNECT left after the connection", c, 0, () -> connected().ours()),
                new State("OP_CONNECT and OP_READ left after the connection", c | r, 0, () -> connected().ours()),
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
        // All at once, one thread each, so that all take hardly more than one second.
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
        assertEquals(state.ready() == 0 ? 0 : 1, result.selected(), "selected, " + result);
        if (state.ready() == 0) {
            assertTrue(result.millis() >= SELECT_MILLIS - 1, "came back early with nothing, " + result);
        }
        assertTrue(result.cpuMillis() <= MOST_CPU_MILLIS, "span, " + result);
    }

    private Result select(SelectableChannel channel, int interest) throws IOException {
        try (Selector selector = provider.openSelector()) {
            channel.configureBlocking(false);
            SelectionKey key = channel.register(selector, interest);
            selector.selectNow();
            selector.selectedKeys().clear();
            long cpu = THREADS.getCurrentThreadCpuTime();
            long start = System.nanoTime();
            int selected = selector.select(SELECT_MILLIS);
            return new Result(selected, selector.selectedKeys().contains(key) ? key.readyOps() : 0,
                    TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start),
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
        pair.peer().setOption(StandardSocketOptions.SO_LINGER, 0).close();
        return pair.ours();
    }

    private SelectableChannel closedByPeer() throws IOException {
        Pair pair = connected();
        pair.peer().close();
        return pair.ours();
    }

    private SelectableChannel halfClosedByPeer() throws IOException {
        Pair pair = connected();
        pair.peer().shutdownOutput();
        return pair.ours();
    }

    private SelectableChannel shut(boolean input, boolean output) throws IOException {
        Pair pair = connected();
        if (input) {
            pair.ours().shutdownInput();
        }
        if (output) {
            pair.ours().shutdownOutput();
        }
        return pair.ours();
    }

    private SelectableChannel full() throws IOException, InterruptedException {
        Pair pair = connected();
        ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 20);
        // Twice: what the kernel moves on to the peer late makes room once more.
        for (int quiet = 0; quiet < 20; quiet++) {
            while (pair.ours().write(buffer.clear()) > 0) {
                quiet = 0;
            }
            Thread.sleep(5);
        }
        return pair.ours();
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
