package org.kqueue.examples;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Iterator;

/**
 * An ordinary java.nio echo server: one thread, one selector, and no import of kqueue-nio. What it runs on is said by
 * the command line alone:
 *
 * <pre>
 * java -Djava.nio.channels.spi.SelectorProvider=org.kqueue.nio.KqueueSelectorProvider \
 *      -cp target/kqueue-nio-0.1.0-SNAPSHOT-all.jar src/examples/java/org/kqueue/examples/EchoServer.java 7007
 * </pre>
 */
public final class EchoServer {

    private static final int DEFAULT_PORT = 7007;
    private static final int BACKLOG = 1024;
    private static final int BUFFER_BYTES = 16 * 1024;

    private final Selector selector;
    private final ServerSocketChannel listener;
    private final SelectionKey acceptKey;

    private EchoServer(int port) throws IOException {
        selector = Selector.open();
        listener = ServerSocketChannel.open();
        listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), BACKLOG);
        listener.configureBlocking(false);
        acceptKey = listener.register(selector, SelectionKey.OP_ACCEPT);
    }

    /**
     * Serves until it is killed.
     *
     * @param args the port, 0 for any
     * @throws IOException if the server cannot listen
     */
    public static void main(String[] args) throws IOException {
        EchoServer server = new EchoServer(args.length > 0 ? Integer.parseInt(args[0]) : DEFAULT_PORT);
        System.out.println("selector " + server.selector);
        System.out.println("provider " + server.listener.provider().getClass().getName());
        System.out.println("listening on " + server.listener.socket().getLocalSocketAddress());
        server.run();
    }

    private void run() throws IOException {
        while (true) {
            selector.select();
            Iterator<SelectionKey> ready = selector.selectedKeys().iterator();
            while (ready.hasNext()) {
                SelectionKey key = ready.next();
                ready.remove();
                if (!key.isValid()) {
                    continue;
                }
                if (key == acceptKey) {
                    accept();
                } else {
                    serve(key);
                }
            }
        }
    }

    private void accept() {
        try {
            SocketChannel channel = listener.accept();
            if (channel != null) {
                adopt(channel);
            }
        } catch (IOException e) {
            // Out of descriptors, most likely. The connection stays in the backlog and the listener ready, so accepting
            // stops until a connection is closed.
            System.err.println("accept: " + e);
            acceptKey.interestOps(0);
        }
    }

    private void adopt(SocketChannel channel) throws IOException {
        try {
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_READ, new Connection(channel));
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /** A failure ends its own connection and no other. */
    private void serve(SelectionKey key) {
        Connection connection = (Connection) key.attachment();
        boolean open;
        try {
            open = connection.echo(key);
        } catch (IOException e) {
            System.err.println(connection.channel + ": " + e);
            open = false;
        }
        if (!open) {
            close(connection.channel);
        }
    }

    private void close(SocketChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            System.err.println(channel + ": " + e);
        }
        acceptKey.interestOps(SelectionKey.OP_ACCEPT);
    }

    /** What was read from one client and not yet written back. */
    private static final class Connection {
        final SocketChannel channel;
        private final ByteBuffer pending = ByteBuffer.allocate(BUFFER_BYTES);
        private boolean endOfInput;

        Connection(SocketChannel channel) {
            this.channel = channel;
        }

        /** Returns false when the client has ended its side and has got everything back. */
        boolean echo(SelectionKey key) throws IOException {
            if (key.isReadable() && channel.read(pending) < 0) {
                endOfInput = true;
            }
            pending.flip();
            channel.write(pending);
            pending.compact();
            boolean unwritten = pending.position() > 0;
            if (endOfInput && !unwritten) {
                return false;
            }
            // No room: stop reading until the client has taken something, so that a slow one fills its own buffers, not
            // ours.
            int ops = (unwritten ? SelectionKey.OP_WRITE : 0)
                    | (!endOfInput && pending.hasRemaining() ? SelectionKey.OP_READ : 0);
            key.interestOps(ops);
            return true;
        }
    }
}
