package org.kqueue.robust.limits;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.util.ArrayDeque;
import java.util.Deque;
import org.kqueue.nio.Providers;

/**
 * Run with a low limit on descriptors. Connections are made until accept fails with EMFILE; the selector must go on,
 * openSelector must fail without a leak, and when descriptors are free again all must work as before.
 */
public final class AcceptWithoutDescriptors {

    private final SelectorProvider provider = Providers.kqueue();
    private final Deque<SocketChannel> channels = new ArrayDeque<>();

    private AcceptWithoutDescriptors() {
    }

    /** Prints OK. */
    public static void main(String[] args) throws Exception {
        new AcceptWithoutDescriptors().run();
        System.out.println("OK");
    }

    private void run() throws Exception {
        try (Selector selector = provider.openSelector();
                ServerSocketChannel listener = provider.openServerSocketChannel()) {
            listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            listener.configureBlocking(false);
            SelectionKey acceptKey = listener.register(selector, SelectionKey.OP_ACCEPT);
            exchange(connect(listener, selector, acceptKey));
            while (channels.size() < 500) {
                try {
                    connect(listener, selector, acceptKey);
                } catch (IOException e) {
                    break;
                }
            }
            check(channels.size() < 500, "the limit was not reached");
            exhaust();
            for (int i = 0; i < 3; i++) {
                try {
                    provider.openSelector().close();
                    check(false, "a selector without descriptors");
                } catch (IOException expected) {
                    check(expected.getMessage() != null, "a message");
                }
            }
            selector.selectNow();
            // What the failed opens took must be back: exactly as many descriptors as are freed suffice.
            for (int i = 0; i < 6; i++) {
                channels.removeLast().close();
            }
            selector.selectNow();
            provider.openSelector().close();
            exchange(connect(listener, selector, acceptKey));
        }
    }

    /** Takes what is left, so that not one descriptor is free. */
    private void exhaust() {
        try {
            while (true) {
                channels.add(provider.openSocketChannel());
            }
        } catch (IOException full) {
            check(full.getMessage().contains("Too many open files"), full.toString());
        }
    }

    private SocketChannel[] connect(ServerSocketChannel listener, Selector selector, SelectionKey acceptKey)
            throws IOException {
        SocketChannel client = provider.openSocketChannel();
        channels.add(client);
        client.connect(listener.getLocalAddress());
        for (int i = 0; i < 100; i++) {
            selector.select(1_000);
            boolean ready = selector.selectedKeys().remove(acceptKey);
            selector.selectedKeys().clear();
            SocketChannel accepted = ready ? listener.accept() : null;
            if (accepted != null && !accepted.getRemoteAddress().equals(client.getLocalAddress())) {
                // A client of before, that connected when nothing was left to accept it with, and is closed by now.
                accepted.close();
            } else if (accepted != null) {
                channels.add(accepted);
                accepted.configureBlocking(false);
                accepted.register(selector, SelectionKey.OP_READ);
                return new SocketChannel[] {client, accepted};
            }
        }
        throw new AssertionError("nobody to accept");
    }

    private static void exchange(SocketChannel[] pair) throws IOException {
        pair[0].write(ByteBuffer.wrap(new byte[] {42}));
        Selector selector = pair[1].provider().openSelector();
        try (selector) {
            pair[1].register(selector, SelectionKey.OP_READ);
            check(selector.select(5_000) == 1, "the byte has come");
            ByteBuffer one = ByteBuffer.allocate(1);
            check(pair[1].read(one) == 1 && one.get(0) == 42, "it is the byte");
        }
    }

    private static void check(boolean condition, String what) {
        if (!condition) {
            throw new AssertionError(what);
        }
    }
}
