package org.kqueue.robust.differential;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Performs the steps of a program on one side. The outcome of each is a result or the class of an exception. */
final class Interpreter {

    static final String NOT_APPLICABLE = "-";
    private static final int NO_OPERATION = 2;
    private static final ExecutorService WORKERS = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "worker");
        thread.setDaemon(true);
        return thread;
    });

    private final Side side;
    private final Selecting selecting;
    /** In use by one thread at a time: a worker's or the selecting one. */
    private final Transfers transfers;

    Interpreter(Side side, Deadlines deadlines) {
        this.side = side;
        selecting = new Selecting(side, deadlines);
        transfers = new Transfers(side);
    }

    /** The step with the numbers of existing channels, and without operations that the channel does not support. */
    Step resolve(Step step) {
        int n = Math.max(1, side.slots.size());
        int variant = step.variant();
        if (step.op().hasOps() && (variant & NO_OPERATION) == 0 && !side.slots.isEmpty()) {
            variant &= side.slot(step.channel()).channel().validOps();
        }
        return new Step(step.op(), step.channel() % n, step.other() % n, step.selector(), variant);
    }

    Outcome run(Step step) throws InterruptedException {
        try {
            return step.op().isSelect() ? selecting.select(step.selector(), step)
                    : step.op() == Op.WORK ? work(step) : new Outcome(doStep(step));
        } catch (IOException | RuntimeException e) {
            return new Outcome(e.getClass().getName());
        }
    }

    /** Gives a select more time: see {@link Selecting#again}. */
    Outcome again(Outcome last) {
        try {
            return last.end() == null ? last : selecting.again(last);
        } catch (IOException | RuntimeException e) {
            return new Outcome(e.getClass().getName());
        }
    }

    private String doStep(Step step) throws IOException {
        switch (step.op()) {
            case OPEN_STREAM, OPEN_LISTENER, OPEN_DATAGRAM, OPEN_PIPE, OPEN_PAIR -> {
                return side.isFull() ? NOT_APPLICABLE : open(step);
            }
            case WAKEUP -> {
                side.selector(step.selector()).wakeup();
                side.woken[step.selector()] = true;
                return "woken";
            }
            case CLEAR_SELECTED -> {
                side.selector(step.selector()).selectedKeys().clear();
                return "cleared";
            }
            case CLOSE_SELECTOR -> {
                side.selector(step.selector()).close();
                return "closed";
            }
            case OPEN_SELECTOR -> {
                if (side.selector(step.selector()).isOpen()) {
                    return NOT_APPLICABLE;
                }
                side.openSelector(step.selector());
                return "opened";
            }
            default -> {
                Slot slot = side.slot(step.channel());
                return slot == null ? NOT_APPLICABLE : withChannel(step, slot);
            }
        }
    }

    private String open(Step step) throws IOException {
        String kind = step.op().variants.isEmpty() ? "" : step.op().variants.get(step.variant());
        boolean unix = kind.equals("unix");
        return switch (step.op()) {
            case OPEN_STREAM -> side.add(side.openStream(unix), unix);
            case OPEN_LISTENER -> side.add(side.openListener(unix), unix);
            case OPEN_DATAGRAM -> side.add(side.provider.openDatagramChannel(), false);
            case OPEN_PIPE -> side.addPipe();
            default -> kind.equals("udp") ? side.addDatagrams() : side.addStreams(unix);
        };
    }

    private String withChannel(Step step, Slot slot) throws IOException {
        switch (step.op()) {
            case REGISTER, INTEREST, INTEREST_OR, INTEREST_AND, CANCEL, DESELECT -> {
                return withKey(step, slot, side.selector(step.selector()));
            }
            case BIND -> {
                return side.bind(slot);
            }
            case CLOSE -> {
                slot.channel().close();
                return "closed";
            }
            case BLOCKING -> {
                slot.channel().configureBlocking(step.variant() == 0);
                return "configured";
            }
            case RESET, SHUT_INPUT, SHUT_OUTPUT -> {
                return slot.channel() instanceof SocketChannel stream ? shut(step.op(), stream, slot.unix())
                        : NOT_APPLICABLE;
            }
            default -> {
                return slot.channel().isBlocking() ? NOT_APPLICABLE : transfers.run(step, slot);
            }
        }
    }

    private static String shut(Op op, SocketChannel stream, boolean unix) throws IOException {
        if (op == Op.SHUT_INPUT) {
            stream.shutdownInput();
        } else if (op == Op.SHUT_OUTPUT) {
            stream.shutdownOutput();
        } else {
            if (!unix) {
                stream.setOption(StandardSocketOptions.SO_LINGER, 0);
            }
            stream.close();
        }
        return "shut";
    }

    private static String withKey(Step step, Slot slot, Selector selector) throws IOException {
        int ops = step.variant();
        if (step.op() == Op.REGISTER) {
            return "interest " + slot.channel().register(selector, ops).interestOps();
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
                return "was " + key.interestOpsAnd(ops);
            }
            case CANCEL -> key.cancel();
            default -> {
                return "removed " + selector.selectedKeys().remove(key);
            }
        }
        return "done";
    }

    /** See {@link Op#WORK}. */
    private Outcome work(Step step) throws IOException, InterruptedException {
        Slot slot = side.slot(step.channel());
        Selector selector = side.selector(step.selector());
        SelectionKey key = slot == null || !selector.isOpen() ? null : slot.channel().keyFor(selector);
        // With interest it would be a race whether the select or the worker finds what there is. What Selecting hides
        // from the oracle it restores, so a worker must not ask for it.
        if (key == null || !key.isValid() || key.interestOps() != 0 || slot.channel().isBlocking()
                || (step.variant() & slot.notOnKqueue()) != 0) {
            return new Outcome(NOT_APPLICABLE);
        }
        Future<String> worker = WORKERS.submit(() -> {
            try {
                String drained = transfers.drain(slot);
                key.interestOps(step.variant());
                return drained;
            } catch (IOException | RuntimeException e) {
                return e.getClass().getName();
            } finally {
                selector.wakeup();
            }
        });
        Outcome selected = selecting.selectWhileWorking(step.selector());
        try {
            return new Outcome(selected.said() + ", worker " + worker.get(), selected.end(), null);
        } catch (ExecutionException e) {
            throw new AssertionError("a worker failed", e.getCause());
        }
    }
}
