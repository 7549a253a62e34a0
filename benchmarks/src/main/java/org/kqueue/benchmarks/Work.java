package org.kqueue.benchmarks;

import java.io.Closeable;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.concurrent.TimeUnit;

/** Something a selector is asked to do again and again. Each run checks its result. */
abstract class Work implements Closeable {

    private static final long READY_DEADLINE = TimeUnit.SECONDS.toNanos(10);

    final Selector selector = Selector.open();
    final SocketPairs pairs;

    private Work(int registered, int ready) throws IOException {
        pairs = new SocketPairs(registered);
        pairs.fill(ready);
    }

    /** Does it once. */
    abstract void run() throws IOException;

    /**
     * Makes a piece of work.
     *
     * @param name one of those below
     * @param registered the number of connected sockets that are registered with OP_READ
     * @param ready the number of them that have something to read
     */
    static Work open(String name, int registered, int ready) throws IOException {
        return switch (name) {
            case "select" -> new Select(registered, ready);
            case "toggle-write" -> new ToggleWrite(registered);
            case "cancelled-out" -> new CancelledOut(registered);
            case "wakeup" -> new Wakeup(registered);
            case "register-cancel" -> new RegisterCancel(registered);
            case "open-close" -> new OpenClose(registered);
            default -> throw new IllegalArgumentException("work " + name);
        };
    }

    /** Waits until all bytes under way have arrived. */
    final void awaitReady(int ready) throws IOException {
        long start = System.nanoTime();
        while (selector.selectNow() != ready) {
            selector.selectedKeys().clear();
            if (System.nanoTime() - start > READY_DEADLINE) {
                throw new AssertionError("not " + ready + " keys ready after 10 s");
            }
        }
        selector.selectedKeys().clear();
    }

    final void selectNow(int expected) throws IOException {
        int selected = selector.selectNow();
        if (selected != expected || selector.selectedKeys().size() != expected) {
            throw new AssertionError("selected " + selected + ", in the set " + selector.selectedKeys().size()
                    + ", expected "
                    + expected);
        }
    }

    @Override
    public void close() throws IOException {
        selector.close();
        pairs.close();
    }

    private static final class Select extends Work {
        private final int ready;

        Select(int registered, int ready) throws IOException {
            super(registered, ready);
            this.ready = ready;
            pairs.registerAll(selector, SelectionKey.OP_READ);
            awaitReady(ready);
        }

        @Override
        void run() throws IOException {
            selectNow(ready);
            if (ready > 0) {
                selector.selectedKeys().clear();
            }
        }
    }

    /** OP_WRITE on, one select that finds it, OP_WRITE off, one select that finds nothing. */
    private static final class ToggleWrite extends Work {
        private final SelectionKey key;

        ToggleWrite(int registered) throws IOException {
            super(registered, 0);
            key = pairs.registerAll(selector, SelectionKey.OP_READ)[0];
            awaitReady(0);
        }

        @Override
        void run() throws IOException {
            key.interestOps(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
            selectNow(1);
            selector.selectedKeys().clear();
            key.interestOps(SelectionKey.OP_READ);
            selectNow(0);
        }
    }

    /** OP_WRITE on and off again before one select. */
    private static final class CancelledOut extends Work {
        private final SelectionKey key;

        CancelledOut(int registered) throws IOException {
            super(registered, 0);
            key = pairs.registerAll(selector, SelectionKey.OP_READ)[0];
            awaitReady(0);
        }

        @Override
        void run() throws IOException {
            key.interestOps(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
            key.interestOps(SelectionKey.OP_READ);
            selectNow(0);
        }
    }

    private static final class Wakeup extends Work {
        Wakeup(int registered) throws IOException {
            super(registered, 0);
            pairs.registerAll(selector, SelectionKey.OP_READ);
            awaitReady(0);
        }

        @Override
        void run() throws IOException {
            selector.wakeup();
            selectNow(0);
        }
    }

    private static final class RegisterCancel extends Work {
        RegisterCancel(int registered) throws IOException {
            super(registered, 0);
        }

        @Override
        void run() throws IOException {
            SelectionKey key = pairs.near(0).register(selector, SelectionKey.OP_READ);
            selectNow(0);
            key.cancel();
            selectNow(0);
            if (!selector.keys().isEmpty()) {
                throw new AssertionError("the cancelled key is still there");
            }
        }
    }

    private static final class OpenClose extends Work {
        OpenClose(int registered) throws IOException {
            super(registered, 0);
        }

        @Override
        void run() throws IOException {
            DatagramChannel channel = DatagramChannel.open(StandardProtocolFamily.INET);
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_READ);
            selectNow(0);
            channel.close();
            selectNow(0);
            if (!selector.keys().isEmpty()) {
                throw new AssertionError("the closed channel's key is still there");
            }
        }
    }
}
