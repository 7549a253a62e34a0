package org.kqueue.examples;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import org.kqueue.Event;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.Kqueue;
import org.kqueue.Note;
import org.kqueue.Subscription;
import org.kqueue.nio.Descriptors;
import org.kqueue.nio.channels.OpenFile;
import org.kqueue.nio.channels.SignalChannel;

/**
 * One loop for everything, written on {@link Kqueue}: a listening socket, a connection, a timer, a signal, a child
 * process, a file and an event of the program's own. Each makes the next one happen; the program prints the kevents and
 * ends with the last.
 *
 * <pre>
 * java -cp target/kqueue-nio-0.1.0-SNAPSHOT-all.jar src/examples/java/org/kqueue/examples/KqueueTour.java
 * </pre>
 */
public final class KqueueTour {

    private static final Subscription TIMER = Filter.timer(1, Duration.ofMillis(50)).once();
    /** Its number is the same on all systems, and its action by default is to do nothing. */
    private static final int SIGWINCH = 28;
    private static final Subscription DONE = Filter.user(1).edgeTriggered();
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final Kqueue kqueue;
    private final ServerSocketChannel listener;
    private final Path path;
    private final Set<Filter> seen = EnumSet.noneOf(Filter.class);
    private SocketChannel connection;

    private KqueueTour(Kqueue kqueue, ServerSocketChannel listener, Path path) {
        this.kqueue = kqueue;
        this.listener = listener;
        this.path = path;
    }

    /**
     * Runs once through all kinds of events.
     *
     * @param args none
     * @throws IOException if the system refuses
     */
    public static void main(String[] args) throws IOException {
        Path path = Files.createTempFile("kqueue-tour", ".conf");
        try (Kqueue kqueue = Kqueue.open(); ServerSocketChannel listener = ServerSocketChannel.open();
                OpenFile file = OpenFile.open(path)) {
            System.out.println(kqueue);
            listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            listener.configureBlocking(false);
            kqueue.add(TIMER, DONE, Filter.read(Descriptors.of(listener)), Filter.signal(SIGWINCH),
                    Filter.vnode(file.fd(), Note.NOTE_WRITE).edgeTriggered());
            new KqueueTour(kqueue, listener, path).run();
        } finally {
            Files.delete(path);
        }
    }

    private void run() throws IOException {
        EventList events = kqueue.newEventList(16);
        while (!seen.contains(Filter.EVFILT_USER)) {
            if (kqueue.kevent(null, events, PATIENCE) == 0) {
                throw new IOException("no event within " + PATIENCE + "; seen: " + seen);
            }
            for (Event event : events) {
                System.out.println(event);
                seen.add(event.filter());
                handle(event);
            }
        }
        connection.close();
    }

    private void handle(Event event) throws IOException {
        switch (event.filter()) {
            case EVFILT_TIMER -> connectAndHangUp();
            case EVFILT_READ -> {
                if (event.ident() == Descriptors.of(listener)) {
                    connection = listener.accept();
                    kqueue.add(Filter.read(Descriptors.of(connection)).once());
                } else {
                    System.out.println("  " + event.data() + " bytes to read" + (event.isEof() ? ", and no more" : ""));
                    SignalChannel.raise("WINCH");
                }
            }
            case EVFILT_SIGNAL -> {
                Process child = new ProcessBuilder("sh", "-c", "read line; exit 7").start();
                kqueue.add(Filter.exit(child.pid()));
                child.getOutputStream().close();
            }
            case EVFILT_PROC -> {
                System.out.println("  exit code " + event.exitCode());
                Files.writeString(path, "changed");
            }
            case EVFILT_VNODE -> publishFromAnotherThread();
            default -> System.out.println("  data " + event.data());
        }
    }

    private void connectAndHangUp() throws IOException {
        InetSocketAddress address = (InetSocketAddress) listener.getLocalAddress();
        try (Socket client = new Socket(address.getAddress(), address.getPort())) {
            client.getOutputStream().write(new byte[5]);
        }
    }

    private void publishFromAnotherThread() {
        if (seen.contains(Filter.EVFILT_USER)) {
            return;
        }
        new Thread(() -> {
            try {
                kqueue.trigger(DONE, Note.NOTE_FFNOP, 0, 42);
            } catch (IOException e) {
                System.err.println("trigger: " + e);
            }
        }).start();
    }
}
