package org.kqueue.robust.differential;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
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
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The channels and selectors of one provider, by number; what number means what is the same in both worlds. */
final class World implements AutoCloseable {

    static final int SELECTORS = 2;
    static final int MOST_CHANNELS = 24;
    private static final int BUFFER = 32 * 1024;

    /** A channel and whether it is of the UNIX domain. */
    record Slot(SelectableChannel channel, boolean unix) {

        /**
         * A stream that has no peer and asked for none, or a listener that does not listen: kqueue is silent about it.
         */
        boolean isFresh() {
            try {
                if (!channel.isOpen()) {
                    return false;
                }
                if (channel instanceof SocketChannel stream) {
                    return !stream.isConnected() && !stream.isConnectionPending();
                }
                return channel instanceof ServerSocketChannel listener && listener.getLocalAddress() == null;
            } catch (IOException e) {
                return false;
            }
        }
    }

    /** What one registration shows. */
    record KeyState(boolean valid, int interest, int ready, boolean selected, boolean unsure) {

        boolean sameAs(KeyState other) {
            return valid == other.valid && interest == other.interest && selected == other.selected
                    && (ready == other.ready || unsure || other.unsure);
        }

        @Override
        public String toString() {
            return (valid ? "interest " + interest + " ready " + ready : "cancelled") + (selected ? " selected" : "");
        }
    }

    final SelectorProvider provider;
    final Selector[] selectors = new Selector[SELECTORS];
    final List<Slot> slots = new ArrayList<>();
    /**
     * Keys whose ready set was written by a readiness that is this world's alone (rule "fresh channels are silent").
     */
    final Set<SelectionKey> unsure = new HashSet<>();
    /**
     * Rule "ready bits stay": with an error the JDK replaces the ready set of a selected key by its interest set, where
     * the specification keeps what was in it. The bits it has dropped.
     */
    final Map<SelectionKey, Integer> lost = new HashMap<>();
    private final Path folder;
    private final Socket deaf;
    private int files;

    World(SelectorProvider provider) throws IOException {
        this.provider = provider;
        folder = Files.createTempDirectory("kq");
        // Bound, never listening: connections are refused, and nobody else can be given the port.
        deaf = new Socket();
        deaf.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        for (int i = 0; i < SELECTORS; i++) {
            selectors[i] = provider.openSelector();
        }
    }

    boolean isFull() {
        return slots.size() >= MOST_CHANNELS;
    }

    Slot slot(int number) {
        return slots.isEmpty() ? null : slots.get(number % slots.size());
    }

    int numberOf(SelectionKey key) {
        for (int i = 0; i < slots.size(); i++) {
            if (slots.get(i).channel() == key.channel()) {
                return i;
            }
        }
        throw new AssertionError("a key of an unknown channel: " + key);
    }

    String add(SelectableChannel channel, boolean unix) throws IOException {
        channel.configureBlocking(false);
        if (!unix && channel instanceof SocketChannel stream) {
            stream.setOption(StandardSocketOptions.SO_RCVBUF, BUFFER);
            stream.setOption(StandardSocketOptions.SO_SNDBUF, BUFFER);
        }
        slots.add(new Slot(channel, unix));
        return "channel " + (slots.size() - 1);
    }

    String addPipe() throws IOException {
        Pipe pipe = provider.openPipe();
        add(pipe.source(), false);
        return add(pipe.sink(), false);
    }

    String addPair(boolean unix) throws IOException {
        SocketChannel client = openStream(unix);
        try (ServerSocketChannel listener = unix ? provider.openServerSocketChannel(StandardProtocolFamily.UNIX)
                : provider.openServerSocketChannel()) {
            bind(new Slot(listener, unix));
            client.connect(listener.getLocalAddress());
            add(client, unix);
            return add(listener.accept(), unix);
        }
    }

    SocketChannel openStream(boolean unix) throws IOException {
        return unix ? provider.openSocketChannel(StandardProtocolFamily.UNIX) : provider.openSocketChannel();
    }

    ServerSocketChannel openListener(boolean unix) throws IOException {
        return unix ? provider.openServerSocketChannel(StandardProtocolFamily.UNIX)
                : provider.openServerSocketChannel();
    }

    String bind(Slot slot) throws IOException {
        InetSocketAddress loopback = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        if (slot.channel() instanceof ServerSocketChannel listener) {
            listener.bind(slot.unix() ? UnixDomainSocketAddress.of(folder.resolve("s" + files++)) : loopback);
        } else if (slot.channel() instanceof DatagramChannel datagram) {
            datagram.bind(loopback);
        } else {
            return "-";
        }
        return "bound";
    }

    InetSocketAddress refusing() {
        return (InetSocketAddress) deaf.getLocalSocketAddress();
    }

    /** Rule "OP_CONNECT while pending": of a connected channel with an error the JDK says OP_CONNECT too, we do not. */
    static int withoutLateConnect(SelectionKey key, int ops) {
        return key.channel() instanceof SocketChannel stream && !stream.isConnectionPending()
                ? ops & ~SelectionKey.OP_CONNECT
                : ops;
    }

    /** The keys of a selector by channel number, or null when it is closed. */
    Map<Integer, KeyState> keys(int selector) {
        Selector s = selectors[selector];
        if (!s.isOpen()) {
            return null;
        }
        Map<Integer, KeyState> states = new TreeMap<>();
        for (SelectionKey key : s.keys()) {
            boolean selected = s.selectedKeys().contains(key);
            states.put(numberOf(key), key.isValid()
                    ? new KeyState(true, key.interestOps(),
                            withoutLateConnect(key, key.readyOps() | lost.getOrDefault(key, 0)), selected,
                            unsure.contains(key))
                    : new KeyState(false, 0, 0, selected, false));
        }
        return states;
    }

    @Override
    public void close() throws IOException {
        for (Slot slot : slots) {
            slot.channel().close();
        }
        for (Selector selector : selectors) {
            if (selector != null) {
                selector.close();
            }
        }
        deaf.close();
        try (var paths = Files.list(folder)) {
            for (Path path : paths.toList()) {
                Files.delete(path);
            }
        }
        Files.delete(folder);
    }
}
