package org.kqueue.nio.jdk;

import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.channels.SelectableChannel;

/**
 * What a selector needs of the JDK's channels and no public API gives: the descriptor, and the late close.
 *
 * <p>Thread-safe. {@link #open()} must have returned before anything else is called.
 */
public final class JdkChannels {

    /** The package of {@code java.base} that must be open to this library. */
    public static final String INTERNAL_PACKAGE = "sun.nio.ch";

    private JdkChannels() {
    }

    /**
     * Opens {@code sun.nio.ch} to this library, if it is not open yet, and finds what is used of it.
     *
     * @throws UnsupportedOperationException if that is impossible here; the message says why and what to do
     */
    public static void open() {
        try {
            InternalPackage.open();
            Access.SEL_CH.getClass();
            JdkWaits.lend();
        } catch (ReflectiveOperationException | LinkageError e) {
            throw new UnsupportedOperationException("the package sun.nio.ch of java.base cannot be opened (" + cause(e)
                    + "); start Java with --add-opens java.base/sun.nio.ch=ALL-UNNAMED, or with this library as"
                    + " -javaagent", e);
        }
    }

    private static Throwable cause(Throwable e) {
        return e instanceof ExceptionInInitializerError && e.getCause() != null ? e.getCause() : e;
    }

    /**
     * How the package came to be open, for a report.
     *
     * @return a few words, also where it is not open
     */
    public static String access() {
        return !InternalPackage.isOpen() ? "not open"
                : InternalPackage.isOpenedHere() ? "opened through JNI" : "open by --add-opens or the agent";
    }

    /**
     * Whether a channel is one of the JDK's, which have a descriptor to select on.
     *
     * @param channel any channel
     * @return true where {@link #fd} and {@link #kill} may be called
     */
    public static boolean isSelectable(SelectableChannel channel) {
        return Access.SEL_CH.isInstance(channel);
    }

    /**
     * The descriptor's number, which a channel keeps until {@link #kill}.
     *
     * @param channel one of the JDK's channels
     * @return the number
     */
    public static int fd(SelectableChannel channel) {
        try {
            return (int) Access.GET_FD_VAL.invokeExact(channel);
        } catch (Throwable e) {
            throw Rethrow.asUnchecked(e);
        }
    }

    /**
     * Closes the descriptor of a channel that was closed while it was registered. To be called when its last
     * registration is gone; without it the descriptor stays open until the process ends.
     *
     * @param channel one of the JDK's channels, closed and no longer registered
     * @throws IOException if the system reports an error
     */
    public static void kill(SelectableChannel channel) throws IOException {
        try {
            Access.KILL.invokeExact(channel);
        } catch (Throwable e) {
            throw Rethrow.asIOException(e);
        }
    }

    /**
     * {@code sun.nio.ch.SelChImpl}, the interface of all selectable channels of the JDK. Initialised when the package
     * is open.
     */
    private static final class Access {
        static final Class<?> SEL_CH;
        static final MethodHandle GET_FD_VAL;
        static final MethodHandle KILL;

        static {
            try {
                SEL_CH = Class.forName("sun.nio.ch.SelChImpl");
                MethodHandles.Lookup lookup = MethodHandles.privateLookupIn(SEL_CH, MethodHandles.lookup());
                GET_FD_VAL = lookup.findVirtual(SEL_CH, "getFDVal", MethodType.methodType(int.class))
                        .asType(MethodType.methodType(int.class, SelectableChannel.class));
                KILL = lookup.findVirtual(SEL_CH, "kill", MethodType.methodType(void.class))
                        .asType(MethodType.methodType(void.class, SelectableChannel.class));
            } catch (ReflectiveOperationException e) {
                throw new ExceptionInInitializerError(e);
            }
        }
    }
}
