package org.kqueue.robust.soak;

import java.io.IOException;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/** One connection of a client: sends the bytes of a seed, reads them back, and misbehaves as its mode says. */
final class SoakConnection {

    /** How a connection goes. */
    enum Mode {
        /** Sends, reads all back, closes. */
        PLAIN,
        /** Sends, shuts its output, reads to the end. */
        HALF_CLOSE,
        /** The same, reading a little every few milliseconds. */
        SLOW,
        /** Resets the connection in the middle. */
        RESET,
        /** A few bytes and away. */
        CHURN
    }

    private static final int BUFFER = 8 * 1024;
    private static final int SLOW_READ = 3_000;

    private final SoakCounts counts;
    private final SocketChannel channel;
    private final SelectionKey key;
    private final Mode mode;
    private final long seed;
    private final long total;
    private final ByteBuffer out = ByteBuffer.allocate(BUFFER).limit(0);
    private long sent;
    private long received;
    private boolean shut;
    private long lastMove = System.nanoTime();
    /** When a slow reader reads on; 0 while it does not rest. */
    private long restUntil;

    SoakConnection(SoakCounts counts, Selector selector, SocketAddress server, SplittableRandom random)
            throws IOException {
        this.counts = counts;
        int dice = random.nextInt(100);
        mode = dice < 40 ? Mode.CHURN : dice < 65 ? Mode.PLAIN : dice < 80 ? Mode.HALF_CLOSE
                : dice < 90 ? Mode.RESET : Mode.SLOW;
        seed = random.nextLong();
        total = 1 + random.nextInt(mode == Mode.CHURN ? 64 : mode == Mode.SLOW ? 60_000 : 300_000);
        channel = SocketChannel.open();
        channel.configureBlocking(false);
        boolean connected = channel.connect(server);
        key = channel.register(selector, connected ? SelectionKey.OP_WRITE : SelectionKey.OP_CONNECT, this);
        counts.connections.increment();
    }

    boolean isOpen() {
        return channel.isOpen();
    }

    void ready() throws IOException {
        lastMove = System.nanoTime();
        try {
            if (key.isConnectable()) {
                channel.finishConnect();
                key.interestOps(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
                return;
            }
            if (key.isWritable()) {
                write();
            }
            if (channel.isOpen() && key.isReadable()) {
                read();
            }
        } catch (IOException e) {
            ended();
        }
    }

    private void write() throws IOException {
        if (!out.hasRemaining()) {
            out.clear().limit((int) Math.min(BUFFER, total - sent));
            BytePattern.fill(out, seed, sent);
            out.flip();
        }
        sent += channel.write(out);
        if (mode == Mode.RESET && sent > total / 2) {
            counts.clientResets.increment();
            channel.setOption(StandardSocketOptions.SO_LINGER, 0).close();
        } else if (sent == total) {
            if (mode == Mode.HALF_CLOSE || mode == Mode.SLOW) {
                channel.shutdownOutput();
                shut = true;
            }
            key.interestOps(SelectionKey.OP_READ);
        } else {
            key.interestOps(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
        }
    }

    private void read() throws IOException {
        ByteBuffer in = ByteBuffer.allocate(mode == Mode.SLOW ? SLOW_READ : BUFFER);
        int n = channel.read(in);
        if (n < 0) {
            ended();
            return;
        }
        counts.checksumErrors.add(BytePattern.errors(in.flip(), seed, received));
        counts.bytes.add(n);
        received += n;
        if (received == total && !shut) {
            channel.close();
        } else if (mode == Mode.SLOW && n > 0) {
            restUntil = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(1 + (seed & 15));
            key.interestOpsAnd(~SelectionKey.OP_READ);
        }
    }

    /** The other side has ended it: right only after a half-close, when all has come back. */
    private void ended() throws IOException {
        if (!shut || received != total) {
            counts.cutOff.increment();
        } else {
            (mode == Mode.SLOW ? counts.slow : counts.halfCloses).increment();
        }
        channel.close();
    }

    /** Called now and then: ends a slow reader's rest, and finds out whether something has stopped. */
    void tick(long now, long patienceNanos) throws IOException {
        if (restUntil != 0 && now - restUntil >= 0 && key.isValid()) {
            restUntil = 0;
            key.interestOpsOr(SelectionKey.OP_READ);
        }
        if (now - lastMove > patienceNanos) {
            System.err.println("nothing moves: " + mode + ", sent " + sent + " and received " + received + " of "
                    + total
                    + ", " + key);
            counts.lostEvents.increment();
            channel.close();
        }
    }
}
