package org.kqueue.robust;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** This process's open descriptors, by {@code /proc/self/fd} or, on the BSDs and macOS, {@code /dev/fd}. */
public final class Descriptors {

    private static final Path FOLDER = Files.exists(Path.of("/proc/self/fd")) ? Path.of("/proc/self/fd")
            : Path.of("/dev/fd");
    private static final long DEADLINE_NANOS = TimeUnit.SECONDS.toNanos(10);

    private Descriptors() {
    }

    /** How many descriptors are open, the one that the question itself needs included each time. */
    public static int count() {
        String[] names = FOLDER.toFile().list();
        if (names == null) {
            throw new IllegalStateException("cannot list " + FOLDER);
        }
        return names.length;
    }

    /** What is open, for a message. */
    public static List<String> list() {
        List<String> lines = new ArrayList<>();
        try (var paths = Files.list(FOLDER)) {
            for (Path path : paths.toList()) {
                lines.add(path.getFileName() + " -> " + target(path));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return lines;
    }

    private static String target(Path path) {
        try {
            return Files.readSymbolicLink(path).toString();
        } catch (IOException e) {
            return "?";
        }
    }

    /**
     * Waits until no more descriptors are open than were before. A deadline: other threads may be about to close
     * theirs.
     */
    public static void assertComesDownTo(int before) throws InterruptedException {
        long end = System.nanoTime() + DEADLINE_NANOS;
        while (count() > before) {
            if (System.nanoTime() - end > 0) {
                throw new AssertionError(count() + " descriptors are open, " + before + " were before: "
                        + list().stream().filter(line -> !line.endsWith(".jar")).toList());
            }
            Thread.sleep(10);
        }
    }
}
