package org.kqueue.nio;

import java.io.IOException;
import java.net.ProtocolFamily;
import java.nio.channels.Channel;
import java.nio.channels.DatagramChannel;
import java.nio.channels.Pipe;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.AbstractSelector;
import java.nio.channels.spi.SelectorProvider;
import java.util.Objects;
import org.kqueue.Errno;
import org.kqueue.KeventException;
import org.kqueue.KqueueConfig;
import org.kqueue.nio.jdk.ChannelFactory;
import org.kqueue.nio.jdk.JdkChannels;
import org.kqueue.nio.jdk.JdkProvider;

/**
 * Opens selectors on kqueue, and the JDK's channels with this provider as theirs. Thread-safe.
 *
 * <p>Installed by the system property {@code java.nio.channels.spi.SelectorProvider}, which names this class, or by the
 * services file in this library's jar, or by {@link KqueueAgent}. Which kqueue is used, {@link KqueueConfig} tells.
 *
 * <p>Where no kqueue can be had: named by the property, or constructed by a program, it fails with a message that says
 * what is missing. Found through the services file alone it logs one warning and hands out what the JDK's own provider
 * makes, so that a jar on the class path breaks no application.
 */
public class KqueueSelectorProvider extends SelectorProvider {

    private static final String PROPERTY = "java.nio.channels.spi.SelectorProvider";

    private final SelectorSettings settings;
    /** Makes everything where no kqueue can be had; null where one can. */
    private final SelectorProvider instead;

    /**
     * Reads the system properties, and finds out whether a kqueue can be had by opening one.
     *
     * @throws UnsupportedOperationException if none can, unless found through a services file
     * @throws IllegalArgumentException for a system property with a value that is not allowed; the message names those
     *     that are
     */
    public KqueueSelectorProvider() {
        SelectorSettings read = null;
        RuntimeException failure;
        try {
            read = SelectorSettings.fromSystemProperties();
            failure = whyNot(read);
        } catch (IllegalArgumentException e) {
            failure = e;
        }
        settings = read;
        instead = failure == null ? null : standIn(failure);
    }

    /** For selectors on a kqueue that no system property names. */
    KqueueSelectorProvider(SelectorSettings settings) {
        this.settings = settings;
        RuntimeException failure = whyNot(settings);
        instead = failure == null ? null : standIn(failure);
    }

    /** The JDK's provider, where a services file alone has led here. */
    private static SelectorProvider standIn(RuntimeException failure) {
        if (!isFoundAsService()) {
            throw failure;
        }
        warn(failure);
        try {
            // Not by SelectorProvider.provider(): it is what is calling.
            return JdkProvider.get();
        } catch (IllegalStateException e) {
            // SelectorProvider.provider() of JDK 17 to 23 ignores this, and takes the JDK's own. Later ones fail.
            SecurityException ignored = new SecurityException("kqueue-nio cannot step aside: this Java runtime has"
                    + " neither jdk.unsupported nor java.logging; add one of these modules, or remove kqueue-nio", e);
            ignored.addSuppressed(failure);
            throw ignored;
        }
    }

    private static RuntimeException whyNot(SelectorSettings settings) {
        try {
            JdkChannels.open();
            settings.openKqueue().close();
            loadErrors();
            return null;
        } catch (IllegalArgumentException e) {
            return e;
        } catch (IOException | LinkageError | RuntimeException e) {
            return new UnsupportedOperationException("KqueueSelectorProvider cannot serve here: " + e.getMessage(), e);
        }
    }

    /**
     * Loads what an error needs: when descriptors run out, classes in a folder cannot be loaded any more.
     */
    private static void loadErrors() {
        ChannelFactory.loadErrors();
        new KeventException("kqueue", -1, Errno.EMFILE, Errno.name(Errno.EMFILE, Errno.Numbering.BSD), null);
    }

    /** Whether it is ServiceLoader that constructs this, and not a program, nor the property. */
    private static boolean isFoundAsService() {
        if (KqueueSelectorProvider.class.getName().equals(System.getProperty(PROPERTY))) {
            return false;
        }
        for (StackTraceElement frame : new Throwable().getStackTrace()) {
            if (frame.getClassName().startsWith("java.util.ServiceLoader")) {
                return true;
            }
        }
        return false;
    }

    private static void warn(RuntimeException failure) {
        System.getLogger(KqueueSelectorProvider.class.getName()).log(System.Logger.Level.WARNING,
                "kqueue-nio is on the class path but cannot serve here, so the JDK's own selectors are used. "
                + failure.getMessage());
    }

    @Override
    public AbstractSelector openSelector() throws IOException {
        return instead != null ? instead.openSelector() : KqueueSelector.open(this, settings, settings.openKqueue());
    }

    @Override
    public SocketChannel openSocketChannel() throws IOException {
        return instead != null ? instead.openSocketChannel() : ChannelFactory.openSocketChannel(this, null);
    }

    @Override
    public SocketChannel openSocketChannel(ProtocolFamily family) throws IOException {
        Objects.requireNonNull(family, "'family' is null");
        return instead != null ? instead.openSocketChannel(family) : ChannelFactory.openSocketChannel(this, family);
    }

    @Override
    public ServerSocketChannel openServerSocketChannel() throws IOException {
        return instead != null ? instead.openServerSocketChannel() : ChannelFactory.openServerSocketChannel(this, null);
    }

    @Override
    public ServerSocketChannel openServerSocketChannel(ProtocolFamily family) throws IOException {
        Objects.requireNonNull(family, "'family' is null");
        return instead != null ? instead.openServerSocketChannel(family)
                : ChannelFactory.openServerSocketChannel(this, family);
    }

    @Override
    public DatagramChannel openDatagramChannel() throws IOException {
        return instead != null ? instead.openDatagramChannel() : ChannelFactory.openDatagramChannel(this, null);
    }

    @Override
    public DatagramChannel openDatagramChannel(ProtocolFamily family) throws IOException {
        Objects.requireNonNull(family, "'family' is null");
        return instead != null ? instead.openDatagramChannel(family) : ChannelFactory.openDatagramChannel(this, family);
    }

    @Override
    public Pipe openPipe() throws IOException {
        return instead != null ? instead.openPipe() : ChannelFactory.openPipe(this);
    }

    /**
     * Returns the channel that this process inherited as its standard input.
     *
     * @return the same channel each time, null where there is none; its provider is the one that is installed
     * @throws IOException if the system refuses
     */
    @Override
    public Channel inheritedChannel() throws IOException {
        return (instead != null ? instead : JdkProvider.get()).inheritedChannel();
    }
}
