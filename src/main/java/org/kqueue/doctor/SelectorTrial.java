package org.kqueue.doctor;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.util.Arrays;
import java.util.concurrent.locks.LockSupport;

/** A selector at work: accepts, connects, writes and reads over loopback, and is woken up. */
final class SelectorTrial {

    private static final long DEADLINE_MILLIS = 3000;
    private static final int WARM_UP_ROUNDS = 2000;
    private static final int ROUNDS = 1000;
    /** Long enough for a thread that is about to wait to be waiting. */
    private static final long SETTLE_NANOS = 50_000;

    private final SelectorProvider provider;

    SelectorTrial(SelectorProvider provider) {
        this.provider = provider;
    }

    /** Throws what keeps the selector from serving. */
    void serve() throws IOException {
        try (Selector selector = provider.openSelector();
                ServerSocketChannel listener = provider.openServerSocketChannel();
                SocketChannel client = provider.openSocketChannel()) {
            listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            listener.configureBlocking(false);
            client.configureBlocking(false);
            SelectionKey accepting = listener.register(selector, SelectionKey.OP_ACCEPT);
            SelectionKey connecting = client.register(selector, SelectionKey.OP_CONNECT);
            if (!client.connect(listener.getLocalAddress())) {
                await(selector, connecting, SelectionKey.OP_CONNECT);
                client.finishConnect();
            }
            await(selector, accepting, SelectionKey.OP_ACCEPT);
            try (SocketChannel server = listener.accept()) {
                server.configureBlocking(false);
                connecting.interestOps(SelectionKey.OP_WRITE);
                await(selector, connecting, SelectionKey.OP_WRITE);
                client.write(ByteBuffer.allocate(1));
                await(selector, server.register(selector, SelectionKey.OP_READ), SelectionKey.OP_READ);
                if (server.read(ByteBuffer.allocate(2)) != 1) {
                    throw new IOException("read something else than was written");
                }
            }
        }
    }

    private static void await(Selector selector, SelectionKey key, int op) throws IOException {
        long end = System.nanoTime() + DEADLINE_MILLIS * 1_000_000;
        while (!selector.selectedKeys().remove(key) || (key.readyOps() & op) == 0) {
            long left = (end - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                throw new IOException("not ready for operation " + op + " within " + DEADLINE_MILLIS + " ms: " + key);
            }
            selector.select(left);
        }
    }

    /** The times from a wakeup to the return of the select it ends, in nanoseconds, ascending. */
    long[] wakeups() throws IOException, InterruptedException {
        try (Selector selector = provider.openSelector()) {
            Waiter waiter = new Waiter(selector);
            waiter.setDaemon(true);
            waiter.start();
            long[] nanos = new long[ROUNDS];
            for (int round = 0; round < WARM_UP_ROUNDS + ROUNDS; round++) {
                waiter.awaitWaiting(round);
                LockSupport.parkNanos(SETTLE_NANOS);
                long start = System.nanoTime();
                selector.wakeup();
                waiter.awaitWaiting(round + 1);
                if (round >= WARM_UP_ROUNDS) {
                    nanos[round - WARM_UP_ROUNDS] = waiter.returned - start;
                }
            }
            waiter.stop = true;
            selector.wakeup();
            waiter.join(DEADLINE_MILLIS);
            Arrays.sort(nanos);
            return nanos;
        }
    }

    private static final class Waiter extends Thread {
        private final Selector selector;
        volatile boolean stop;
        /** Selects that have returned. */
        private volatile int returns;
        volatile long returned;
        private volatile IOException failure;

        Waiter(Selector selector) {
            super("doctor-waiter");
            this.selector = selector;
        }

        @Override
        public void run() {
            try {
                while (!stop) {
                    selector.select();
                    returned = System.nanoTime();
                    // The only thread that writes it.
                    returns = returns + 1;
                }
            } catch (IOException e) {
                failure = e;
            }
        }

        void awaitWaiting(int afterReturns) throws IOException {
            long end = System.nanoTime() + DEADLINE_MILLIS * 1_000_000;
            while (returns != afterReturns) {
                if (failure != null) {
                    throw failure;
                }
                if (System.nanoTime() > end) {
                    throw new IOException("a wakeup did not end a select within " + DEADLINE_MILLIS + " ms");
                }
                Thread.onSpinWait();
            }
        }
    }
}
