package org.kqueue.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Iterator;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * An echo server, as its own process. It prints its port and ends when standard input does. With the argument {@code
 * dispatch} it works as Tomcat, Jetty and Kafka do: interest off, a worker reads and answers, interest on again and
 * wakeup.
 */
final class EchoServer {

    private static final int BACKLOG = 4096;
    private static final int WORKERS = 2;

    private final Selector selector;
    private final ServerSocketChannel listener;
    private final ExecutorService workers;
    private final ByteBuffer buffer = newBuffer();
    private final ThreadLocal<ByteBuffer> workerBuffer = ThreadLocal.withInitial(EchoServer::newBuffer);

    private EchoServer(boolean dispatch) throws IOException {
        selector = Selector.open();
        listener = ServerSocketChannel.open();
        listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), BACKLOG);
        listener.configureBlocking(false);
        listener.register(selector, SelectionKey.OP_ACCEPT);
        workers = dispatch ? Executors.newFixedThreadPool(WORKERS) : null;
    }

    /** Serves. */
    public static void main(String[] args) throws IOException {
        Provider.requireInUse();
        EchoServer server = new EchoServer(args.length > 0 && args[0].equals("dispatch"));
        Thread end = new Thread(() -> {
            try {
                while (System.in.read() >= 0) {
                    continue;
                }
            } catch (IOException e) {
                e.printStackTrace();
            }
            System.exit(0);
        });
        end.setDaemon(true);
        end.start();
        System.out.println("port " + server.listener.socket().getLocalPort());
        server.serve();
    }

    private static ByteBuffer newBuffer() {
        return ByteBuffer.allocateDirect(16 * 1024);
    }

    private void serve() throws IOException {
        for (;;) {
            selector.select();
            Iterator<SelectionKey> keys = selector.selectedKeys().iterator();
            while (keys.hasNext()) {
                SelectionKey key = keys.next();
                keys.remove();
                if (key.isAcceptable()) {
                    acceptAll();
                } else if (workers == null) {
                    echo(key, buffer);
                } else {
                    key.interestOps(0);
                    workers.execute(() -> work(key));
                }
            }
        }
    }

    private void acceptAll() throws IOException {
        for (SocketChannel channel = listener.accept(); channel != null; channel = listener.accept()) {
            channel.configureBlocking(false);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.register(selector, SelectionKey.OP_READ);
        }
    }

    private void work(SelectionKey key) {
        try {
            if (echo(key, workerBuffer.get())) {
                key.interestOps(SelectionKey.OP_READ);
                selector.wakeup();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Answers with what there is to read. Returns false if that was the end. */
    private static boolean echo(SelectionKey key, ByteBuffer buffer) throws IOException {
        SocketChannel channel = (SocketChannel) key.channel();
        buffer.clear();
        int n = channel.read(buffer);
        if (n < 0) {
            channel.close();
            return false;
        }
        if (channel.write(buffer.flip()) != n) {
            throw new IOException("no room for the answer: the clients send what they can hold");
        }
        return true;
    }
}
