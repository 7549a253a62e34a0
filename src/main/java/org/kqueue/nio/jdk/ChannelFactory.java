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

    // A class each, as a handle takes milliseconds to make and most programs need few of them.

    private static final class Socket {
        static final MethodHandle NEW = find("SocketChannelImpl", SocketChannel.class);
    }

    private static final class SocketOfFamily {
        static final MethodHandle NEW = find("SocketChannelImpl", SocketChannel.class, ProtocolFamily.class);
    }

    private static final class Server {
        static final MethodHandle NEW = find("ServerSocketChannelImpl", ServerSocketChannel.class);
    }

    private static final class ServerOfFamily {
        static final MethodHandle NEW =
                find("ServerSocketChannelImpl", ServerSocketChannel.class, ProtocolFamily.class);
    }

    private static final class Datagram {
        static final MethodHandle NEW = find("DatagramChannelImpl", DatagramChannel.class, boolean.class);
    }

    private static final class DatagramOfFamily {
        static final MethodHandle NEW =
                find("DatagramChannelImpl", DatagramChannel.class, ProtocolFamily.class, boolean.class);
    }

    private static final class Pipes {
        static final MethodHandle NEW = find("PipeImpl", Pipe.class);
    }

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
        MethodHandle constructor = family == null ? Socket.NEW : SocketOfFamily.NEW;
        if (constructor == null) {
            SelectorProvider jdk = JdkProvider.get();
            return family == null ? jdk.openSocketChannel() : jdk.openSocketChannel(family);
        }
        try {
            return family == null ? (SocketChannel) Socket.NEW.invokeExact(provider)
                    : (SocketChannel) SocketOfFamily.NEW.invokeExact(provider, family);
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
        MethodHandle constructor = family == null ? Server.NEW : ServerOfFamily.NEW;
        if (constructor == null) {
            SelectorProvider jdk = JdkProvider.get();
            return family == null ? jdk.openServerSocketChannel() : jdk.openServerSocketChannel(family);
        }
        try {
            return family == null ? (ServerSocketChannel) Server.NEW.invokeExact(provider)
                    : (ServerSocketChannel) ServerOfFamily.NEW.invokeExact(provider, family);
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
        MethodHandle constructor = family == null ? Datagram.NEW : DatagramOfFamily.NEW;
        if (constructor == null) {
            SelectorProvider jdk = JdkProvider.get();
            return family == null ? jdk.openDatagramChannel() : jdk.openDatagramChannel(family);
        }
        boolean interruptible = true;
        try {
            return family == null ? (DatagramChannel) Datagram.NEW.invokeExact(provider, interruptible)
                    : (DatagramChannel) DatagramOfFamily.NEW.invokeExact(provider, family, interruptible);
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
        if (Pipes.NEW == null) {
            return JdkProvider.get().openPipe();
        }
        try {
            return (Pipe) Pipes.NEW.invokeExact(provider);
        } catch (Throwable e) {
            throw Rethrow.asIOException(e);
        }
    }
}
