package org.kqueue;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;

/** The files that this process has open. */
public final class OpenFiles {

    private static final File LINUX = new File("/proc/self/fd");
    private static final File MACOS = new File("/dev/fd");

    private OpenFiles() {
    }

    /** How many there are, with the one that the question needs. Other BSDs list but the standard ones. */
    public static int count() {
        boolean macos = System.getProperty("os.name").startsWith("Mac");
        boolean linux = System.getProperty("os.name").equals("Linux");
        assumeTrue(macos || linux, "open files are counted in Linux's /proc/self/fd and in macOS's /dev/fd");
        return (macos ? MACOS : LINUX).list().length;
    }
}
