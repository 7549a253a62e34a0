package org.kqueue.bsd;

import java.io.IOException;
import java.util.List;
import org.kqueue.KeventLayout;
import org.kqueue.Kqueue;
import org.kqueue.KqueueBackend;
import org.kqueue.KqueueConfig;
import org.kqueue.KqueueUnavailableException;

/**
 * The kqueue of the system's C library, or of a library that the user names ({@code org.kqueue.library}) on any system.
 * Which ABI is spoken where none is named:
 *
 * <ul>
 *   <li>macOS, OpenBSD, DragonFly: the one they have;
 *   <li>FreeBSD: {@code freebsd} from release 12 on, {@code freebsd11} before;
 *   <li>NetBSD: {@code netbsd11} where libc exports {@code __kevent100}, else {@code netbsd};
 *   <li>elsewhere, with a named library: {@code netbsd11} or {@code netbsd} where it exports {@code __kevent100} or
 *   {@code __kevent50}, else {@code libkqueue}.
 * </ul>
 */
public final class SystemBackend implements KqueueBackend {

    private static final String LIBKQUEUE = "libkqueue";

    /** Does nothing. */
    public SystemBackend() {
    }

    @Override
    public String name() {
        return "system";
    }

    @Override
    public String defaultAbi(KqueueConfig config) {
        HostSystem host = HostSystem.CURRENT;
        if (host == HostSystem.NETBSD) {
            return netbsdAbi(null, "netbsd");
        }
        if (host.hasKqueue()) {
            return host.abi(HostSystem.RELEASE);
        }
        return config.library() == null ? LIBKQUEUE : netbsdAbi(config.library(), LIBKQUEUE);
    }

    /** By the versioned name of {@code kevent} that a library exports. */
    private static String netbsdAbi(String library, String other) {
        try {
            Binding binding = new Binding(library);
            for (String abi : HostSystem.NETBSD.abis) {
                if (binding.exports(KeventLayout.of(abi).keventSymbol())) {
                    return abi;
                }
            }
        } catch (KqueueUnavailableException | LinkageError e) {
            // There is no such library, or JNA does not work; open says so.
            return other;
        }
        return other;
    }

    @Override
    public String whyNot(KqueueConfig config) {
        if (config.library() != null || HostSystem.CURRENT.hasKqueue()) {
            return null;
        }
        return HostSystem.NAME + " has no kqueue of its own; name a library that exports kqueue and"
                + " kevent with " + KqueueConfig.LIBRARY + ", and its ABI with " + KqueueConfig.ABI
                + (HostSystem.CURRENT == HostSystem.LINUX ? ", or use " + KqueueConfig.BACKEND + "=embedded" : "");
    }

    @Override
    public Kqueue open(KqueueConfig config, KeventLayout layout) throws IOException {
        List<String> abis = HostSystem.CURRENT.abis;
        if (config.library() == null && !abis.contains(layout.name())) {
            throw new KqueueUnavailableException("libc of " + HostSystem.NAME + " speaks " + abis
                    + ", not " + layout + "; name a library that does with " + KqueueConfig.LIBRARY);
        }
        SystemLibrary library = SystemLibrary.load(config.library(), layout);
        library.requireAbi();
        // Without timers there is nothing to find out.
        boolean timers = config.detail() == KqueueConfig.Detail.FULL;
        return new SystemKqueue(library, timers ? library.probedLayout() : library.layout());
    }
}
