package org.kqueue.robust.security;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.kqueue.ChangeList;
import org.kqueue.Filter;
import org.kqueue.KeventFlags;
import org.kqueue.Kqueue;
import org.kqueue.linux.epoll.EpollCalls;
import org.kqueue.linux.epoll.JdkCalls;
import org.kqueue.linux.epoll.LentCalls;
import org.kqueue.nio.Providers;
import org.kqueue.robust.Pair;

/** A child process must get none of our descriptors, whatever way it is started. */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CloseOnExecTest {

    private static final long FD_CLOEXEC_OCTAL = 02000000;

    /**
     * The kernel itself says it: O_CLOEXEC in the flags of every descriptor that came with a selector, but for the
     * eventfd that the JDK's native method makes, as for its own selectors.
     */
    @Test
    void everyDescriptorOfASelectorIsCloseOnExecButTheEventfdOfTheJdk() throws IOException {
        EpollCalls lent = JdkCalls.LENT;
        try {
            LentCalls.lend(null);
            assertEquals(List.of(), inheritedOfASelector());
            assumeTrue(lent != null, "org.kqueue.calls asks for other calls");
            LentCalls.lend(lent);
            assertTrue(Set.of("anon_inode:[eventfd]").containsAll(inheritedOfASelector()));
        } finally {
            LentCalls.lend(lent);
        }
    }

    private static List<String> inheritedOfASelector() throws IOException {
        assumeTrue(Files.isDirectory(Path.of("/proc/self/fdinfo")), "no /proc/self/fdinfo here");
        warmUp();
        Set<String> before = descriptors();
        try (Selector selector = Providers.kqueue().openSelector()) {
            Set<String> ours = descriptors();
            ours.removeAll(before);
            assertFalse(ours.isEmpty(), "a selector without descriptors: " + selector);
            List<String> inherited = new ArrayList<>();
            for (String fd : ours) {
                if (!isCloseOnExec(fd)) {
                    inherited.add(Files.readSymbolicLink(Path.of("/proc/self/fd", fd)).toString());
                }
            }
            return inherited;
        }
    }

    @Test
    void everyDescriptorOfAKqueueWithEveryFilterIsCloseOnExec() throws IOException {
        assumeTrue(Files.isDirectory(Path.of("/proc/self/fdinfo")), "no /proc/self/fdinfo here");
        // The first opens JNA's jar file.
        Kqueue.open().close();
        Set<String> before = descriptors();
        try (Kqueue kqueue = Kqueue.open()) {
            ChangeList changes = kqueue.newChangeList(4);
            changes.add(1, Filter.EVFILT_USER, KeventFlags.EV_ADD, 0);
            if (kqueue.supports(Filter.EVFILT_TIMER)) {
                changes.add(1, Filter.EVFILT_TIMER, KeventFlags.EV_ADD, 0, 100_000, 0);
            }
            if (kqueue.supports(Filter.EVFILT_SIGNAL)) {
                changes.add(12, Filter.EVFILT_SIGNAL, KeventFlags.EV_ADD, 0);
            }
            assertEquals(0, kqueue.kevent(changes, kqueue.newEventList(8), 0));
            Set<String> ours = descriptors();
            ours.removeAll(before);
            for (String fd : ours) {
                assertTrue(isCloseOnExec(fd), () -> "fd " + fd + " is inherited by children");
            }
        }
    }

    private static boolean isCloseOnExec(String fd) throws IOException {
        String info = Files.readString(Path.of("/proc/self/fdinfo", fd));
        String flags = info.lines().filter(line -> line.startsWith("flags:")).findFirst().orElseThrow();
        long bits = Long.parseLong(flags.substring("flags:".length()).strip(), 8);
        return (bits & FD_CLOEXEC_OCTAL) != 0;
    }

    /** What {@link ProcessBuilder} starts sees 0, 1, 2 and the descriptor of its own listing. */
    @Test
    void aChildProcessSeesNone() throws Exception {
        assumeTrue(Files.isDirectory(Path.of("/proc/self/fd")), "no /proc/self/fd here");
        try (Selector selector = Providers.kqueue().openSelector(); Pair pair = Pair.open(Providers.kqueue())) {
            pair.register(selector, SelectionKey.OP_READ);
            selector.selectNow();
            Process child = new ProcessBuilder("ls", "-l", "/proc/self/fd").redirectErrorStream(true).start();
            String listing = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertEquals(0, child.waitFor(), listing);
            for (String word : List.of("eventpoll", "eventfd", "timerfd", "signalfd", "inotify", "socket:")) {
                assertFalse(listing.contains(word), listing);
            }
            List<String> fds = new ArrayList<>(listing.lines().filter(line -> line.contains(" -> ")).toList());
            assertTrue(fds.size() <= 4, listing);
        }
    }

    private static void warmUp() throws IOException {
        try (Selector selector = Providers.kqueue().openSelector(); Pair pair = Pair.open(Providers.kqueue())) {
            pair.register(selector, SelectionKey.OP_READ);
            selector.selectNow();
        }
    }

    /** Numbers of the descriptors that are open, without the one that the listing takes. */
    private static Set<String> descriptors() {
        Set<String> numbers = new HashSet<>();
        for (String name : Path.of("/proc/self/fd").toFile().list()) {
            if (Files.isSymbolicLink(Path.of("/proc/self/fd", name))) {
                numbers.add(name);
            }
        }
        return numbers;
    }
}
