package org.kqueue.robust;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The descriptors of some kinds that were open in this process at some time. Found in {@code /proc/self/fd} or, on the
 * BSDs and macOS, {@code /dev/fd}. On FreeBSD that has the standard ones only, unless fdescfs is mounted there, and on
 * NetBSD and OpenBSD it never changes: nothing is ever found there, and there are no kinds but on Linux.
 *
 * <p>Other threads close what earlier tests have left, and the JVM opens files for a moment. So what is to be closed is
 * waited for.
 */
public final class OpenDescriptors {

    private static final Path FOLDER = Files.exists(Path.of("/proc/self/fd")) ? Path.of("/proc/self/fd")
            : Path.of("/dev/fd");
    private static final String ARROW = " -> ";

    private final List<String> kinds;
    private final Set<String> open;

    private OpenDescriptors(List<String> kinds) {
        this.kinds = kinds;
        open = ofTheseKinds();
    }

    /**
     * Those that are open now.
     *
     * @param kinds by how the link of a descriptor begins, such as {@code socket:}; none for epoll instances, which the
     *     kqueues of the C model are, and pipes
     */
    public static OpenDescriptors now(String... kinds) {
        return new OpenDescriptors(kinds.length == 0 ? List.of("anon_inode:[eventpoll]", "pipe:") : List.of(kinds));
    }

    /** Those of the same kinds that have been opened and are still open: the number and what it is. */
    public Set<String> since() {
        Set<String> now = ofTheseKinds();
        now.removeAll(open);
        return now;
    }

    /** Waits until all that have been opened are closed. */
    public void assertNoneSince() {
        Await.until(() -> since().isEmpty(), () -> "still open: " + since());
    }

    private Set<String> ofTheseKinds() {
        return list().stream().filter(line -> kinds.stream().anyMatch(kind -> line.contains(ARROW + kind)))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** How many descriptors are open, the question's own included, jar files, which come with classes, not. */
    public static int count() {
        return list().size();
    }

    /** Waits until no more descriptors are open than were before. */
    public static void assertComesDownTo(int before) {
        Await.until(() -> count() <= before,
                () -> count() + " descriptors are open, " + before + " were before: " + list());
    }

    /** Whether a number is an open descriptor's. */
    public static boolean isOpen(int fd) {
        return Files.exists(FOLDER.resolve(Integer.toString(fd)), LinkOption.NOFOLLOW_LINKS);
    }

    /** Waits until the number is no open descriptor's. */
    public static void assertCloses(int fd) {
        Await.until(() -> !isOpen(fd), () -> fd + " is still open");
    }

    private static List<String> list() {
        try (Stream<Path> paths = Files.list(FOLDER)) {
            return paths.map(path -> path.getFileName() + ARROW + target(path)).filter(line -> !line.endsWith(".jar"))
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
}
