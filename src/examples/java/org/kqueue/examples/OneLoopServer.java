package org.kqueue.examples;

import java.io.IOException;
import java.io.Reader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import org.kqueue.Note;
import org.kqueue.nio.KqueueSelectorProvider;
import org.kqueue.nio.channels.EventChannel;
import org.kqueue.nio.channels.ProcessChannel;
import org.kqueue.nio.channels.ProcessExit;
import org.kqueue.nio.channels.SignalChannel;
import org.kqueue.nio.channels.SignalEvent;
import org.kqueue.nio.channels.TimerChannel;
import org.kqueue.nio.channels.VnodeChannel;
import org.kqueue.nio.channels.VnodeEvent;

/**
 * An echo server whose one thread sees to everything: connections and their idle timeouts, the settings file when it
 * changes, a helper process that is started again when it ends, and an orderly end at SIGTERM. No locks, no executor,
 * no shutdown hook.
 *
 * <p>The argument is a properties file: {@code greeting}, {@code idleMillis}, and {@code helper}, a shell command.
 *
 * <pre>
 * java -cp target/kqueue-nio-0.1.0-SNAPSHOT-all.jar src/examples/java/org/kqueue/examples/OneLoopServer.java
 * server.properties
 * </pre>
 */
public final class OneLoopServer {

    private static final int BUFFER_BYTES = 16 * 1024;
    private static final Duration RESTART_DELAY = Duration.ofMillis(200);
    private static final Duration GRACE = Duration.ofSeconds(2);

    /** What a key's attachment does when the key is selected. */
    private interface Handler {
        void ready(SelectionKey key) throws IOException;
    }

    private record Settings(String greeting, long idleNanos, String helper) {
        static Settings load(Path file) throws IOException {
            Properties properties = new Properties();
            try (Reader reader = Files.newBufferedReader(file)) {
                properties.load(reader);
            }
            return new Settings(properties.getProperty("greeting", "hello"),
                    Long.parseLong(properties.getProperty("idleMillis", "30000")) * 1_000_000,
                    properties.getProperty("helper", "exec sleep 1000"));
        }
    }

    private final Path file;
    private final Selector selector = new KqueueSelectorProvider().openSelector();
    private final ServerSocketChannel listener = ServerSocketChannel.open();
    private final SignalChannel signals = SignalChannel.open("TERM", "INT", "HUP");
    private final VnodeChannel files = VnodeChannel.open();
    private final ProcessChannel processes = ProcessChannel.open();
    private final TimerChannel idleTimer = TimerChannel.open();
    private final TimerChannel restartTimer = TimerChannel.open();
    /** Longest silent first: a connection that moves goes to the end. */
    private final Map<SocketChannel, Connection> connections = new LinkedHashMap<>();
    private Settings settings;
    private Process helper;
    private boolean stopping;
    private boolean outOfPatience;

    private OneLoopServer(Path file) throws IOException {
        this.file = file.toAbsolutePath();
        settings = Settings.load(file);
    }

    /**
     * Serves until SIGTERM or SIGINT.
     *
     * @param args the settings file
     * @throws IOException if the server cannot start
     */
    public static void main(String[] args) throws IOException {
        new OneLoopServer(Path.of(args[0])).run();
    }

    private void run() throws IOException {
        listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        listener.configureBlocking(false);
        listener.register(selector, SelectionKey.OP_ACCEPT, (Handler) key -> accept());
        register(signals, this::signal);
        register(files, this::fileChanged);
        register(processes, this::helperEnded);
        register(idleTimer, this::closeIdle);
        register(restartTimer, this::restartHelper);
        files.watch(file.getParent(), Note.NOTE_WRITE);
        files.watch(file, Note.NOTE_WRITE);
        startHelper();
        System.out.println("selector " + selector);
        System.out.println("listening on " + listener.getLocalAddress());
        while (!stopping || !outOfPatience && (!connections.isEmpty() || helper != null)) {
            selector.select(key -> {
                try {
                    ((Handler) key.attachment()).ready(key);
                } catch (IOException e) {
                    System.out.println(key.channel() + ": " + e);
                }
            });
        }
        if (helper != null) {
            helper.destroyForcibly();
        }
        selector.close();
        System.out.println("bye");
    }

    private interface EventHandler {
        void happened() throws IOException;
    }

    private void register(EventChannel channel, EventHandler handler) throws IOException {
        channel.configureBlocking(false);
        channel.register(selector, SelectionKey.OP_READ, (Handler) key -> handler.happened());
    }

    // -- connections

    private void accept() throws IOException {
        SocketChannel channel = listener.accept();
        if (channel == null) {
            return;
        }
        channel.configureBlocking(false);
        Connection connection = new Connection(channel);
        if (connections.isEmpty()) {
            idleTimer.after(Duration.ofNanos(settings.idleNanos));
        }
        connections.put(channel, connection);
        channel.register(selector, SelectionKey.OP_READ | SelectionKey.OP_WRITE, connection);
    }

    private void close(SocketChannel channel) throws IOException {
        connections.remove(channel);
        channel.close();
    }

    private final class Connection implements Handler {
        private final SocketChannel channel;
        private final ByteBuffer pending = ByteBuffer.allocate(BUFFER_BYTES);
        private long lastMove = System.nanoTime();
        private boolean ending;

        Connection(SocketChannel channel) {
            this.channel = channel;
            pending.put((settings.greeting + "\n").getBytes(StandardCharsets.UTF_8));
        }

        @Override
        public void ready(SelectionKey key) throws IOException {
            try {
                if (key.isReadable() && !ending) {
                    ending = channel.read(pending) < 0;
                    lastMove = System.nanoTime();
                    connections.remove(channel);
                    connections.put(channel, this);
                }
                channel.write(pending.flip());
                pending.compact();
                boolean unwritten = pending.position() > 0;
                if (!unwritten && (ending || stopping)) {
                    close(channel);
                } else {
                    key.interestOps((unwritten ? SelectionKey.OP_WRITE : 0)
                            | (pending.hasRemaining() && !ending && !stopping ? SelectionKey.OP_READ : 0));
                }
            } catch (IOException e) {
                close(channel);
                throw e;
            }
        }
    }

    /** The timer is set for the connection that has been silent longest; the others come later. */
    private void closeIdle() throws IOException {
        if (idleTimer.read() == 0) {
            return;
        }
        outOfPatience = stopping;
        long now = System.nanoTime();
        Iterator<Connection> longestSilent = new ArrayList<>(connections.values()).iterator();
        while (longestSilent.hasNext()) {
            Connection connection = longestSilent.next();
            long left = connection.lastMove + settings.idleNanos - now;
            if (left > 0) {
                idleTimer.after(Duration.ofNanos(left));
                return;
            }
            System.out.println("idle " + connection.channel.getRemoteAddress());
            close(connection.channel);
        }
    }

    // -- everything else

    private void signal() throws IOException {
        for (SignalEvent event = signals.read(); event != null; event = signals.read()) {
            System.out.println("signal " + event.name());
            if (event.name().equals("HUP")) {
                reload();
            } else if (!stopping) {
                stop();
            }
        }
    }

    /** Takes no more connections, writes what is to be written, and ends when helper and connections have. */
    private void stop() throws IOException {
        stopping = true;
        listener.close();
        restartTimer.stop();
        idleTimer.after(GRACE);
        for (Connection connection : new ArrayList<>(connections.values())) {
            connection.channel.keyFor(selector).interestOps(SelectionKey.OP_WRITE);
        }
        if (helper != null) {
            helper.destroy();
        }
    }

    private void fileChanged() throws IOException {
        boolean changed = false;
        for (VnodeEvent event = files.read(); event != null; event = files.read()) {
            changed = true;
        }
        if (changed && Files.exists(file)) {
            // Another file may have been renamed over it: the name counts, not the file.
            files.watch(file, Note.NOTE_WRITE);
            reload();
        }
    }

    private void reload() throws IOException {
        Settings now = Settings.load(file);
        if (!now.equals(settings)) {
            settings = now;
            System.out.println("settings " + settings.greeting);
        }
    }

    private void restartHelper() throws IOException {
        if (restartTimer.read() > 0 && !stopping) {
            startHelper();
        }
    }

    private void startHelper() throws IOException {
        helper = new ProcessBuilder("sh", "-c", settings.helper).inheritIO().start();
        processes.watch(helper);
        System.out.println("helper " + helper.pid());
    }

    private void helperEnded() throws IOException {
        ProcessExit exit = processes.read();
        if (exit != null) {
            System.out.println("helper ended, exit code " + exit.exitCode() + ", signal " + exit.signal());
            helper = null;
            if (!stopping) {
                restartTimer.after(RESTART_DELAY);
            }
        }
    }
}
