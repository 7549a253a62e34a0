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
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeMap;
import org.kqueue.nio.Providers;

/**
 * One side of a comparison: the channels and selectors of one provider, by number. A number means the same on both
 * sides. Opened when a program first needs them, as short programs run by the hundred thousand.
 */
final class Side implements AutoCloseable {

    static final int SELECTORS = 2;
    private static final int MOST_CHANNELS = 24;
    private static final int BUFFER_BYTES = 32 * 1024;
    private static final InetSocketAddress ANY_PORT = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

    final SelectorProvider provider;
    final List<Slot> slots = new ArrayList<>();
    private final Selector[] selectors = new Selector[SELECTORS];
    /** Of each selector whether a wakeup is pending. */
    final boolean[] woken = new boolean[SELECTORS];
    /** What selects have found of the keys in the selected-key sets. */
    private final Map<SelectionKey, Integer> ready = new HashMap<>();
    private Path folder;
    private Socket refusing;
    private int paths;

    Side(SelectorProvider provider) {
        this.provider = provider;
    }

    /** Both sides are, when the harness itself is tested. */
    boolean isOracle() {
        return provider == Providers.jdk();
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

    Selector selector(int number) throws IOException {
        if (selectors[number] == null) {
            openSelector(number);
        }
        return selectors[number];
    }

    void openSelector(int number) throws IOException {
        selectors[number] = provider.openSelector();
        woken[number] = false;
    }

    String add(SelectableChannel channel, boolean unix) throws IOException {
        channel.configureBlocking(false);
        if (!unix && channel instanceof SocketChannel stream) {
            stream.setOption(StandardSocketOptions.SO_RCVBUF, BUFFER_BYTES);
            stream.setOption(StandardSocketOptions.SO_SNDBUF, BUFFER_BYTES);
        }
        slots.add(new Slot(channel, unix));
        return "c" + (slots.size() - 1);
    }

    /** The source and, with the next number, the sink. */
    String addPipe() throws IOException {
        Pipe pipe = provider.openPipe();
        return add(pipe.source(), false) + " " + add(pipe.sink(), false);
    }

    /** Two streams that are connected to each other. */
    String addStreams(boolean unix) throws IOException {
        SocketChannel client = openStream(unix);
        try (ServerSocketChannel listener = openListener(unix)) {
            bind(new Slot(listener, unix));
            client.connect(listener.getLocalAddress());
            return add(client, unix) + " " + add(listener.accept(), unix);
        }
    }

    /** Two datagram channels that are connected to each other. */
    String addDatagrams() throws IOException {
        DatagramChannel one = provider.openDatagramChannel().bind(ANY_PORT);
        DatagramChannel two = provider.openDatagramChannel().bind(ANY_PORT);
        one.connect(two.getLocalAddress());
        two.connect(one.getLocalAddress());
        return add(one, false) + " " + add(two, false);
    }

    SocketChannel openStream(boolean unix) throws IOException {
        return unix ? provider.openSocketChannel(StandardProtocolFamily.UNIX) : provider.openSocketChannel();
    }

    ServerSocketChannel openListener(boolean unix) throws IOException {
        return unix ? provider.openServerSocketChannel(StandardProtocolFamily.UNIX)
                : provider.openServerSocketChannel();
    }

    String bind(Slot slot) throws IOException {
        if (slot.channel() instanceof ServerSocketChannel listener) {
            listener.bind(slot.unix() ? UnixDomainSocketAddress.of(folder().resolve("s" + paths++)) : ANY_PORT);
        } else if (slot.channel() instanceof DatagramChannel datagram) {
            datagram.bind(ANY_PORT);
        } else {
            return Interpreter.NOT_APPLICABLE;
        }
        return "bound";
    }

    private Path folder() throws IOException {
        if (folder == null) {
            folder = Files.createTempDirectory("kq");
        }
        return folder;
    }

    /** An address that is bound and never listens: connections are refused, and nobody else can be given the port. */
    InetSocketAddress refusing() throws IOException {
        if (refusing == null) {
            refusing = new Socket();
            refusing.bind(ANY_PORT);
        }
        return (InetSocketAddress) refusing.getLocalSocketAddress();
    }

    /** A select is to come: keys that were taken out of the selected-key set begin anew. */
    void beforeSelect(Selector selector) {
        ready.keySet().removeIf(key -> key.selector() == selector && !selector.selectedKeys().contains(key));
    }

    /** A select has found a key ready. */
    void found(SelectionKey key, int ops) {
        if (key.selector().selectedKeys().contains(key)) {
            ready.merge(key, ops, (a, b) -> a | b);
        }
    }

    /** The keys of a selector by channel number, or null when it is closed. */
    Map<Integer, KeyState> keys(int number) {
        Selector selector = selectors[number];
        if (selector == null) {
            return Map.of();
        }
        if (!selector.isOpen()) {
            return null;
        }
        Map<Integer, KeyState> states = new TreeMap<>();
        for (SelectionKey key : selector.keys()) {
            boolean selected = selector.selectedKeys().contains(key);
            states.put(numberOf(key), KeyState.of(key, selected, ready.getOrDefault(key, 0)));
        }
        return states;
    }

    /** The selected keys of a selector, or why there are none. */
    String selected(int number) {
        Map<Integer, KeyState> keys = keys(number);
        if (keys == null) {
            return "closed";
        }
        StringJoiner selected = new StringJoiner(", ");
        keys.forEach((channel, key) -> {
            if (key.selected()) {
                selected.add("c" + channel + " " + (key.valid() ? Op.names(key.ready()) : "cancelled"));
            }
        });
        return selected.length() == 0 ? "nothing" : selected.toString();
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
        if (refusing != null) {
            refusing.close();
        }
        if (folder != null) {
            try (var left = Files.list(folder)) {
                for (Path path : left.toList()) {
                    Files.delete(path);
                }
            }
            Files.delete(folder);
        }
    }
}
