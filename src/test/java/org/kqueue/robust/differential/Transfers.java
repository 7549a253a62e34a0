package org.kqueue.robust.differential;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.WritableByteChannel;

/** Connects, reads and writes on one side. */
final class Transfers {

    private static final int MOST_FILLED_BYTES = 64 << 20;

    private final Side side;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(65536);
    /** After a FILL the number of bytes that a read gets varies, so reads become drains. */
    private boolean filled;

    Transfers(Side side) {
        this.side = side;
    }

    String run(Step step, Slot slot) throws IOException {
        return switch (step.op()) {
            case CONNECT -> connect(slot, step);
            case CONNECT_REFUSED -> connectRefused(slot);
            case FINISH_CONNECT -> slot.channel() instanceof SocketChannel stream
                    ? "connected " + stream.finishConnect() : Interpreter.NOT_APPLICABLE;
            case ACCEPT -> accept(slot);
            case WRITE -> write(slot, step);
            case FILL -> fill(slot);
            case READ -> filled ? drain(slot) : read(slot, step.bytes());
            case DRAIN -> drain(slot);
            default -> throw new AssertionError(step);
        };
    }

    private String connect(Slot slot, Step step) throws IOException {
        for (int i = 0; i < side.slots.size(); i++) {
            Slot other = side.slot(step.other() + i);
            if (slot.channel() instanceof DatagramChannel datagram && other.channel() instanceof DatagramChannel peer
                    && peer.isOpen() && peer.getLocalAddress() != null) {
                datagram.connect(peer.getLocalAddress());
                return "connected";
            }
            if (slot.channel() instanceof SocketChannel stream && other.channel() instanceof ServerSocketChannel peer
                    && peer.isOpen() && other.unix() == slot.unix() && peer.getLocalAddress() != null) {
                return "connected " + stream.connect(peer.getLocalAddress());
            }
        }
        return Interpreter.NOT_APPLICABLE;
    }

    private String connectRefused(Slot slot) throws IOException {
        if (slot.channel() instanceof DatagramChannel datagram) {
            datagram.connect(side.refusing());
            return "connected";
        }
        return slot.channel() instanceof SocketChannel stream && !slot.unix()
                ? "connected " + stream.connect(side.refusing()) : Interpreter.NOT_APPLICABLE;
    }

    private String accept(Slot slot) throws IOException {
        if (!(slot.channel() instanceof ServerSocketChannel listener) || side.isFull()) {
            return Interpreter.NOT_APPLICABLE;
        }
        SocketChannel accepted = listener.accept();
        return accepted == null ? "none" : side.add(accepted, slot.unix());
    }

    private String write(Slot slot, Step step) throws IOException {
        buffer.clear().limit(step.bytes());
        if (slot.channel() instanceof DatagramChannel datagram && !datagram.isConnected()) {
            Slot other = side.slot(step.other());
            SocketAddress to = other.channel() instanceof DatagramChannel peer && peer.isOpen()
                    ? peer.getLocalAddress() : null;
            return to == null ? Interpreter.NOT_APPLICABLE : amount(datagram.send(buffer, to));
        }
        return slot.channel() instanceof WritableByteChannel out ? amount(out.write(buffer))
                : Interpreter.NOT_APPLICABLE;
    }

    private String fill(Slot slot) throws IOException {
        if (!(slot.channel() instanceof WritableByteChannel out) || slot.channel() instanceof DatagramChannel) {
            return Interpreter.NOT_APPLICABLE;
        }
        filled = true;
        long total = 0;
        int n;
        do {
            n = out.write(buffer.clear());
            total += n;
        } while (n > 0 && total < MOST_FILLED_BYTES);
        return "full " + (n == 0);
    }

    private String read(Slot slot, int size) throws IOException {
        buffer.clear().limit(size);
        if (slot.channel() instanceof DatagramChannel datagram && !datagram.isConnected()) {
            return datagram.receive(buffer) == null ? "none" : "some";
        }
        return slot.channel() instanceof ReadableByteChannel in ? amount(in.read(buffer))
                : Interpreter.NOT_APPLICABLE;
    }

    String drain(Slot slot) throws IOException {
        String last;
        do {
            last = read(slot, buffer.capacity());
        } while (last.equals("some"));
        return "drained, " + last;
    }

    private static String amount(int n) {
        return n < 0 ? "end" : n == 0 ? "none" : "some";
    }
}
