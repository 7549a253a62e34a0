package org.kqueue.nio.jdk;

import java.io.FileDescriptor;
import java.nio.channels.SelectableChannel;
import java.util.function.Consumer;
import sun.nio.ch.IOUtil;
import sun.nio.ch.Net;
import sun.nio.ch.SelChImpl;
import sun.nio.ch.SelectionKeyImpl;
import sun.nio.ch.SelectorImpl;

/**
 * Opens {@code sun.nio.ch}, in which the JDK's channels and selectors are, and gives a channel's descriptor.
 *
 * <p>Thread-safe. {@link #open()} must have returned before anything else is called.
 */
public final class JdkChannels {

    /** The package of {@code java.base} that must be open to this library. */
    public static final String INTERNAL_PACKAGE = "sun.nio.ch";

    /** The JDKs from 17 up to this have all that is used of them. */
    private static final int NEWEST_KNOWN = 25;

    private static volatile boolean isOpen;

    private JdkChannels() {
    }

    /**
     * Opens {@code sun.nio.ch} to this library, if it is not open yet, and finds what is used of it.
     *
     * @throws UnsupportedOperationException if that is impossible here; the message says why and what to do
     */
    public static void open() {
        if (isOpen) {
            return;
        }
        try {
            InternalPackage.open();
            if (Runtime.version().feature() > NEWEST_KNOWN) {
                requireMembers();
            }
            JdkEpoll.lend();
            isOpen = true;
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
                : InternalPackage.isOpenedHere() ? "opened by this library" : "open by --add-opens or the agent";
    }

    /**
     * Whether a channel has a descriptor to select on.
     *
     * @param channel any channel
     * @return true for the JDK's channels and those of this library
     */
    public static boolean isSelectable(SelectableChannel channel) {
        return channel instanceof SelChImpl;
    }

    /**
     * The descriptor's number, which a channel keeps until its descriptor is closed.
     *
     * @param channel one for which {@link #isSelectable} is true
     * @return the number
     */
    public static int fd(SelectableChannel channel) {
        return ((SelChImpl) channel).getFDVal();
    }

    /**
     * Checks that this JDK has what the selector and its channels are compiled against, so that a JDK without it is
     * reported at once and not by a LinkageError from a select.
     */
    static void requireMembers() throws ReflectiveOperationException {
        require(SelectorImpl.class, void.class, "begin", boolean.class);
        require(SelectorImpl.class, void.class, "end", boolean.class);
        require(SelectorImpl.class, int.class, "doSelect", Consumer.class, long.class);
        require(SelectorImpl.class, void.class, "implClose");
        require(SelectorImpl.class, void.class, "implDereg", SelectionKeyImpl.class);
        require(SelectorImpl.class, void.class, "setEventOps", SelectionKeyImpl.class);
        require(SelectorImpl.class, void.class, "processDeregisterQueue");
        require(SelectorImpl.class, int.class, "processReadyEvents", int.class, SelectionKeyImpl.class, Consumer.class);
        require(SelectionKeyImpl.class, int.class, "nioInterestOps");
        require(SelectionKeyImpl.class, int.class, "nioReadyOps");
        require(SelectionKeyImpl.class, void.class, "nioReadyOps", int.class);
        require(SelChImpl.class, FileDescriptor.class, "getFD");
        require(SelChImpl.class, int.class, "getFDVal");
        require(SelChImpl.class, int.class, "translateInterestOps", int.class);
        require(SelChImpl.class, boolean.class, "translateAndSetReadyOps", int.class, SelectionKeyImpl.class);
        require(SelChImpl.class, boolean.class, "translateAndUpdateReadyOps", int.class, SelectionKeyImpl.class);
        require(SelChImpl.class, void.class, "kill");
        require(IOUtil.class, FileDescriptor.class, "newFD", int.class);
        for (String bit : new String[] {"POLLIN", "POLLOUT", "POLLERR", "POLLHUP"}) {
            if (Net.class.getField(bit).getType() != short.class) {
                throw new NoSuchFieldException("short Net." + bit);
            }
        }
    }

    private static void require(Class<?> owner, Class<?> result, String name, Class<?>... parameters)
            throws NoSuchMethodException {
        if (owner.getDeclaredMethod(name, parameters).getReturnType() != result) {
            throw new NoSuchMethodException(owner.getName() + "." + name + " does not return " + result);
        }
    }
}
