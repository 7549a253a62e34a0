package org.kqueue.benchmarks;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.EpollEventLoopGroup;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.lang.reflect.Field;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ThreadFactory;

/**
 * A server on Netty 4.1 or 4.2 with one event loop, as its own process. It prints its port and ends when standard input
 * does. Arguments: {@code nio} or {@code epoll}, and what it talks.
 */
final class NettyServer {

    private static final int BACKLOG = 4096;

    private NettyServer() {
    }

    /** Serves. */
    public static void main(String[] args) throws IOException, InterruptedException, ReflectiveOperationException {
        boolean epoll = args[0].equals("epoll");
        boolean http = Load.Talk.valueOf(args[1]) == Load.Talk.HTTP;
        if (!epoll) {
            Provider.requireInUse();
        }
        ThreadFactory daemons = new DefaultThreadFactory("loop", true);
        EventLoopGroup group = epoll ? new EpollEventLoopGroup(1, daemons) : new NioEventLoopGroup(1, daemons);
        ServerBootstrap server = new ServerBootstrap().group(group)
                .channel(epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, BACKLOG).childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        if (http) {
                            channel.pipeline().addLast(new HttpServerCodec());
                        }
                        channel.pipeline().addLast(http ? new Http() : new Echo());
                    }
                });
        Channel listener = server.bind(InetAddress.getLoopbackAddress(), 0).sync().channel();
        if (!epoll) {
            requireSelectedKeySet(listener.eventLoop());
        }
        System.out.println("port " + ((InetSocketAddress) listener.localAddress()).getPort());
        while (System.in.read() >= 0) {
            continue;
        }
    }

    /** Netty has put its own set of selected keys into the selector. */
    private static void requireSelectedKeySet(Object loop) throws ReflectiveOperationException {
        Field handler = field(loop.getClass(), "ioHandler");
        Object selecting = handler == null ? loop : handler.get(loop);
        if (field(selecting.getClass(), "selectedKeys").get(selecting) == null) {
            throw new IllegalStateException("Netty's selected-key set is not installed in " + loop);
        }
    }

    private static Field field(Class<?> type, String name) {
        for (Class<?> c = type; c != null; c = c.getSuperclass()) {
            for (Field field : c.getDeclaredFields()) {
                if (field.getName().equals(name)) {
                    field.setAccessible(true);
                    return field;
                }
            }
        }
        return null;
    }

    /** Sends back what comes in. */
    private static class Echo extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            context.writeAndFlush(message);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            cause.printStackTrace();
            context.close();
        }
    }

    /** Answers each request with the same body. */
    private static final class Http extends Echo {
        private static final ByteBuf BODY = Unpooled.unreleasableBuffer(
                Unpooled.directBuffer().writeBytes(Load.HTTP_BODY.getBytes(StandardCharsets.US_ASCII)));

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            if (message instanceof HttpRequest) {
                FullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK,
                        BODY.duplicate());
                response.headers().set(HttpHeaderNames.CONTENT_LENGTH, Load.HTTP_BODY.length());
                context.writeAndFlush(response);
            }
            ReferenceCountUtil.release(message);
        }
    }
}
