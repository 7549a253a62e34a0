package org.kqueue.examples;

import java.io.BufferedReader;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.zip.CRC32;

/**
 * Shows the main job: starts {@link EchoServer} in a Java of its own, on kqueue by one flag, then connects a thousand
 * ordinary clients, checks every byte that comes back, and ends. The exit status is 0 if all was well.
 *
 * <pre>java src/examples/java/org/kqueue/examples/EchoDemo.java</pre>
 */
public final class EchoDemo {

    private static final int CLIENTS = 1000;
    private static final int ROUNDS = 4;
    private static final int ROUND_BYTES = 16 * 1024;
    private static final int THREADS = 8;
    private static final int CLIENT_TIMEOUT_MILLIS = 30_000;
    private static final String PROVIDER = "org.kqueue.nio.KqueueSelectorProvider";
    private static final String SELECTOR = "org.kqueue.nio.KqueueSelector";
    private static final Path SERVER = Path.of("src/examples/java/org/kqueue/examples/EchoServer.java");

    private EchoDemo() {
    }

    /**
     * Runs the demo.
     *
     * @param args none
     * @throws Exception if something is not as it should be
     */
    public static void main(String[] args) throws Exception {
        List<String> command = List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Djava.nio.channels.spi.SelectorProvider=" + PROVIDER, "-cp", jar().toString(), SERVER.toString(),
                "0");
        System.out.println(String.join(" ", command));
        Process server = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        try (BufferedReader output = server.inputReader()) {
            converse(portOf(output));
        } finally {
            server.destroyForcibly().waitFor();
        }
    }

    private static Path jar() throws IOException {
        try (DirectoryStream<Path> jars = Files.newDirectoryStream(Path.of("target"), "kqueue-nio-*-all.jar")) {
            for (Path jar : jars) {
                return jar;
            }
        }
        throw new IOException("no target/kqueue-nio-*-all.jar here; run: mvn -B -q package -DskipTests");
    }

    /** Prints what the server says of itself, up to where it listens. */
    private static int portOf(BufferedReader output) throws IOException {
        boolean onKqueue = false;
        for (String line = output.readLine(); line != null; line = output.readLine()) {
            System.out.println("server: " + line);
            onKqueue |= line.startsWith("selector " + SELECTOR + "@");
            if (line.startsWith("listening on ")) {
                if (!onKqueue) {
                    throw new IllegalStateException("the server does not run on " + SELECTOR);
                }
                return Integer.parseInt(line.substring(line.lastIndexOf(':') + 1));
            }
        }
        throw new IllegalStateException("the server ended before it listened");
    }

    private static void converse(int port) throws Exception {
        long start = System.nanoTime();
        List<Client> clients = new ArrayList<>();
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            for (int i = 0; i < CLIENTS; i++) {
                clients.add(new Client(port, i));
            }
            System.out.println(CLIENTS + " clients are connected");
            for (int round = 0; round < ROUNDS; round++) {
                forEach(clients, threads, Client::exchange);
            }
            forEach(clients, threads, Client::finish);
        } finally {
            threads.shutdownNow();
            for (Client client : clients) {
                client.socket.close();
            }
        }
        System.out.printf("%d bytes sent and echoed in %.1f s, every checksum right%n",
                (long) CLIENTS * ROUNDS * ROUND_BYTES, (System.nanoTime() - start) / 1e9);
    }

    private interface Step {
        void on(Client client) throws IOException;
    }

    private static void forEach(List<Client> clients, ExecutorService threads, Step step)
            throws InterruptedException, ExecutionException {
        List<Future<?>> steps = new ArrayList<>();
        for (Client client : clients) {
            steps.add(threads.submit(() -> {
                try {
                    step.on(client);
                } catch (IOException e) {
                    throw new UncheckedIOException(client.socket.toString(), e);
                }
            }));
        }
        for (Future<?> done : steps) {
            done.get();
        }
    }

    /** A client with blocking I/O, which no selector has to do with. */
    private static final class Client {
        final Socket socket;
        private final Random random;
        private final CRC32 sent = new CRC32();
        private final CRC32 received = new CRC32();

        Client(int port, int seed) throws IOException {
            socket = new Socket(InetAddress.getLoopbackAddress(), port);
            socket.setSoTimeout(CLIENT_TIMEOUT_MILLIS);
            random = new Random(seed);
        }

        void exchange() throws IOException {
            byte[] bytes = new byte[ROUND_BYTES];
            random.nextBytes(bytes);
            sent.update(bytes);
            socket.getOutputStream().write(bytes);
            new DataInputStream(socket.getInputStream()).readFully(bytes);
            received.update(bytes);
        }

        void finish() throws IOException {
            socket.shutdownOutput();
            if (socket.getInputStream().read() != -1) {
                throw new IOException("more came back than was sent");
            }
            if (sent.getValue() != received.getValue()) {
                throw new IOException("what came back is not what was sent");
            }
        }
    }
}
