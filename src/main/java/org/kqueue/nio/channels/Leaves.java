package org.kqueue.nio.channels;

import java.io.FileDescriptor;
import java.io.IOException;
import java.nio.channels.SelectionKey;
import org.kqueue.Kqueue;
import sun.nio.ch.IOUtil;
import sun.nio.ch.Net;
import sun.nio.ch.SelChImpl;
import sun.nio.ch.SelectionKeyImpl;

/**
 * The channels of this package as selectors need them: each implements {@code sun.nio.ch.SelChImpl}. Apart from the
 * public classes, which a program can be compiled against and load before {@code sun.nio.ch} is open. This class must
 * not be loaded before that.
 */
final class Leaves {

    private Leaves() {
    }

    static TimerChannel timer(Kqueue kqueue) {
        return new Timer(kqueue);
    }

    static SignalChannel signal(Kqueue kqueue, String[] signals) throws IOException {
        return new Signal(kqueue, signals);
    }

    static ProcessChannel process(Kqueue kqueue) throws IOException {
        return new Process(kqueue);
    }

    static VnodeChannel vnode(Kqueue kqueue) {
        return new Vnode(kqueue);
    }

    static <E> UserEventChannel<E> userEvent(Kqueue kqueue) throws IOException {
        return new UserEvent<>(kqueue);
    }

    static EdgeChannel edge(Kqueue kqueue) {
        return new Edge(kqueue);
    }

    /** An {@link EventChannel} whose descriptor is readable while an event waits. */
    private interface Selectable extends SelChImpl {

        private EventChannel channel() {
            return (EventChannel) this;
        }

        @Override
        default FileDescriptor getFD() {
            return IOUtil.newFD(getFDVal());
        }

        @Override
        default int getFDVal() {
            return channel().kqueue.fd();
        }

        @Override
        default int translateInterestOps(int ops) {
            return (ops & SelectionKey.OP_READ) != 0 ? Net.POLLIN : 0;
        }

        @Override
        default boolean translateAndUpdateReadyOps(int pollBits, SelectionKeyImpl key) {
            return translate(pollBits, key.nioReadyOps(), key);
        }

        @Override
        default boolean translateAndSetReadyOps(int pollBits, SelectionKeyImpl key) {
            return translate(pollBits, 0, key);
        }

        /** Returns whether an operation is ready that was not before. */
        private static boolean translate(int pollBits, int initial, SelectionKeyImpl key) {
            int before = key.nioReadyOps();
            boolean readable = (pollBits & (Net.POLLIN | Net.POLLERR | Net.POLLHUP)) != 0;
            int ready = initial | (readable ? SelectionKey.OP_READ & key.nioInterestOps() : 0);
            key.nioReadyOps(ready);
            return (ready & ~before) != 0;
        }

        @Override
        default void kill() throws IOException {
            channel().kqueue.close();
        }
    }

    private static final class Timer extends TimerChannel implements Selectable {
        Timer(Kqueue kqueue) {
            super(kqueue);
        }
    }

    private static final class Signal extends SignalChannel implements Selectable {
        Signal(Kqueue kqueue, String[] signals) throws IOException {
            super(kqueue, signals);
        }
    }

    private static final class Process extends ProcessChannel implements Selectable {
        Process(Kqueue kqueue) throws IOException {
            super(kqueue);
        }
    }

    private static final class Vnode extends VnodeChannel implements Selectable {
        Vnode(Kqueue kqueue) {
            super(kqueue);
        }
    }

    private static final class UserEvent<E> extends UserEventChannel<E> implements Selectable {
        UserEvent(Kqueue kqueue) throws IOException {
            super(kqueue);
        }
    }

    private static final class Edge extends EdgeChannel implements Selectable {
        Edge(Kqueue kqueue) {
            super(kqueue);
        }
    }
}
