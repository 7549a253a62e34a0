package org.kqueue.robust.soak;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.SplittableRandom;

/** Accepts on one selector and echoes on two others, with which it registers from the accepting thread. Resets some. */
final class ResettingEchoServer implements AutoCloseable {

    private static final int LOOPS = 2;
    private static final int BUFFER = 16 * 1024;
    /** Of so many reads one is answered by a reset. */
    private static final int RESET_ONE_OF = 4_000;

    private final SoakCounts counts;
    private final ServerSocketChannel listener;
    private final Selector acceptor;
    private final Selector[] loops = new Selector[LOOPS];

    ResettingEchoServer(SoakCounts counts) throws IOException {
        this.counts = counts;
        acceptor = Selector.open();
        listener = ServerSocketChannel.open();
        listener.configureBlocking(false);
        // Registered before it is bound, as some servers do.
        listener.register(acceptor, SelectionKey.OP_ACCEPT);
        listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1024);
        for (int i = 0; i < LOOPS; i++) {
            Selector selector = Selector.open();
            loops[i] = selector;
            SplittableRandom random = new SplittableRandom(i);
            start("soak-echo-" + i, selector, key -> echo(key, random));
        }
        int[] next = {0};
        start("soak-accept", acceptor, key -> accept(next));
    }

    SocketAddress address() throws IOException {
        return listener.getLocalAddress();
    }

    private interface Action {
        void on(SelectionKey key) throws IOException;
    }

    private void start(String name, Selector selector, Action action) {
        Thread thread = new Thread(() -> loop(selector, action), name);
        thread.setDaemon(true);
        thread.start();
    }

    private void loop(Selector selector, Action action) {
        try {
            while (selector.isOpen()) {
                selector.select();
                for (SelectionKey key : selector.selectedKeys()) {
                    if (key.isValid()) {
                        action.on(key);
                    }
                }
                selector.selectedKeys().clear();
            }
        } catch (ClosedSelectorException e) {
            // The end.
        } catch (IOException | RuntimeException | Error e) {
            e.printStackTrace();
            counts.failures.increment();
        }
    }

    private void accept(int[] next) throws IOException {
        SocketChannel channel;
        while ((channel = listener.accept()) != null) {
            channel.configureBlocking(false);
            Selector loop = loops[next[0]++ % LOOPS];
            channel.register(loop, SelectionKey.OP_READ, ByteBuffer.allocateDirect(BUFFER));
            loop.wakeup();
        }
    }

    private void echo(SelectionKey key, SplittableRandom random) throws IOException {
        SocketChannel channel = (SocketChannel) key.channel();
        ByteBuffer buffer = (ByteBuffer) key.attachment();
        try {
            if (key.isWritable()) {
                flush(key, channel, buffer);
                return;
            }
            if (random.nextInt(RESET_ONE_OF) == 0) {
                counts.serverResets.increment();
                channel.setOption(StandardSocketOptions.SO_LINGER, 0).close();
            } else if (channel.read(buffer.clear()) < 0) {
                channel.close();
            } else {
                flush(key, channel, buffer.flip());
            }
        } catch (IOException e) {
            // The client's reset.
            channel.close();
        }
    }

    private static void flush(SelectionKey key, SocketChannel channel, ByteBuffer buffer) throws IOException {
        channel.write(buffer);
        key.interestOps(buffer.hasRemaining() ? SelectionKey.OP_WRITE : SelectionKey.OP_READ);
    }

    @Override
    public void close() throws IOException {
        listener.close();
        acceptor.close();
        for (Selector loop : loops) {
            for (SelectionKey key : loop.keys()) {
                key.channel().close();
            }
            loop.close();
        }
    }
}
