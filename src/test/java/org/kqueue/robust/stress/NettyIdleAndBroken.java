package org.kqueue.robust.stress;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.internal.logging.InternalLoggerFactory;
import io.netty.util.internal.logging.JdkLoggerFactory;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.kqueue.nio.Providers;
import org.kqueue.robust.Await;

/**
 * Netty's NIO transport with connections in all the states that have made selectors spin: half-closed with autoRead
 * off, reset, refused, full, idle. Netty counts selects that come back without cause; its warning that it rebuilds a
 * selector is a failure, and so is CPU time while nothing happens.
 */
public final class NettyIdleAndBroken {

    private static final long SETTLE_MILLIS = 200;
    private static final long QUIET_MILLIS = 2_000;
    private static final long MOST_CPU_MILLIS = 300;

    private NettyIdleAndBroken() {
    }

    /** Prints OK. */
    public static void main(String[] args) throws Exception {
        InternalLoggerFactory.setDefaultFactory(JdkLoggerFactory.INSTANCE);
        AtomicInteger rebuilds = new AtomicInteger();
        listenForRebuilds(rebuilds);
        List<Thread> threads = new ArrayList<>();
        ThreadFactory remembering = task -> {
            Thread thread = new Thread(task, "netty");
            thread.setDaemon(true);
            threads.add(thread);
            return thread;
        };
        EventLoopGroup group = new NioEventLoopGroup(2, remembering, Providers.kqueue());
        Channel listener = listen(group);
        InetSocketAddress server = (InetSocketAddress) listener.localAddress();
        List<Socket> peers = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            peers.add(breakOne(server, i));
        }
        refused(group);
        Await.within(SETTLE_MILLIS, () -> rebuilds.get() > 0);
        long cpu = cpu(threads);
        Await.within(QUIET_MILLIS, () -> rebuilds.get() > 0);
        long used = TimeUnit.NANOSECONDS.toMillis(cpu(threads) - cpu);
        for (Socket peer : peers) {
            peer.close();
        }
        listener.close().sync();
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
        if (rebuilds.get() > 0 || used > MOST_CPU_MILLIS || threads.isEmpty()) {
            throw new AssertionError(rebuilds + " rebuilds, " + used + " ms of CPU in " + QUIET_MILLIS + " quiet ms");
        }
        System.out.println("OK, " + used + " ms of CPU in " + QUIET_MILLIS + " quiet ms");
        System.exit(0);
    }

    private static void listenForRebuilds(AtomicInteger rebuilds) {
        Logger logger = Logger.getLogger("io.netty.channel.nio");
        logger.setLevel(Level.ALL);
        logger.addHandler(new Handler() {
            @Override
            public void publish(LogRecord record) {
                if (record.getMessage().contains("rebuilding") || record.getMessage().contains("prematurely")) {
                    rebuilds.incrementAndGet();
                    System.err.println(record.getMessage());
                }
            }

            @Override
            public void flush() {
            }

            @Override
            public void close() {
            }
        });
    }

    private static Channel listen(EventLoopGroup group) throws InterruptedException {
        AtomicInteger number = new AtomicInteger();
        return new ServerBootstrap().group(group).channel(NioServerSocketChannel.class)
                .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        channel.config().setAutoRead(number.getAndIncrement() % 3 != 0);
                        channel.pipeline().addLast(new Keeping());
                    }
                }).bind(InetAddress.getLoopbackAddress(), 0).sync().channel();
    }

    /** Keeps the connection open whatever happens, and answers the first byte with more than fits. */
    private static final class Keeping extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            context.writeAndFlush(Unpooled.wrappedBuffer(new byte[8 << 20]));
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            // Resets, as intended.
        }
    }

    private static Socket breakOne(InetSocketAddress server, int i) throws Exception {
        Socket socket = new Socket(server.getAddress(), server.getPort());
        switch (i % 4) {
            case 0 -> socket.shutdownOutput();
            case 1 -> {
                socket.setSoLinger(true, 0);
                socket.close();
            }
            case 2 -> socket.getOutputStream().write(1);
            default -> {
                // Idle.
            }
        }
        return socket;
    }

    private static void refused(EventLoopGroup group) throws Exception {
        int port;
        try (ServerSocket gone = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = gone.getLocalPort();
        }
        for (int i = 0; i < 10; i++) {
            new Bootstrap().group(group).channel(NioSocketChannel.class).handler(new ChannelInboundHandlerAdapter())
                    .connect(InetAddress.getLoopbackAddress(), port).await();
        }
    }

    /** {@code getId} has no successor before Java 19, which deprecates it. */
    @SuppressWarnings("deprecation")
    private static long cpu(List<Thread> threads) {
        long sum = 0;
        for (Thread thread : threads) {
            sum += Math.max(0, ManagementFactory.getThreadMXBean().getThreadCpuTime(thread.getId()));
        }
        return sum;
    }
}
