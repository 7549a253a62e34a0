package org.kqueue.it;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.kqueue.examples.EchoServer;
import org.kqueue.examples.KqueueEchoServer;

/** The ordinary echo server of the examples, in a JVM of its own, on kqueue by the flag. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class EchoServerIT {

    private static final int CLIENTS = 1000;
    private static final int MESSAGE_BYTES = 4096;
    private static final long TRANSFER_BYTES = 100L * 1024 * 1024;
    private static final long DEADLINE_NANOS = TimeUnit.SECONDS.toNanos(20);

    @Test
    void servesThousandConnectionsAtOnce() throws Exception {
        List<EchoClient> clients = new ArrayList<>();
        try (ForkedJvm server = ForkedJvm.withFlag(EchoServer.class, "0")) {
            int port = server.echoPort();
            for (int i = 0; i < CLIENTS; i++) {
                clients.add(new EchoClient(port, i));
            }
            for (int round = 0; round < 3; round++) {
                for (EchoClient client : clients) {
                    client.exchange(MESSAGE_BYTES);
                }
            }
            for (EchoClient client : clients) {
                client.finish();
            }
        } finally {
            for (EchoClient client : clients) {
                client.close();
            }
        }
    }

    @Test
    void echoesHundredMegabytesUnchanged() throws Exception {
        try (ForkedJvm server = ForkedJvm.withFlag(EchoServer.class, "0");
                EchoClient client = new EchoClient(server.echoPort(), 1)) {
            client.transfer(TRANSFER_BYTES);
        }
    }

    @Test
    void kqueueExampleServesAndStopsWhenTold() throws Exception {
        try (ForkedJvm server = ForkedJvm.java("-cp", ForkedJvm.classPath(), KqueueEchoServer.class.getName(), "0")) {
            int port = server.listeningPort();
            converse(port, 100);
            try (EchoClient client = new EchoClient(port, 1); EchoClient idle = new EchoClient(port, 2)) {
                client.transfer(TRANSFER_BYTES / 10);
                idle.exchange(1);
                server.terminate();
                server.await("stopped");
                idle.finish();
            }
        }
    }

    /** {@code -Dkqueue.it.connections=100000} for the long form. */
    @Test
    void givesBackTheDescriptorOfEachConnection() throws Exception {
        int connections = Integer.getInteger("kqueue.it.connections", 3000);
        try (ForkedJvm server = ForkedJvm.withFlag(EchoServer.class, "0")) {
            int port = server.echoPort();
            Path descriptors = Path.of("/proc/" + server.pid() + "/fd");
            Assumptions.assumeTrue(Files.isDirectory(descriptors), "descriptors are counted in /proc/<pid>/fd");
            converse(port, 100);
            long base = settled(descriptors, Long.MAX_VALUE);
            converse(port, connections);
            long left = settled(descriptors, base);
            System.out.println(connections + " connections: " + base + " descriptors before, " + left + " after");
            assertEquals(base, left, "descriptors");
        }
    }

    /** One after the other: every second ends in order, the others by a reset. */
    private static void converse(int port, int connections) throws IOException {
        for (int i = 0; i < connections; i++) {
            try (EchoClient client = new EchoClient(port, i)) {
                client.exchange(64);
                if (i % 2 == 0) {
                    client.finish();
                } else {
                    client.reset();
                }
            }
        }
    }

    /** Waits until there are no more than expected, or the deadline. */
    private static long settled(Path descriptors, long expected) throws Exception {
        long start = System.nanoTime();
        long count = count(descriptors);
        for (long before = -1; (count > expected || count != before) && System.nanoTime() - start < DEADLINE_NANOS;) {
            Thread.sleep(200);
            before = count;
            count = count(descriptors);
        }
        return count;
    }

    private static long count(Path descriptors) throws IOException {
        try (Stream<Path> each = Files.list(descriptors)) {
            return each.count();
        }
    }
}
