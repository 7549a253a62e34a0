package org.kqueue.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.kqueue.nio.KqueueSelectors;
import org.kqueue.nio.jmx.KqueueMXBean;

/**
 * An echo server, as its own process. It prints its port and ends when standard input does. Each line on standard input
 * is answered with its kevent calls and the changes handed to them, where it runs on kqueue.
 */
final class EchoServer {

    private static final int BACKLOG = 4096;
    private static final int BUFFER_BYTES = 16 * 1024;
    private static final int WORKERS = 2;

    /** How a request is served; the argument of {@link #main}. */
    enum Mode {
        /** Read and answered in the select loop. */
        ECHO,
        /** As Tomcat, Jetty and Kafka do: interest off, a worker reads and answers, interest on again and wakeup. */
        DISPATCH,
        /** Read, then interest in OP_WRITE; answered when writable, then interest in OP_READ. */
        TOGGLE
    }

    private final Mode mode;
    private final Selector selector = Selector.open();
    private final ServerSocketChannel listener = ServerSocketChannel.open();
    private final ExecutorService workers = Executors.newFixedThreadPool(WORKERS, task -> {
        Thread worker = new Thread(task, "worker");
        worker.setDaemon(true);
        return worker;
    });
    private final ThreadLocal<ByteBuffer> buffer = ThreadLocal.withInitial(
            () -> ByteBuffer.allocateDirect(BUFFER_BYTES));

    private EchoServer(Mode mode) throws IOException {
        this.mode = mode;
        listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), BACKLOG);
        listener.configureBlocking(false);
        listener.register(selector, SelectionKey.OP_ACCEPT);
    }

    /** Serves. */
    public static void main(String[] args) throws IOException {
        Provider.requireInUse();
        EchoServer server = new EchoServer(Mode.valueOf(args[0]));
        Thread input = new Thread(server::answerInput, "input");
        input.setDaemon(true);
        input.start();
        System.out.println("port " + server.listener.socket().getLocalPort());
        server.serve();
    }

    private void answerInput() {
        try {
            BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
            while (in.readLine() != null) {
                KqueueMXBean metrics = KqueueSelectors.metrics(selector);
                System.out.println(metrics.getKeventCalls() + " " + metrics.getChanges());
            }
        } catch (IOException e) {
            e.printStackTrace();
        }
        System.exit(0);
    }

    private void serve() throws IOException {
        for (;;) {
            selector.select();
            for (SelectionKey key : selector.selectedKeys()) {
                if (key.isAcceptable()) {
                    acceptAll();
                } else {
                    serve(key);
                }
            }
            selector.selectedKeys().clear();
        }
    }

    private void acceptAll() throws IOException {
        for (SocketChannel channel = listener.accept(); channel != null; channel = listener.accept()) {
            channel.configureBlocking(false);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            SelectionKey key = channel.register(selector, SelectionKey.OP_READ);
            if (mode == Mode.TOGGLE) {
                key.attach(ByteBuffer.allocateDirect(Load.HTTP_BODY.length()));
            }
        }
    }

    private void serve(SelectionKey key) throws IOException {
        switch (mode) {
            case ECHO -> echo(key);
            case DISPATCH -> {
                key.interestOps(0);
                workers.execute(() -> work(key));
            }
            case TOGGLE -> {
                if (key.isReadable()) {
                    if (read(key, (ByteBuffer) key.attachment())) {
                        key.interestOps(SelectionKey.OP_WRITE);
                    }
                } else {
                    write(key, (ByteBuffer) key.attachment());
                    key.interestOps(SelectionKey.OP_READ);
                }
            }
        }
    }

    private void work(SelectionKey key) {
        try {
            if (echo(key)) {
                key.interestOps(SelectionKey.OP_READ);
                selector.wakeup();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Answers with what there is to read. Returns false if that was the end. */
    private boolean echo(SelectionKey key) throws IOException {
        if (!read(key, buffer.get())) {
            return false;
        }
        write(key, buffer.get());
        return true;
    }

    private static boolean read(SelectionKey key, ByteBuffer buffer) throws IOException {
        SocketChannel channel = (SocketChannel) key.channel();
        if (channel.read(buffer.clear()) < 0) {
            channel.close();
            return false;
        }
        return true;
    }

    private static void write(SelectionKey key, ByteBuffer buffer) throws IOException {
        ((SocketChannel) key.channel()).write(buffer.flip());
        if (buffer.hasRemaining()) {
            throw new IOException("no room for the answer: the clients send what they can hold");
        }
    }
}
