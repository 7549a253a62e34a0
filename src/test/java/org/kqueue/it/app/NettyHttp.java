package org.kqueue.it.app;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioEventLoop;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.concurrent.EventExecutor;
import java.lang.reflect.Field;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Netty's NIO transport: HTTP server and clients, kept alive. */
public final class NettyHttp {

    private static final int CLIENTS = 50;
    private static final long TIMEOUT_SECONDS = 60;

    private NettyHttp() {
    }

    public static void main(String[] args) throws Exception {
        OnKqueue.requireProvider();
        EventLoopGroup acceptors = new NioEventLoopGroup(1);
        EventLoopGroup servers = new NioEventLoopGroup(2);
        EventLoopGroup clients = new NioEventLoopGroup(2);
        Channel listener = listen(acceptors, servers);
        List<CompletableFuture<Void>> done = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            done.add(connect(clients, (InetSocketAddress) listener.localAddress(), i));
        }
        for (CompletableFuture<Void> one : done) {
            one.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        }
        OnKqueue.requireSelecting(5);
        if (args.length > 0) {
            requireSelectedKeySet(acceptors, servers, clients);
        }
        listener.close().sync();
        for (EventLoopGroup group : List.of(clients, servers, acceptors)) {
            if (!group.shutdownGracefully(0, 1, TimeUnit.SECONDS).await(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError("an event loop does not end");
            }
        }
        System.out.println("OK " + HttpBodies.REQUESTS + " requests");
        System.exit(0);
    }

    /** Netty has put its own set of selected keys into the selector of each event loop. */
    private static void requireSelectedKeySet(EventLoopGroup... groups) throws ReflectiveOperationException {
        Field selectedKeys = NioEventLoop.class.getDeclaredField("selectedKeys");
        selectedKeys.setAccessible(true);
        for (EventLoopGroup group : groups) {
            for (EventExecutor loop : group) {
                if (selectedKeys.get(loop) == null) {
                    throw new AssertionError("an event loop selects into the JDK's set");
                }
            }
        }
    }

    private static Channel listen(EventLoopGroup acceptors, EventLoopGroup servers) throws InterruptedException {
        return new ServerBootstrap().group(acceptors, servers).channel(NioServerSocketChannel.class)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        channel.pipeline().addLast(new HttpServerCodec(),
                                new HttpObjectAggregator(2 * HttpBodies.BYTES), new Echo());
                    }
                }).bind(InetAddress.getLoopbackAddress(), 0).sync().channel();
    }

    private static CompletableFuture<Void> connect(EventLoopGroup clients, InetSocketAddress server, int first) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        new Bootstrap().group(clients).channel(NioSocketChannel.class).handler(new ChannelInitializer<SocketChannel>() {
            @Override
            protected void initChannel(SocketChannel channel) {
                channel.pipeline().addLast(new HttpClientCodec(), new HttpObjectAggregator(2 * HttpBodies.BYTES),
                        new Poster(first, done));
            }
        }).connect(server).addListener(connected -> {
            if (!connected.isSuccess()) {
                done.completeExceptionally(connected.cause());
            }
        });
        return done;
    }

    private static final class Echo extends SimpleChannelInboundHandler<FullHttpRequest> {
        @Override
        protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
            FullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK,
                    request.content().retain());
            HttpUtil.setContentLength(response, response.content().readableBytes());
            context.writeAndFlush(response);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            cause.printStackTrace();
            context.close();
        }
    }

    /** Posts every {@link #CLIENTS}th body over one connection, the next when the last was answered. */
    private static final class Poster extends SimpleChannelInboundHandler<FullHttpResponse> {
        private final CompletableFuture<Void> done;
        private int number;

        Poster(int first, CompletableFuture<Void> done) {
            this.number = first;
            this.done = done;
        }

        @Override
        public void channelActive(ChannelHandlerContext context) {
            post(context);
        }

        private void post(ChannelHandlerContext context) {
            FullHttpRequest request = new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.POST, "/echo",
                    Unpooled.wrappedBuffer(HttpBodies.body(number)));
            HttpUtil.setContentLength(request, request.content().readableBytes());
            context.writeAndFlush(request);
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, FullHttpResponse response) {
            HttpBodies.requireEqual(number, response.status().code(), ByteBufUtil.getBytes(response.content()));
            number += CLIENTS;
            if (number < HttpBodies.REQUESTS) {
                post(context);
            } else {
                done.complete(null);
                context.close();
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            done.completeExceptionally(new AssertionError("closed before request " + number + " was answered"));
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            done.completeExceptionally(cause);
            context.close();
        }
    }
}
