package org.kqueue.robust;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.WritableByteChannel;
import java.nio.channels.spi.SelectorProvider;

/** A channel that its peer makes ready and its owner not ready, for reading or for writing. Opened not ready. */
public final class ReadyChannel implements AutoCloseable {

    /** What the channel is, and what it is made ready for. */
    public enum Kind {
        PIPE_READ, PIPE_WRITE, TCP_READ, TCP_WRITE;

        boolean reads() {
            return this == PIPE_READ || this == TCP_READ;
        }
    }

    private static final int CHUNK_BYTES = 1 << 16;
    /** Two threads that fill and drain at the same time must come to an end. */
    private static final int MOST_CHUNKS = 256;

    private final Kind kind;
    private final SelectableChannel near;
    private final SelectableChannel far;

    private ReadyChannel(Kind kind, SelectableChannel near, SelectableChannel far) throws IOException {
        this.kind = kind;
        this.near = near;
        this.far = far;
        near.configureBlocking(false);
        far.configureBlocking(false);
        exhaust();
    }

    /** Opens a channel and its peer. */
    public static ReadyChannel open(SelectorProvider provider, Kind kind) throws IOException {
        if (kind == Kind.TCP_READ || kind == Kind.TCP_WRITE) {
            Pair pair = Pair.open(provider);
            return new ReadyChannel(kind, pair.near(), pair.far());
        }
        Pipe pipe = provider.openPipe();
        return kind.reads() ? new ReadyChannel(kind, pipe.source(), pipe.sink())
                : new ReadyChannel(kind, pipe.sink(), pipe.source());
    }

    /** OP_READ or OP_WRITE. */
    public int ops() {
        return kind.reads() ? SelectionKey.OP_READ : SelectionKey.OP_WRITE;
    }

    /** Registers the channel for what it is made ready for. */
    public SelectionKey register(Selector selector) throws IOException {
        return register(selector, this);
    }

    /** The same, with an attachment. */
    public SelectionKey register(Selector selector, Object attachment) throws IOException {
        return near.register(selector, ops(), attachment);
    }

    /** The key in a selector. */
    public SelectionKey key(Selector selector) {
        return near.keyFor(selector);
    }

    /** The peer writes a byte, or reads all. */
    public void makeReady() throws IOException {
        if (kind.reads()) {
            ((WritableByteChannel) far).write(ByteBuffer.allocate(1));
        } else {
            readAll((ReadableByteChannel) far);
        }
    }

    /** The owner reads all, or writes what fits. */
    public void exhaust() throws IOException {
        if (kind.reads()) {
            readAll((ReadableByteChannel) near);
            return;
        }
        ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES);
        for (int i = 0; i < MOST_CHUNKS && ((WritableByteChannel) near).write(chunk.clear()) > 0; i++) {
            Thread.onSpinWait();
        }
    }

    private static void readAll(ReadableByteChannel channel) throws IOException {
        ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES);
        for (int i = 0; i < MOST_CHUNKS && channel.read(chunk.clear()) > 0; i++) {
            Thread.onSpinWait();
        }
    }

    /** Closes the near end only. */
    public void closeNear() throws IOException {
        near.close();
    }

    /**
     * One request, as a server with workers has it: selected, interest off while a worker serves it, interest on. The
     * channel is not ready afterwards.
     */
    public void serve(SelectionKey key) throws IOException {
        Selector selector = key.selector();
        makeReady();
        assertBecomesReady(key, "the first request");
        key.interestOps(0);
        selector.selectNow();
        exhaust();
        selector.select(1);
        key.interestOps(ops());
        selector.selectNow();
        selector.selectedKeys().clear();
    }

    /** Selects until the key is ready, and clears the selected-key set. */
    public static void assertBecomesReady(SelectionKey key, String what) throws IOException {
        Selector selector = key.selector();
        long end = System.nanoTime() + Await.DEADLINE_MILLIS * 1_000_000;
        while (!selector.selectedKeys().contains(key)) {
            if (System.nanoTime() - end >= 0) {
                throw new AssertionError("not ready: " + what);
            }
            selector.select(100);
        }
        if (key.readyOps() != key.interestOps()) {
            throw new AssertionError("ready for " + key.readyOps() + ": " + what);
        }
        selector.selectedKeys().clear();
    }

    @Override
    public void close() throws IOException {
        near.close();
        far.close();
    }
}
