package org.kqueue.benchmarks;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** Clients of an echo server: each sends 64 bytes, waits until they are back, compares them, and sends the next. */
final class Load implements Closeable {

    static final int MESSAGE = 64;
    private static final int CHURN_CLIENTS = 4;
    private static final int MAX_SAMPLES = 1 << 20;
    private static final long DEADLINE_MILLIS = 10_000;

    private final InetSocketAddress server;
    private final Selector selector = Selector.open();
    private final List<Client> clients = new ArrayList<>();
    private final List<SocketChannel> idle = new ArrayList<>();
    private final long[] latencies = new long[MAX_SAMPLES];
    private int samples;
    private long echoed;

    /** What a stretch of load amounted to. */
    record Result(long requests, long nanos, long[] sortedLatencies) {
        double perSecond() {
            return requests * 1e9 / nanos;
        }

        double latencyMicros(double quantile) {
            return sortedLatencies.length == 0 ? Double.NaN
                    : sortedLatencies[(int) (quantile * (sortedLatencies.length - 1))] / 1e3;
        }
    }

    /** Connects. */
    Load(int port, int connections, int idleConnections) throws IOException {
        server = new InetSocketAddress("127.0.0.1", port);
        for (int i = 0; i < idleConnections; i++) {
            idle.add(SocketChannel.open(server));
        }
        for (int i = 0; i < connections; i++) {
            SocketChannel channel = SocketChannel.open(server);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.configureBlocking(false);
            clients.add(new Client(channel, channel.register(selector, SelectionKey.OP_READ)));
        }
    }

    /** Runs for a time; every request sent is answered when this returns. */
    Result pingPong(long nanos) throws IOException {
        samples = 0;
        echoed = 0;
        long start = System.nanoTime();
        long end = start + nanos;
        for (Client client : clients) {
            client.send(start);
        }
        int open = clients.size();
        while (open > 0) {
            if (selector.select(DEADLINE_MILLIS) == 0) {
                throw new IOException("no answer within 10 s, " + open + " outstanding");
            }
            long now = System.nanoTime();
            for (SelectionKey key : selector.selectedKeys()) {
                Client client = (Client) key.attachment();
                if (client.receive(now)) {
                    if (now < end) {
                        client.send(now);
                    } else {
                        open--;
                    }
                }
            }
            selector.selectedKeys().clear();
        }
        long[] sorted = Arrays.copyOf(latencies, samples);
        Arrays.sort(sorted);
        return new Result(echoed, System.nanoTime() - start, sorted);
    }

    /** Connects, sends and receives one message, and closes, again and again for a time. */
    static Result churn(int port, long nanos) throws IOException, InterruptedException {
        InetSocketAddress server = new InetSocketAddress("127.0.0.1", port);
        long start = System.nanoTime();
        long end = start + nanos;
        ExecutorService threads = Executors.newFixedThreadPool(CHURN_CLIENTS);
        try {
            List<Callable<Long>> tasks = new ArrayList<>();
            for (int i = 0; i < CHURN_CLIENTS; i++) {
                tasks.add(() -> churnUntil(server, end));
            }
            long connections = 0;
            for (Future<Long> count : threads.invokeAll(tasks)) {
                connections += count.get();
            }
            return new Result(connections, System.nanoTime() - start, new long[0]);
        } catch (ExecutionException e) {
            throw new IOException("a client failed", e.getCause());
        } finally {
            threads.shutdown();
            threads.awaitTermination(DEADLINE_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private static long churnUntil(InetSocketAddress server, long end) throws IOException {
        ByteBuffer message = ByteBuffer.allocateDirect(MESSAGE);
        ByteBuffer answer = ByteBuffer.allocateDirect(MESSAGE);
        long connections = 0;
        while (System.nanoTime() < end) {
            try (SocketChannel channel = SocketChannel.open(server)) {
                channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
                message.clear().putLong(0, ++connections);
                answer.clear();
                while (message.hasRemaining()) {
                    channel.write(message);
                }
                while (answer.hasRemaining()) {
                    if (channel.read(answer) < 0) {
                        throw new IOException("closed before the answer was complete");
                    }
                }
                if (!answer.flip().equals(message.flip())) {
                    throw new IOException("other bytes came back");
                }
            }
        }
        return connections;
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

    /** One connection. */
    private final class Client {
        private final SocketChannel channel;
        private final ByteBuffer message = ByteBuffer.allocateDirect(MESSAGE);
        private final ByteBuffer answer = ByteBuffer.allocateDirect(MESSAGE);
        private long serial;
        private long sentAt;

        Client(SocketChannel channel, SelectionKey key) {
            this.channel = channel;
            key.attach(this);
            for (int i = 0; i < MESSAGE; i++) {
                message.put(i, (byte) (i * 31));
            }
        }

        void send(long now) throws IOException {
            message.clear().putLong(0, ++serial);
            answer.clear();
            sentAt = now;
            if (channel.write(message) != MESSAGE) {
                throw new IOException("no room to send 64 bytes");
            }
        }

        /** Whether the answer is complete. */
        boolean receive(long now) throws IOException {
            if (channel.read(answer) < 0) {
                throw new IOException("the server closed the connection");
            }
            if (answer.hasRemaining()) {
                return false;
            }
            if (!answer.flip().equals(message.flip())) {
                throw new IOException("other bytes came back");
            }
            echoed++;
            if (samples < MAX_SAMPLES) {
                latencies[samples++] = now - sentAt;
            }
            return true;
        }
    }
}
