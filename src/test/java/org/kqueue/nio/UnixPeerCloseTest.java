package org.kqueue.nio;

import static java.nio.channels.SelectionKey.OP_READ;
import static java.nio.channels.SelectionKey.OP_WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import org.kqueue.KqueueConfig;
import org.kqueue.RestoredProperty;
import org.kqueue.bsd.NativeBuild;
import org.kqueue.nio.channels.EdgeChannel;
import org.kqueue.nio.channels.EdgeEvent;
import org.kqueue.robust.Pair;

/**
 * A full Unix-domain socket that waits for OP_WRITE alone, and whose peer closes. FreeBSD 15.0 does not report that to
 * a WRITE knote; the C model has this habit.
 */
@ParameterizedClass(name = "{0}")
@MethodSource("kernels")
class UnixPeerCloseTest extends SelectorFixture {

    private static final String[] FREEBSD_15 = {"-DFREEBSD15"};

    @RegisterExtension
    final RestoredProperty backend = new RestoredProperty(KqueueConfig.BACKEND);
    @RegisterExtension
    final RestoredProperty library = new RestoredProperty(KqueueConfig.LIBRARY);
    @RegisterExtension
    final RestoredProperty abi = new RestoredProperty(KqueueConfig.ABI);

    @TempDir
    Path folder;

    static List<Named<SelectorProvider>> kernels() {
        Named<SelectorProvider> usual = Named.of("the system's default",
                new Providers.On(new KqueueConfig(KqueueConfig.AUTO, null, null, KqueueConfig.Detail.READINESS)));
        return NativeBuild.isPossible()
                ? List.of(usual, Named.of("FreeBSD 15", new Providers.On(freebsd15()))) : List.of(usual);
    }

    private static KqueueConfig freebsd15() {
        return new KqueueConfig("system", NativeBuild.model("freebsd", FREEBSD_15).toString(), "freebsd",
                KqueueConfig.Detail.READINESS);
    }

    private Pair fullPair() throws IOException {
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(folder.resolve("socket"));
        try (ServerSocketChannel listener = provider.openServerSocketChannel(StandardProtocolFamily.UNIX)) {
            listener.bind(address);
            SocketChannel near = closed(provider.openSocketChannel(StandardProtocolFamily.UNIX));
            near.connect(address);
            SocketChannel far = closed(listener.accept());
            near.configureBlocking(false);
            far.configureBlocking(false);
            fill(near);
            return new Pair(near, far);
        }
    }

    @Test
    void writeInterestAloneIsToldThatThePeerHasClosed() throws IOException {
        Pair pair = fullPair();
        SelectionKey key = register(pair.near(), OP_WRITE);
        assertSilent(selector);
        pair.far().close();
        assertEquals(OP_WRITE, selectUntil(key, OP_WRITE));
        assertThrows(IOException.class, () -> write(pair.near(), 1));
    }

    @Test
    void dataToReadDoesNotEndTheWaitForSpace() throws IOException {
        Pair pair = fullPair();
        SelectionKey key = register(pair.near(), OP_WRITE);
        write(pair.far(), 1);
        assertSilent(selector);
        drain(pair.far());
        assertEquals(OP_WRITE, selectUntil(key, OP_WRITE));
    }

    @Test
    void anEdgeChannelTellsThatThePeerHasClosed() throws IOException {
        KqueueConfig config = ((Providers.On) provider).config();
        backend.set(config.backend());
        if (config.library() != null) {
            abi.set(config.abi());
            library.set(config.library());
        }
        Pair pair = fullPair();
        EdgeChannel edges = closed(EdgeChannel.open());
        edges.configureBlocking(false);
        edges.watch(pair.near(), OP_WRITE);
        SelectionKey key = register(edges, OP_READ);
        pair.far().close();
        EdgeEvent event = null;
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(DEADLINE_MILLIS);
        while (event == null) {
            assertTrue(System.nanoTime() < deadline, "no event");
            selectUntil(key, OP_READ);
            event = edges.read();
            selector.selectedKeys().clear();
        }
        assertEquals(OP_WRITE, event.ops());
    }
}
