package org.kqueue.benchmarks;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.management.JMException;
import javax.management.ObjectName;

/**
 * Registers channels, as its own process with {@code -XX:NativeMemoryTracking=summary}. Prints the bytes that a key
 * takes on the heap, and off it: what direct buffers, java.lang.foreign and Unsafe have allocated ("Other" in native
 * memory tracking; what JNA has is not tracked). Argument: the number of channels.
 */
final class Footprint {

    private static final int WARMUP = 2000;
    private static final Pattern OTHER = Pattern.compile("Other \\(reserved=(\\d+)");

    private Footprint() {
    }

    /** Measures. */
    public static void main(String[] args) throws IOException, InterruptedException, JMException {
        Provider.requireInUse();
        int keys = Integer.parseInt(args[0]);
        Selector selector = Selector.open();
        List<DatagramChannel> channels = new ArrayList<>(keys);
        for (int i = 0; i < keys; i++) {
            channels.add(DatagramChannel.open());
            channels.get(i).configureBlocking(false);
        }
        // What is linked or compiled for the first keys is not counted as theirs.
        for (int i = 0; i < WARMUP; i++) {
            SelectionKey key = channels.get(0).register(selector, SelectionKey.OP_READ);
            selector.selectNow();
            key.cancel();
            selector.selectNow();
        }
        long heap = usedHeap();
        long nativeMemory = otherBytes();
        for (DatagramChannel channel : channels) {
            channel.register(selector, SelectionKey.OP_READ);
        }
        selector.selectNow();
        System.out.println((usedHeap() - heap) / (double) keys + " " + (otherBytes() - nativeMemory) / (double) keys);
        System.exit(selector.keys().size() == keys ? 0 : 1);
    }

    private static long usedHeap() throws InterruptedException {
        for (int i = 0; i < 4; i++) {
            System.gc();
            Thread.sleep(50);
        }
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    private static long otherBytes() throws JMException {
        Object summary = ManagementFactory.getPlatformMBeanServer().invoke(
                new ObjectName("com.sun.management:type=DiagnosticCommand"), "vmNativeMemory",
                new Object[] {new String[] {"summary", "scale=b"}}, new String[] {String[].class.getName()});
        if (!summary.toString().contains("Java Heap")) {
            throw new IllegalStateException("no native memory tracking: " + summary);
        }
        Matcher matcher = OTHER.matcher(summary.toString());
        return matcher.find() ? Long.parseLong(matcher.group(1)) : 0;
    }
}
