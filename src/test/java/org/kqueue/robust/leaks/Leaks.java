package org.kqueue.robust.leaks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.management.JMException;
import javax.management.ObjectName;
import org.kqueue.nio.Providers;
import org.kqueue.robust.Await;
import org.kqueue.robust.OpenDescriptors;

/**
 * Makes connections and selectors, many, and compares descriptors, heap and native memory before and after. Arguments:
 * connections, selector cycles. To be run with
 * {@code -XX:NativeMemoryTracking=summary -Xms64m -Xmx64m -XX:MaxDirectMemorySize=16m -XX:+AlwaysPreTouch}, so that the
 * resident size says something. Ends with one line, and with status 0 if all stayed flat.
 */
public final class Leaks {

    private static final long HEAP_SLACK = 4 << 20;
    private static final long NATIVE_SLACK = 4 << 20;
    /** The resident size has the compilers' arenas in it, which come and go by some 20 MB. */
    private static final long RESIDENT_SLACK = 48 << 20;
    private static final long GC_MICROS = 50_000;
    /** Part of the work that is done first, so that what stays for good is there. */
    private static final int WARM_UP = 5;

    private final SelectorProvider provider = Providers.kqueue();

    private Leaks() {
    }

    /** What a process holds. */
    private record Holdings(int descriptors, long heap, long nativeBytes, long residentBytes) {

        static Holdings now() {
            System.gc();
            return new Holdings(OpenDescriptors.count(),
                    ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed(), Leaks.nativeMemory(),
                    Leaks.resident());
        }

        /** What is held when all has been given back that will be. */
        static Holdings afterAWhile(Holdings before) {
            Holdings[] now = {now()};
            Await.within(Await.DEADLINE_MILLIS, GC_MICROS, () -> {
                now[0] = now();
                return now[0].isFlat(before);
            });
            return now[0];
        }

        boolean isFlat(Holdings before) {
            return descriptors <= before.descriptors && heap - before.heap < HEAP_SLACK
                    && nativeBytes - before.nativeBytes < NATIVE_SLACK
                    && residentBytes - before.residentBytes < RESIDENT_SLACK;
        }

        @Override
        public String toString() {
            return String.format(Locale.ROOT, "%d fds, heap %.1f MB, native %.1f MB, resident %.1f MB", descriptors,
                    heap / 1e6, nativeBytes / 1e6, residentBytes / 1e6);
        }
    }

    /** What the JVM has allocated for direct buffers, threads and itself: not heap, nor what compiling takes. */
    private static long nativeMemory() {
        String report;
        try {
            report = (String) ManagementFactory.getPlatformMBeanServer().invoke(
                    new ObjectName("com.sun.management:type=DiagnosticCommand"), "vmNativeMemory",
                    new Object[] {new String[] {"summary"}}, new String[] {String[].class.getName()});
        } catch (JMException e) {
            throw new IllegalStateException(e);
        }
        long kilobytes = 0;
        Matcher matcher = Pattern.compile(
                "-\\s+(Other|Internal|Thread) \\(reserved=\\d+KB, committed=(\\d+)KB")
                .matcher(report);
        while (matcher.find()) {
            kilobytes += Long.parseLong(matcher.group(2));
        }
        if (kilobytes == 0) {
            throw new IllegalStateException("start with -XX:NativeMemoryTracking=summary: " + report);
        }
        return kilobytes << 10;
    }

    private static long resident() {
        Path status = Path.of("/proc/self/status");
        if (!Files.exists(status)) {
            return 0;
        }
        try (Stream<String> lines = Files.lines(status)) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10).sum();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Prints the verdict. */
    public static void main(String[] args) throws Exception {
        int connections = Integer.parseInt(args[0]);
        int cycles = Integer.parseInt(args[1]);
        Leaks leaks = new Leaks();
        leaks.connections(connections / WARM_UP);
        leaks.selectors(cycles / WARM_UP);
        // The first question opens jar files of the class path.
        Holdings.afterAWhile(Holdings.now());
        Holdings before = Holdings.now();
        leaks.connections(connections);
        Holdings between = Holdings.afterAWhile(before);
        leaks.selectors(cycles);
        Holdings after = Holdings.afterAWhile(before);
        boolean flat = between.isFlat(before) && after.isFlat(before);
        System.out.println("leaks: before " + before + "; after " + connections + " connections " + between
                + "; after " + cycles + " selectors " + after + ": " + (flat ? "PASSED" : "FAILED"));
        System.exit(flat ? 0 : 1);
    }

    /**
     * Each is accepted, registered at both ends, carries a byte, and goes in one of the ways in which a connection can.
     */
    private void connections(int n) throws IOException {
        ByteBuffer one = ByteBuffer.allocateDirect(1);
        try (Selector selector = provider.openSelector();
                ServerSocketChannel listener = provider.openServerSocketChannel()) {
            listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            for (int i = 0; i < n; i++) {
                SocketChannel client = provider.openSocketChannel();
                client.connect(listener.getLocalAddress());
                SocketChannel server = listener.accept();
                client.configureBlocking(false);
                server.configureBlocking(false);
                SelectionKey key = server.register(selector, SelectionKey.OP_READ);
                client.register(selector, i % 2 == 0 ? SelectionKey.OP_READ : 0);
                client.write(one.clear());
                while (!selector.selectedKeys().contains(key)) {
                    selector.select();
                }
                server.read(one.clear());
                selector.selectedKeys().clear();
                end(i, key, client, server);
                if (i % 7 == 0) {
                    selector.selectNow();
                }
            }
        }
    }

    private static void end(int i, SelectionKey key, SocketChannel client, SocketChannel server) throws IOException {
        switch (i % 4) {
            case 0 -> client.setOption(StandardSocketOptions.SO_LINGER, 0);
            case 1 -> key.cancel();
            case 2 -> key.interestOps(SelectionKey.OP_WRITE);
            default -> server.shutdownOutput();
        }
        client.close();
        server.close();
    }

    /** Each selects, is woken, and is closed, by turns with a channel that is open, one that is closed, and none. */
    private void selectors(int n) throws IOException {
        for (int i = 0; i < n; i++) {
            Selector selector = provider.openSelector();
            if (i % 3 == 0) {
                selector.selectNow();
                selector.close();
                continue;
            }
            SocketChannel channel = provider.openSocketChannel();
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_CONNECT);
            selector.wakeup();
            selector.select();
            if (i % 3 == 1) {
                channel.close();
            }
            selector.close();
            channel.close();
        }
    }
}
