package org.kqueue.doctor;

import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;

/** An echo server on the selector, to try it with {@code nc localhost <port>}. Serves until it is killed. */
final class EchoCommand {

    private static final int BUFFER_BYTES = 64 * 1024;

    private final Selector selector;
    private final ServerSocketChannel listener;

    EchoCommand(SelectorProvider provider, int port) throws IOException {
        selector = provider.openSelector();
        listener = provider.openServerSocketChannel();
        listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        listener.configureBlocking(false);
        listener.register(selector, SelectionKey.OP_ACCEPT);
    }

    void serve(PrintStream out) throws IOException {
        out.println(selector);
        out.println("echoing on " + listener.getLocalAddress());
        while (true) {
            selector.select(key -> {
                try {
                    if (key.isAcceptable()) {
                        accept();
                    } else if (!echo(key)) {
                        key.channel().close();
                    }
                } catch (IOException e) {
                    out.println(key.channel() + ": " + e.getMessage());
                    key.cancel();
                }
            });
        }
    }

    private void accept() throws IOException {
        SocketChannel client = listener.accept();
        if (client != null) {
            client.configureBlocking(false);
            client.register(selector, SelectionKey.OP_READ, ByteBuffer.allocate(BUFFER_BYTES));
        }
    }

    /** Returns false at the end of the client's input. */
    private static boolean echo(SelectionKey key) throws IOException {
        SocketChannel client = (SocketChannel) key.channel();
        ByteBuffer pending = (ByteBuffer) key.attachment();
        if (key.isReadable() && client.read(pending) < 0) {
            return false;
        }
        client.write(pending.flip());
        pending.compact();
        key.interestOps(pending.position() == 0 ? SelectionKey.OP_READ : SelectionKey.OP_WRITE);
        return true;
    }
}
