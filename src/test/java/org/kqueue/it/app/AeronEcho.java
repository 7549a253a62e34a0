package org.kqueue.it.app;

import io.aeron.Aeron;
import io.aeron.Publication;
import io.aeron.Subscription;
import io.aeron.driver.MediaDriver;
import io.aeron.driver.ThreadingMode;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.nio.NioSelectedKeySet;
import org.agrona.nio.TransportPoller;

/** An Aeron media driver over UDP loopback, and Agrona's set of selected keys by itself. */
public final class AeronEcho {

    private static final int MESSAGES = 10_000;
    private static final long DEADLINE_NANOS = TimeUnit.SECONDS.toNanos(60);

    private AeronEcho() {
    }

    public static void main(String[] args) throws Exception {
        OnKqueue.requireProvider();
        selectIntoAgronasSet();
        Path folder = Files.createTempDirectory("aeron");
        MediaDriver.Context context = new MediaDriver.Context().aeronDirectoryName(folder.toString())
                .threadingMode(ThreadingMode.SHARED).dirDeleteOnStart(true).dirDeleteOnShutdown(true)
                .errorHandler(AeronEcho::fail);
        // More channels than the driver polls one by one, so that it asks its selector.
        int channels = TransportPoller.ITERATION_THRESHOLD + 3;
        try (MediaDriver driver = MediaDriver.launch(context);
                Aeron aeron = Aeron.connect(new Aeron.Context().aeronDirectoryName(driver.aeronDirectoryName()))) {
            String[] uris = new String[channels];
            Subscription[] subscriptions = new Subscription[channels];
            for (int i = 0; i < channels; i++) {
                uris[i] = "aeron:udp?endpoint=127.0.0.1:" + freePort();
                subscriptions[i] = aeron.addSubscription(uris[i], 7);
            }
            for (int i = 0; i < channels; i += channels - 1) {
                echo(aeron, uris[i], subscriptions[i]);
            }
        }
        System.out.println("OK " + 2 * MESSAGES + " messages");
        System.exit(0);
    }

    private static void fail(Throwable error) {
        error.printStackTrace();
        Runtime.getRuntime().halt(1);
    }

    private static int freePort() throws Exception {
        try (DatagramSocket socket = new DatagramSocket(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
            return socket.getLocalPort();
        }
    }

    private static void echo(Aeron aeron, String uri, Subscription subscription) {
        AtomicInteger received = new AtomicInteger();
        UnsafeBuffer message = new UnsafeBuffer(ByteBuffer.allocateDirect(64));
        long start = System.nanoTime();
        try (Publication publication = aeron.addPublication(uri, 7)) {
            int sent = 0;
            while (received.get() < MESSAGES) {
                if (sent < MESSAGES && publication.offer(message, 0, 64) > 0) {
                    sent++;
                }
                subscription.poll((buffer, offset, length, header) -> received.incrementAndGet(), 100);
                if (System.nanoTime() - start > DEADLINE_NANOS) {
                    throw new AssertionError(sent + " sent, " + received + " received");
                }
            }
        }
    }

    /** As Agrona's TransportPoller does it. */
    private static void selectIntoAgronasSet() throws Exception {
        NioSelectedKeySet keys = new NioSelectedKeySet();
        try (Selector selector = Selector.open(); DatagramChannel channel = DatagramChannel.open()) {
            Class<?> owner = Class.forName("sun.nio.ch.SelectorImpl");
            for (String name : new String[] {"selectedKeys", "publicSelectedKeys"}) {
                var field = owner.getDeclaredField(name);
                field.setAccessible(true);
                field.set(selector, keys);
            }
            channel.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            channel.configureBlocking(false);
            SelectionKey key = channel.register(selector, SelectionKey.OP_READ);
            channel.send(ByteBuffer.allocate(1), channel.getLocalAddress());
            if (selector.select(10_000) != 1 || keys.size() != 1 || keys.keys()[0] != key) {
                throw new AssertionError(keys.size() + " keys");
            }
            keys.reset();
        }
    }
}
