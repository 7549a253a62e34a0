package org.kqueue.benchmarks;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;

/** Connections over loopback, both ends here; the near ends do not block. */
final class Sockets implements Closeable {

    private final List<SocketChannel> near = new ArrayList<>();
    private final List<SocketChannel> far = new ArrayList<>();
    private final ByteBuffer one = ByteBuffer.allocateDirect(1);

    Sockets(int count) throws IOException {
        try (ServerSocketChannel listener = ServerSocketChannel.open()) {
            listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            for (int i = 0; i < count; i++) {
                near.add(SocketChannel.open(listener.getLocalAddress()));
                far.add(listener.accept());
                far.get(i).setOption(StandardSocketOptions.TCP_NODELAY, true);
                near.get(i).configureBlocking(false);
            }
        }
    }

    SocketChannel near(int index) {
        return near.get(index);
    }

    void registerAll(Selector selector) throws IOException {
        for (SocketChannel channel : near) {
            channel.register(selector, SelectionKey.OP_READ);
        }
    }

    /** Sends one byte to each of {@code count} near ends, spread evenly. */
    void send(int count) throws IOException {
        for (int i = 0; i < count; i++) {
            if (far.get((int) ((long) i * far.size() / count)).write(one.clear()) != 1) {
                throw new IOException("no room for one byte");
            }
        }
    }

    void read(SocketChannel channel) throws IOException {
        if (channel.read(one.clear()) != 1) {
            throw new IOException("nothing to read, though its key was selected");
        }
    }

    @Override
    public void close() throws IOException {
        for (int i = 0; i < far.size(); i++) {
            near.get(i).close();
            far.get(i).close();
        }
    }
}
