package org.kqueue.robust.differential;

import java.io.IOException;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.WritableByteChannel;
import org.kqueue.robust.differential.World.Slot;

/** Does one step in one world and says in a line what came of it: a result, or the type of the exception. */
final class Interpreter {

    private static final String NOT_APPLICABLE = "-";
    private static final int[] WRITES = {1, 10, 100, 5000};
    private static final int[] READS = {1, 7, 100, 65536};
    private static final int MOST_FILLED = 64 << 20;

    private final World world;
    private final Selections selections;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(65536);
    /** After a FILL how many bytes a read gets is a matter of chance, so reads become drains. */
    private boolean filled;

    Interpreter(World world, boolean oracle, Pace pace) {
        this.world = world;
        selections = new Selections(world, oracle, pace);
    }

    String run(Step step) throws InterruptedException {
        try {
            return doStep(step);
        } catch (IOException | RuntimeException e) {
            return e.getClass().getName();
        }
    }

    private String doStep(Step step) throws IOException, InterruptedException {
        int number = step.b() % World.SELECTORS;
        Selector selector = world.selectors[number];
        switch (step.op()) {
            case OPEN_STREAM, OPEN_LISTENER, OPEN_DATAGRAM, OPEN_PIPE, OPEN_PAIR -> {
                return world.isFull() ? NOT_APPLICABLE : open(step.op(), step.c() % 4 == 0);
            }
            case SELECT_NOW, SELECT_TIMED, SELECT, INTERRUPT -> {
                return selections.select(selector, step);
            }
            case WAKEUP -> {
                selector.wakeup();
                return "woken";
            }
            case CLEAR_SELECTED -> {
                selector.selectedKeys().clear();
                return "cleared";
            }
            case CLOSE_SELECTOR -> {
                selector.close();
                return "closed";
            }
            case OPEN_SELECTOR -> {
                if (selector.isOpen()) {
                    return NOT_APPLICABLE;
                }
                world.selectors[number] = world.provider.openSelector();
                return "opened";
            }
            default -> {
                Slot slot = world.slot(step.a());
                return slot == null ? NOT_APPLICABLE : withChannel(step, slot, selector);
            }
        }
    }

    private String open(Op op, boolean unix) throws IOException {
        return switch (op) {
            case OPEN_STREAM -> world.add(world.openStream(unix), unix);
            case OPEN_LISTENER -> world.add(world.openListener(unix), unix);
            case OPEN_DATAGRAM -> world.add(world.provider.openDatagramChannel(), false);
            case OPEN_PIPE -> world.addPipe();
            default -> world.addPair(unix);
        };
    }

    private String withChannel(Step step, Slot slot, Selector selector) throws IOException {
        return switch (step.op()) {
            case REGISTER, INTEREST, INTEREST_OR, INTEREST_AND, CANCEL, DESELECT -> withKey(step, slot, selector);
            case BIND -> world.bind(slot);
            case CLOSE -> {
                slot.channel().close();
                yield "closed";
            }
            case RESET -> {
                if (!(slot.channel() instanceof SocketChannel stream)) {
                    yield NOT_APPLICABLE;
                }
                if (!slot.unix()) {
                    stream.setOption(StandardSocketOptions.SO_LINGER, 0);
                }
                stream.close();
                yield "reset";
            }
            case SHUT_INPUT -> {
                if (!(slot.channel() instanceof SocketChannel stream)) {
                    yield NOT_APPLICABLE;
                }
                stream.shutdownInput();
                yield "shut";
            }
            case SHUT_OUTPUT -> {
                if (!(slot.channel() instanceof SocketChannel stream)) {
                    yield NOT_APPLICABLE;
                }
                stream.shutdownOutput();
                yield "shut";
            }
            case BLOCKING -> {
                slot.channel().configureBlocking(step.c() % 2 == 0);
                yield "configured";
            }
            default -> slot.channel().isBlocking() ? NOT_APPLICABLE : transfer(step, slot);
        };
    }

    private String withKey(Step step, Slot slot, Selector selector) throws IOException {
        // Seven of eight wishes are allowed ones.
        int ops = step.c() < 28 ? step.c() & slot.channel().validOps() : step.c();
        if (step.op() == Op.REGISTER) {
            return "ops " + slot.channel().register(selector, ops).interestOps();
        }
        SelectionKey key = slot.channel().keyFor(selector);
        if (key == null) {
            return NOT_APPLICABLE;
        }
        switch (step.op()) {
            case INTEREST -> key.interestOps(ops);
            case INTEREST_OR -> {
                return "was " + key.interestOpsOr(ops);
            }
            case INTEREST_AND -> {
                return "was " + key.interestOpsAnd(step.c());
            }
            case CANCEL -> key.cancel();
            default -> {
                return "removed " + selector.selectedKeys().remove(key);
            }
        }
        return "done";
    }

    private String transfer(Step step, Slot slot) throws IOException {
        return switch (step.op()) {
            case CONNECT -> connect(slot, step);
            case CONNECT_REFUSED -> slot.channel() instanceof SocketChannel stream && !slot.unix()
                    ? "connected " + stream.connect(world.refusing()) : NOT_APPLICABLE;
            case FINISH_CONNECT -> slot.channel() instanceof SocketChannel stream
                    ? "connected " + stream.finishConnect() : NOT_APPLICABLE;
            case ACCEPT -> accept(slot);
            case WRITE -> write(slot, step);
            case FILL -> fill(slot);
            case READ -> filled ? drain(slot) : read(slot, READS[step.c() % READS.length]);
            case DRAIN -> drain(slot);
            default -> throw new AssertionError(step);
        };
    }

    private String connect(Slot slot, Step step) throws IOException {
        for (int i = 0; i < world.slots.size(); i++) {
            Slot other = world.slot(step.b() + i);
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
        return NOT_APPLICABLE;
    }

    private String accept(Slot slot) throws IOException {
        if (!(slot.channel() instanceof ServerSocketChannel listener) || world.isFull()) {
            return NOT_APPLICABLE;
        }
        SocketChannel accepted = listener.accept();
        return accepted == null ? "none" : world.add(accepted, slot.unix());
    }

    private String write(Slot slot, Step step) throws IOException {
        buffer.clear().limit(WRITES[step.c() % WRITES.length]);
        if (slot.channel() instanceof DatagramChannel datagram && !datagram.isConnected()) {
            Slot other = world.slot(step.b());
            SocketAddress to = other.channel() instanceof DatagramChannel peer && peer.isOpen()
                    ? peer.getLocalAddress() : null;
            return to == null ? NOT_APPLICABLE : amount(datagram.send(buffer, to));
        }
        return slot.channel() instanceof WritableByteChannel out ? amount(out.write(buffer)) : NOT_APPLICABLE;
    }

    private String fill(Slot slot) throws IOException {
        if (!(slot.channel() instanceof WritableByteChannel out) || slot.channel() instanceof DatagramChannel) {
            return NOT_APPLICABLE;
        }
        filled = true;
        long total = 0;
        int n;
        do {
            n = out.write(buffer.clear());
            total += n;
        } while (n > 0 && total < MOST_FILLED);
        return "full " + (n == 0);
    }

    private String read(Slot slot, int size) throws IOException {
        buffer.clear().limit(size);
        if (slot.channel() instanceof DatagramChannel datagram && !datagram.isConnected()) {
            return datagram.receive(buffer) == null ? "none" : "some";
        }
        return slot.channel() instanceof ReadableByteChannel in ? amount(in.read(buffer)) : NOT_APPLICABLE;
    }

    private String drain(Slot slot) throws IOException {
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
