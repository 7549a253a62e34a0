package org.kqueue.robust.soak;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.kqueue.robust.OpenDescriptors;

/**
 * Server and clients over loopback with random faults, for a given time, on whatever selectors {@link Selector#open()}
 * gives. Ends with one line, and with status 0 if nothing was wrong. Arguments: seconds, connections at a time (200),
 * seed.
 */
public final class Soak {

    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(30);
    private static final long TICK_MILLIS = 5;
    private static final int DEFAULT_CONNECTIONS = 200;
    /** Heap may grow by what caches and the JIT's profiles take; a leak of one object per connection is far more. */
    private static final long HEAP_SLACK = 16 << 20;

    private final SoakCounts counts = new SoakCounts();
    private final long seconds;
    private final int connections;
    private final SplittableRandom random;

    Soak(long seconds, int connections, long seed) {
        this.seconds = seconds;
        this.connections = connections;
        random = new SplittableRandom(seed);
    }

    /** Runs it. */
    public static void main(String[] args) throws Exception {
        long seconds = args.length > 0 ? Long.parseLong(args[0]) : 60;
        int connections = args.length > 1 ? Integer.parseInt(args[1]) : DEFAULT_CONNECTIONS;
        long seed = args.length > 2 ? Long.parseLong(args[2]) : System.nanoTime();
        String verdict = new Soak(seconds, connections, seed).run();
        System.out.println(verdict);
        System.exit(verdict.endsWith("PASSED") ? 0 : 1);
    }

    /** Runs it and returns the verdict. */
    String run() throws Exception {
        // Loads what stays: classes, the threads of the JVM, the descriptors that are opened once.
        drive(Math.min(5, seconds));
        int descriptors = OpenDescriptors.count();
        long heap = usedHeap();
        String kind;
        try (Selector selector = Selector.open()) {
            kind = selector.getClass().getSimpleName();
        }
        long start = System.nanoTime();
        drive(seconds);
        long took = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start);
        String left = "none";
        try {
            OpenDescriptors.assertComesDownTo(descriptors);
        } catch (AssertionError e) {
            left = e.getMessage();
        }
        long heapAfter = usedHeap();
        boolean passed = counts.isClean() && left.equals("none") && heapAfter - heap < HEAP_SLACK;
        String counted = String.format(Locale.ROOT, "%d connections (%d half-closed, %d slow readers, %d reset by the "
                + "client, %d by the server, %d cut off by that), %.2f GB echoed, %d checksum errors, %d lost events, "
                + "%d other failures", counts.connections.sum(), counts.halfCloses.sum(), counts.slow.sum(),
                counts.clientResets.sum(), counts.serverResets.sum(), counts.cutOff.sum(), counts.bytes.sum() / 1e9,
                counts.checksumErrors.sum(), counts.lostEvents.sum(), counts.failures.sum());
        return String
                .format(Locale.ROOT, "soak on %s: %d s, %s, fds %d -> %d (left over: %s), heap %.1f -> %.1f MB: %s",
                kind, took, counted, descriptors, OpenDescriptors.count(), left, heap / 1e6, heapAfter / 1e6,
                passed ? "PASSED" : "FAILED");
    }

    private static long usedHeap() {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 3; i++) {
            System.gc();
            least = Math.min(least, ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
        }
        return least;
    }

    private void drive(long howLong) throws IOException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(howLong);
        List<SoakConnection> clients = new ArrayList<>();
        try (ResettingEchoServer server = new ResettingEchoServer(counts); Selector selector = Selector.open()) {
            while (System.nanoTime() - end < 0 || !clients.isEmpty()) {
                while (clients.size() < connections && System.nanoTime() - end < 0) {
                    clients.add(new SoakConnection(counts, selector, server.address(), random));
                }
                selector.select(TICK_MILLIS);
                for (SelectionKey key : selector.selectedKeys()) {
                    if (key.isValid()) {
                        ((SoakConnection) key.attachment()).ready();
                    }
                }
                selector.selectedKeys().clear();
                tick(clients);
            }
        }
    }

    private void tick(List<SoakConnection> clients) throws IOException {
        long now = System.nanoTime();
        for (Iterator<SoakConnection> each = clients.iterator(); each.hasNext();) {
            SoakConnection client = each.next();
            if (client.isOpen()) {
                client.tick(now, PATIENCE_NANOS);
            }
            if (!client.isOpen()) {
                each.remove();
            }
        }
    }
}
