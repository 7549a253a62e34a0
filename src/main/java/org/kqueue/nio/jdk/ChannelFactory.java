package org.kqueue.nio.jdk;

import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.net.ProtocolFamily;
import java.nio.channels.DatagramChannel;
import java.nio.channels.Pipe;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;

/**
 * Makes the JDK's channels, with {@code provider()} answering another provider than the JDK's: libraries call
 * {@code channel.provider().openSelector()}. Where a JDK lacks a constructor, the channel is one of the JDK's provider.
 *
 * <p>Thread-safe. {@link JdkChannels#open()} must have returned before the first is made.
 */
public final class ChannelFactory {

    private static final MethodHandle SOCKET = find("SocketChannelImpl", SocketChannel.class);
    private static final MethodHandle SOCKET_OF_FAMILY =
            find("SocketChannelImpl", SocketChannel.class, ProtocolFamily.class);
    private static final MethodHandle SERVER = find("ServerSocketChannelImpl", ServerSocketChannel.class);
    private static final MethodHandle SERVER_OF_FAMILY =
            find("ServerSocketChannelImpl", ServerSocketChannel.class, ProtocolFamily.class);
    private static final MethodHandle DATAGRAM = find("DatagramChannelImpl", DatagramChannel.class, boolean.class);
    private static final MethodHandle DATAGRAM_OF_FAMILY =
            find("DatagramChannelImpl", DatagramChannel.class, ProtocolFamily.class, boolean.class);
    private static final MethodHandle PIPE = find("PipeImpl", Pipe.class);

    private ChannelFactory() {
    }

    /**
     * Loads what is needed when a channel cannot be opened for want of descriptors: then classes in a folder cannot be
     * loaded.
     */
    public static void loadErrors() {
        Rethrow.asIOException(new IOException());
    }

    /** The constructor that takes a provider and {@code others}, or null where this JDK has none. */
    private static MethodHandle find(String name, Class<?> result, Class<?>... others) {
        try {
            Class<?> owner = Class.forName("sun.nio.ch." + name);
            MethodType parameters = MethodType.methodType(void.class, SelectorProvider.class, others);
            return MethodHandles.privateLookupIn(owner, MethodHandles.lookup()).findConstructor(owner, parameters)
                    .asType(parameters.changeReturnType(result));
        } catch (ReflectiveOperationException e) {
            return null;
        }
    }

    /**
     * Opens a socket channel.
     *
     * @param provider what its {@code provider()} answers
     * @param family INET, INET6 or UNIX, null for the JDK's choice
     * @return a new channel
     * @throws UnsupportedOperationException if there is no such family here
     * @throws IOException if the system refuses
     */
    public static SocketChannel openSocketChannel(SelectorProvider provider, ProtocolFamily family) throws IOException {
        MethodHandle constructor = family == null ? SOCKET : SOCKET_OF_FAMILY;
        if (constructor == null) {
            SelectorProvider jdk = JdkProvider.get();
            return family == null ? jdk.openSocketChannel() : jdk.openSocketChannel(family);
        }
        try {
            return family == null ? (SocketChannel) SOCKET.invokeExact(provider)
                    : (SocketChannel) SOCKET_OF_FAMILY.invokeExact(provider, family);
        } catch (Throwable e) {
            throw Rethrow.asIOException(e);
        }
    }

    /**
     * Opens a server-socket channel.
     *
     * @param provider what its {@code provider()} answers
     * @param family INET, INET6 or UNIX, null for the JDK's choice
     * @return a new channel
     * @throws UnsupportedOperationException if there is no such family here
     * @throws IOException if the system refuses
     */
    public static ServerSocketChannel openServerSocketChannel(SelectorProvider provider, ProtocolFamily family)
            throws IOException {
        MethodHandle constructor = family == null ? SERVER : SERVER_OF_FAMILY;
        if (constructor == null) {
            SelectorProvider jdk = JdkProvider.get();
            return family == null ? jdk.openServerSocketChannel() : jdk.openServerSocketChannel(family);
        }
        try {
            return family == null ? (ServerSocketChannel) SERVER.invokeExact(provider)
                    : (ServerSocketChannel) SERVER_OF_FAMILY.invokeExact(provider, family);
        } catch (Throwable e) {
            throw Rethrow.asIOException(e);
        }
    }

    /**
     * Opens a datagram channel.
     *
     * @param provider what its {@code provider()} answers
     * @param family INET or INET6, null for the JDK's choice
     * @return a new channel
     * @throws UnsupportedOperationException if there are no datagrams of that family here
     * @throws IOException if the system refuses
     */
    public static DatagramChannel openDatagramChannel(SelectorProvider provider, ProtocolFamily family)
            throws IOException {
        MethodHandle constructor = family == null ? DATAGRAM : DATAGRAM_OF_FAMILY;
        if (constructor == null) {
            SelectorProvider jdk = JdkProvider.get();
            return family == null ? jdk.openDatagramChannel() : jdk.openDatagramChannel(family);
        }
        boolean interruptible = true;
        try {
            return family == null ? (DatagramChannel) DATAGRAM.invokeExact(provider, interruptible)
                    : (DatagramChannel) DATAGRAM_OF_FAMILY.invokeExact(provider, family, interruptible);
        } catch (Throwable e) {
            throw Rethrow.asIOException(e);
        }
    }

    /**
     * Opens a pipe.
     *
     * @param provider what the {@code provider()} of its two channels answers
     * @return a new pipe
     * @throws IOException if the system refuses
     */
    public static Pipe openPipe(SelectorProvider provider) throws IOException {
        if (PIPE == null) {
            return JdkProvider.get().openPipe();
        }
        try {
            return (Pipe) PIPE.invokeExact(provider);
        } catch (Throwable e) {
            throw Rethrow.asIOException(e);
        }
    }
}
