package org.kqueue.bsd;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** The operating system under this JVM, as far as kqueue goes. */
enum HostSystem {

    MACOS("macos"),
    FREEBSD("freebsd", "freebsd11"),
    NETBSD("netbsd11", "netbsd"),
    OPENBSD("openbsd"),
    DRAGONFLY("dragonfly"),
    LINUX,
    OTHER;

    /** As Java calls it. Read once, as a security manager may forbid it later. */
    static final String NAME = System.getProperty("os.name");
    static final String RELEASE = System.getProperty("os.version");
    static final HostSystem CURRENT = of(NAME);

    private static final Path DESCRIPTORS = Path.of("/proc/self/fd");

    /** The ABIs of the C library, the one of the newest release first; empty where it has no kqueue. */
    final List<String> abis;

    HostSystem(String... abis) {
        this.abis = List.of(abis);
    }

    static HostSystem of(String osName) {
        String name = osName.toLowerCase(Locale.ROOT);
        if (name.startsWith("mac os x") || name.startsWith("darwin")) {
            return MACOS;
        }
        for (HostSystem system : List.of(FREEBSD, NETBSD, OPENBSD, DRAGONFLY, LINUX)) {
            if (name.startsWith(system.name().toLowerCase(Locale.ROOT))) {
                return system;
            }
        }
        return OTHER;
    }

    boolean hasKqueue() {
        return !abis.isEmpty();
    }

    /**
     * The ABI of the C library's {@code kevent} where the release alone decides it.
     *
     * @param release {@code os.version}
     * @return null where there is no kqueue
     */
    String abi(String release) {
        if (this == FREEBSD && major(release) < 12) {
            return "freebsd11";
        }
        return hasKqueue() ? abis.get(0) : null;
    }

    private static int major(String release) {
        int end = 0;
        while (end < release.length() && end < 6 && Character.isDigit(release.charAt(end))) {
            end++;
        }
        return end == 0 ? Integer.MAX_VALUE : Integer.parseInt(release.substring(0, end));
    }

    /** {@code O_NONBLOCK} of {@code <fcntl.h>}. */
    int nonBlock() {
        return this == LINUX ? 0x800 : 0x4;
    }

    /** The descriptors this process has open; empty where the system does not list them. */
    static Set<Integer> openDescriptors() {
        Set<Integer> open = new HashSet<>();
        String[] names = DESCRIPTORS.toFile().list();
        for (String name : names == null ? new String[0] : names) {
            int fd = Integer.parseInt(name);
            // The listing had a descriptor of its own, which is closed by now.
            if (isOpenDescriptor(fd)) {
                open.add(fd);
            }
        }
        return open;
    }

    static boolean isOpenDescriptor(int fd) {
        try {
            Files.readSymbolicLink(DESCRIPTORS.resolve(Integer.toString(fd)));
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    static boolean listsDescriptors() {
        return CURRENT == LINUX && new File(DESCRIPTORS.toString()).isDirectory();
    }
}
