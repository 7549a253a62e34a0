package org.kqueue.benchmarks;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;

/** Connections over loopback, both ends here: the near ends are non-blocking, and some have a byte to read. */
final class SocketPairs implements Closeable {

    private final List<SocketChannel> near = new ArrayList<>();
    private final List<SocketChannel> far = new ArrayList<>();

    SocketPairs(int count) throws IOException {
        try (ServerSocketChannel listener = ServerSocketChannel.open()) {
            listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            for (int i = 0; i < count; i++) {
                near.add(SocketChannel.open(listener.getLocalAddress()));
                far.add(listener.accept());
                near.get(i).configureBlocking(false);
            }
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    /** Puts one byte into each of {@code count} connections, spread evenly. */
    void fill(int count) throws IOException {
        for (int i = 0; i < count; i++) {
            SocketChannel channel = far.get((int) ((long) i * far.size() / count));
            if (channel.write(ByteBuffer.allocate(1)) != 1) {
                throw new IOException("no room for one byte");
            }
        }
    }

    SocketChannel near(int index) {
        return near.get(index);
    }

    SelectionKey[] registerAll(Selector selector, int ops) throws IOException {
        SelectionKey[] keys = new SelectionKey[near.size()];
        for (int i = 0; i < keys.length; i++) {
            keys[i] = near.get(i).register(selector, ops);
        }
        return keys;
    }

    @Override
    public void close() throws IOException {
        for (SocketChannel channel : near) {
            channel.close();
        }
        for (SocketChannel channel : far) {
            channel.close();
        }
    }
}
