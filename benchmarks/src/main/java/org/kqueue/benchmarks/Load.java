package org.kqueue.benchmarks;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Clients of a server, on the JDK's selector: each sends a request, waits for the answer, compares it, and goes on. */
final class Load implements Closeable {

    /** What an HTTP server answers. */
    static final String HTTP_BODY = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    private static final long DEADLINE_MILLIS = 10_000;

    /** What client and server say. */
    enum Talk {
        /** 64 bytes come back. */
        ECHO(HTTP_BODY, HTTP_BODY),
        /** The same, each time over a new connection. */
        CHURN(HTTP_BODY, HTTP_BODY),
        /** A request with three headers, an answer of 64 bytes. */
        HTTP("GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: load\r\nAccept: */*\r\n\r\n",
                "HTTP/1.1 200 OK\r\ncontent-length: " + HTTP_BODY.length() + "\r\n\r\n" + HTTP_BODY);

        private final ByteBuffer request;
        private final ByteBuffer answer;

        Talk(String request, String answer) {
            this.request = direct(request);
            this.answer = direct(answer);
        }

        private static ByteBuffer direct(String text) {
            return ByteBuffer.allocateDirect(text.length()).put(text.getBytes(StandardCharsets.US_ASCII)).flip();
        }
    }

    private final InetSocketAddress server;
    private final Talk talk;
    private final Selector selector = Selector.open();
    private final List<Client> clients = new ArrayList<>();
    private final List<SocketChannel> idle = new ArrayList<>();

    /** What a stretch of load amounted to. */
    record Result(long requests, long nanos) {
        double perSecond() {
            return requests * 1e9 / nanos;
        }
    }

    /** Connects. */
    Load(int port, Talk talk, int connections, int idleConnections) throws IOException {
        server = new InetSocketAddress("127.0.0.1", port);
        this.talk = talk;
        for (int i = 0; i < idleConnections; i++) {
            idle.add(SocketChannel.open(server));
        }
        for (int i = 0; i < connections; i++) {
            clients.add(new Client());
        }
    }

    /** Runs for a time; every request sent is answered when this returns. */
    Result run(long millis) throws IOException {
        long start = System.nanoTime();
        long end = start + millis * 1_000_000;
        for (Client client : clients) {
            client.send();
        }
        long requests = 0;
        int open = clients.size();
        while (open > 0) {
            if (selector.select(DEADLINE_MILLIS) == 0) {
                throw new IOException("no answer within 10 s, " + open + " outstanding");
            }
            long now = System.nanoTime();
            for (SelectionKey key : selector.selectedKeys()) {
                Client client = (Client) key.attachment();
                if (client.receive()) {
                    requests++;
                    if (now < end) {
                        client.next();
                    } else {
                        open--;
                    }
                }
            }
            selector.selectedKeys().clear();
        }
        return new Result(requests, System.nanoTime() - start);
    }

    @Override
    public void close() throws IOException {
        for (Client client : clients) {
            client.channel.close();
        }
        for (SocketChannel channel : idle) {
            channel.close();
        }
        selector.close();
    }

    /** One connection after the other, or the same all the time. */
    private final class Client {
        private final ByteBuffer request = talk.request.duplicate();
        private final ByteBuffer answer = ByteBuffer.allocateDirect(talk.answer.capacity());
        private SocketChannel channel;

        Client() throws IOException {
            connect();
        }

        private void connect() throws IOException {
            channel = SocketChannel.open(server);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_READ, this);
        }

        void send() throws IOException {
            request.clear();
            answer.clear();
            if (channel.write(request) != request.capacity()) {
                throw new IOException("no room to send " + request.capacity() + " bytes");
            }
        }

        void next() throws IOException {
            if (talk == Talk.CHURN) {
                channel.close();
                connect();
            }
            send();
        }

        /** Whether the answer is complete. */
        boolean receive() throws IOException {
            if (channel.read(answer) < 0) {
                throw new IOException("the server closed the connection");
            }
            if (answer.hasRemaining()) {
                return false;
            }
            if (!answer.flip().equals(talk.answer)) {
                throw new IOException("another answer: " + StandardCharsets.US_ASCII.decode(answer));
            }
            return true;
        }
    }
}
