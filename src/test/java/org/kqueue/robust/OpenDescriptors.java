package org.kqueue.robust;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * This process's open descriptors, by {@code /proc/self/fd} or, on the BSDs and macOS, {@code /dev/fd}. On FreeBSD that
 * has the standard ones only, unless fdescfs is mounted there, and on NetBSD and OpenBSD it never changes: a count
 * shows nothing there.
 */
public final class OpenDescriptors {

    private static final Path FOLDER = Files.exists(Path.of("/proc/self/fd")) ? Path.of("/proc/self/fd")
            : Path.of("/dev/fd");

    private OpenDescriptors() {
    }

    /** How many descriptors are open, the question's own included, jar files, which come with classes, not. */
    public static int count() {
        return list().size();
    }

    /** How many are of some kinds, by how the link of the descriptor begins, such as {@code socket:}. */
    public static long count(String... kinds) {
        try (Stream<Path> paths = Files.list(FOLDER)) {
            return paths.map(OpenDescriptors::target).filter(target -> Stream.of(kinds).anyMatch(target::startsWith))
                    .count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The open epoll instances, which the kqueues of the C model are, and pipes: the number and what it is. */
    public static Set<String> now() {
        try (Stream<Path> paths = Files.list(FOLDER)) {
            return paths.map(path -> path.getFileName() + " " + target(path))
                    .filter(line -> line.matches("\\d+ (anon_inode:\\[eventpoll]|pipe:.*)"))
                    .collect(Collectors.toCollection(TreeSet::new));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Those that have been opened and are still open. What other parts of the JVM close meanwhile does not count. */
    public static Set<String> since(Set<String> before) {
        Set<String> open = now();
        open.removeAll(before);
        return open;
    }

    private static List<String> list() {
        try (Stream<Path> paths = Files.list(FOLDER)) {
            return paths.map(path -> path.getFileName() + " -> " + target(path)).filter(line -> !line.endsWith(".jar"))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String target(Path path) {
        try {
            return Files.readSymbolicLink(path).toString();
        } catch (IOException closedMeanwhile) {
            return "";
        }
    }

    /** Waits until no more descriptors are open than were before: other threads may be about to close theirs. */
    public static void assertComesDownTo(int before) {
        Await.until(() -> count() <= before,
                () -> count() + " descriptors are open, " + before + " were before: " + list());
    }
}
