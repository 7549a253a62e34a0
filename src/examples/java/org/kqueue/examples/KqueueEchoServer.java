package org.kqueue.examples;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.HashMap;
import java.util.Map;
import org.kqueue.ChangeList;
import org.kqueue.Event;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.KeventFlags;
import org.kqueue.Kqueue;
import org.kqueue.Subscription;
import org.kqueue.nio.Descriptors;

/**
 * The echo server on kqueue itself, in its three steps: <em>subscribe</em> to what you want to know, <em>wait</em> for
 * events,
 * <em>publish</em> events of your own. The sockets are java.nio's, without a selector.
 *
 * <pre>
 * java -cp target/kqueue-nio-0.1.0-SNAPSHOT-all.jar src/examples/java/org/kqueue/examples/KqueueEchoServer.java 7007
 * </pre>
 */
public final class KqueueEchoServer {

    private static final int DEFAULT_PORT = 7007;
    private static final int BACKLOG = 1024;
    private static final int BUFFER_BYTES = 16 * 1024;
    private static final int EVENTS = 256;
    private static final Subscription STOP = Filter.user(1);

    private final Kqueue kqueue;
    private final ServerSocketChannel listener;
    private final Subscription acceptable;
    private final Map<Long, Connection> connections = new HashMap<>();
    /** What is to change with the next wait. */
    private final ChangeList changes;

    private KqueueEchoServer(Kqueue kqueue, ServerSocketChannel listener, int port) throws IOException {
        this.kqueue = kqueue;
        this.listener = listener;
        this.changes = kqueue.newChangeList(EVENTS);
        listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), BACKLOG);
        listener.configureBlocking(false);
        acceptable = Filter.read(Descriptors.of(listener));
        // Subscribe. A kqueue remembers: this is said once, not with every wait as for poll.
        kqueue.add(acceptable, STOP);
    }

    /**
     * Serves until the process is told to end.
     *
     * @param args the port, 0 for any
     * @throws IOException if the server cannot listen
     */
    public static void main(String[] args) throws IOException {
        int port = args.length > 0 ? Integer.parseInt(args[0]) : DEFAULT_PORT;
        try (Kqueue kqueue = Kqueue.open(); ServerSocketChannel listener = ServerSocketChannel.open()) {
            KqueueEchoServer server = new KqueueEchoServer(kqueue, listener, port);
            Thread serving = Thread.currentThread();
            Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(kqueue, serving)));
            System.out.println("kqueue " + kqueue);
            System.out.println("listening on " + listener.socket().getLocalSocketAddress());
            server.run();
        }
        System.out.println("stopped");
    }

    /** Publish. Any thread may; the thread that waits gets it as an event like all others. */
    private static void stop(Kqueue kqueue, Thread serving) {
        try {
            if (kqueue.isOpen()) {
                kqueue.trigger(STOP);
            }
            serving.join();
        } catch (IOException | InterruptedException e) {
            System.err.println("stop: " + e);
        }
    }

    private void run() throws IOException {
        EventList events = kqueue.newEventList(EVENTS);
        while (true) {
            // Wait. The changes that came up since the last time go along: one system call does both.
            kqueue.kevent(changes, events, Kqueue.FOREVER);
            changes.clear();
            for (Event event : events) {
                if (event.filter() == Filter.EVFILT_USER) {
                    close();
                    return;
                }
                if (event.isChangeResult()) {
                    System.err.println(event);
                    close(event.ident());
                } else if (event.ident() == acceptable.ident()) {
                    accept(event.data());
                } else {
                    serve(event);
                }
            }
        }
    }

    /** The event's data says how many connections wait. */
    private void accept(long waiting) {
        try {
            for (long i = 0; i < waiting; i++) {
                SocketChannel channel = listener.accept();
                if (channel == null) {
                    return;
                }
                subscribe(channel);
            }
        } catch (IOException e) {
            // Out of descriptors, most likely: the listener is silent until a connection is closed.
            System.err.println("accept: " + e);
            changes.add(acceptable.ident(), Filter.EVFILT_READ, KeventFlags.EV_DISABLE, 0);
        }
    }

    /** To both filters now; of the two only one is enabled at a time. */
    private void subscribe(SocketChannel channel) throws IOException {
        try {
            channel.configureBlocking(false);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
        Connection connection = new Connection(channel);
        connections.put(connection.fd, connection);
        changes.add(connection.fd, Filter.EVFILT_READ, KeventFlags.EV_ADD, 0);
        changes.add(connection.fd, Filter.EVFILT_WRITE, KeventFlags.EV_ADD | KeventFlags.EV_DISABLE, 0);
    }

    private void serve(Event event) {
        Connection connection = connections.get(event.ident());
        boolean wasWriting = connection.isWriting();
        try {
            if (!connection.echo(event.filter() == Filter.EVFILT_READ)) {
                close(connection.fd);
                return;
            }
        } catch (IOException e) {
            System.err.println(connection.channel + ": " + e);
            close(connection.fd);
            return;
        }
        if (connection.isWriting() != wasWriting) {
            Filter on = wasWriting ? Filter.EVFILT_READ : Filter.EVFILT_WRITE;
            Filter off = wasWriting ? Filter.EVFILT_WRITE : Filter.EVFILT_READ;
            changes.add(connection.fd, off, KeventFlags.EV_DISABLE, 0);
            changes.add(connection.fd, on, KeventFlags.EV_ENABLE, 0);
        }
    }

    /** Closing a descriptor ends its subscriptions. */
    private void close(long fd) {
        Connection connection = connections.remove(fd);
        if (connection != null) {
            try {
                connection.channel.close();
            } catch (IOException e) {
                System.err.println(connection.channel + ": " + e);
            }
            changes.add(acceptable.ident(), Filter.EVFILT_READ, KeventFlags.EV_ENABLE, 0);
        }
    }

    private void close() throws IOException {
        for (Connection connection : connections.values()) {
            connection.channel.close();
        }
    }

    /** Reads, and then writes back all of it before it reads again. */
    private static final class Connection {
        final SocketChannel channel;
        final long fd;
        private final ByteBuffer pending = ByteBuffer.allocate(BUFFER_BYTES).limit(0);

        Connection(SocketChannel channel) {
            this.channel = channel;
            this.fd = Descriptors.of(channel);
        }

        boolean isWriting() {
            return pending.hasRemaining();
        }

        /** Returns false when the client has ended its side. */
        boolean echo(boolean readable) throws IOException {
            if (readable) {
                pending.clear();
                int n = channel.read(pending);
                pending.flip();
                if (n < 0) {
                    return false;
                }
            }
            channel.write(pending);
            return true;
        }
    }
}
