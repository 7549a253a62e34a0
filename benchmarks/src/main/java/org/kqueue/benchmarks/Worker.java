package org.kqueue.benchmarks;

import com.sun.management.ThreadMXBean;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A process that works when it is told to, so that two of them, one on each provider, can take turns. Commands on
 * standard input, one answer each on standard output:
 *
 * <pre>
 *   run &lt;milliseconds&gt;     operations nanoseconds allocated-bytes
 *   repeat &lt;operations&gt;    operations nanoseconds allocated-bytes
 * </pre>
 *
 * <p>The nanoseconds are processor time of the thread: no work here waits, so what else runs on the machine is not
 * counted.
 *
 * <p>Arguments: the name of the work, keys registered, keys ready. Or {@code first-open}, which prints the nanoseconds
 * that the first {@code Selector.open()} of this JVM took; or {@code heap} and a number of keys, which prints the bytes
 * of heap for each.
 */
final class Worker {

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final int CHECK_EVERY = 16;
    private static final int HEAP_WARMUP = 2000;

    private Worker() {
    }

    /** Runs until standard input ends. */
    public static void main(String[] args) throws IOException, InterruptedException {
        if (args[0].equals("first-open")) {
            long start = System.nanoTime();
            Selector selector = Selector.open();
            System.out.println(System.nanoTime() - start);
            selector.close();
            return;
        }
        Provider.requireInUse();
        if (args[0].equals("heap")) {
            System.out.println(heapPerKey(Integer.parseInt(args[1])));
            return;
        }
        try (Work work = Work.open(args[0], Integer.parseInt(args[1]), Integer.parseInt(args[2]))) {
            BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
            System.out.println("ready");
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                String[] words = line.split(" ");
                long amount = Long.parseLong(words[1]);
                System.out.println(words[0].equals("run") ? measure(work, Long.MAX_VALUE, amount * 1_000_000)
                        : measure(work, amount, Long.MAX_VALUE));
            }
        }
    }

    private static String measure(Work work, long maxOperations, long maxNanos) throws IOException {
        long thread = Thread.currentThread().getId();
        long allocatedBefore = THREADS.getThreadAllocatedBytes(thread);
        long cpuBefore = THREADS.getCurrentThreadCpuTime();
        long start = System.nanoTime();
        long nanos = 0;
        long operations = 0;
        while (operations < maxOperations && nanos < maxNanos) {
            long until = Math.min(maxOperations, operations + CHECK_EVERY);
            for (; operations < until; operations++) {
                work.run();
            }
            nanos = System.nanoTime() - start;
        }
        return operations + " " + (THREADS.getCurrentThreadCpuTime() - cpuBefore) + " "
                + (THREADS.getThreadAllocatedBytes(thread) - allocatedBefore);
    }

    private static double heapPerKey(int keys) throws IOException, InterruptedException {
        try (Selector selector = Selector.open()) {
            List<DatagramChannel> channels = new ArrayList<>(keys);
            try {
                for (int i = 0; i < keys; i++) {
                    channels.add(DatagramChannel.open());
                    channels.get(i).configureBlocking(false);
                }
                // So that what is linked or compiled for the first thousand is not counted as theirs.
                DatagramChannel first = channels.remove(0);
                for (int i = 0; i < HEAP_WARMUP; i++) {
                    SelectionKey key = first.register(selector, SelectionKey.OP_READ);
                    selector.selectNow();
                    key.cancel();
                    selector.selectNow();
                }
                first.close();
                selector.selectNow();
                long before = usedHeap();
                for (DatagramChannel channel : channels) {
                    channel.register(selector, SelectionKey.OP_READ);
                }
                selector.selectNow();
                return (usedHeap() - before) / (double) channels.size();
            } finally {
                for (DatagramChannel channel : channels) {
                    channel.close();
                }
            }
        }
    }

    private static long usedHeap() throws InterruptedException {
        for (int i = 0; i < 4; i++) {
            System.gc();
            Thread.sleep(50);
        }
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }
}
