package org.kqueue.nio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kqueue.nio.channels.EdgeChannel;
import org.kqueue.nio.channels.ProcessChannel;
import org.kqueue.nio.channels.SignalChannel;
import org.kqueue.nio.channels.TimerChannel;
import org.kqueue.nio.channels.UserEventChannel;
import org.kqueue.nio.channels.VnodeChannel;

/** How the provider is found, in JVMs of their own, with the flags that a user would give. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ProviderTest {

    private static final boolean LINUX = System.getProperty("os.name").equals("Linux");
    private static final String NAMED = "-Djava.nio.channels.spi.SelectorProvider="
            + KqueueSelectorProvider.class.getName();
    private static final String BY_JNA = "-Dorg.kqueue.calls=jna";
    private static final String NO_JNA = "-Djna.boot.library.path=/nonexistent";
    private static final String NO_UNPACK = "-Djna.nounpack=true";
    private static final String NO_SYSTEM_JNA = "-Djna.nosys=true";

    @TempDir
    Path folder;

    /** Prints which selector an ordinary program gets, and that it works. */
    static final class Program {
        private Program() {
        }

        public static void main(String[] args) throws IOException {
            try (Selector selector = Selector.open(); DatagramChannel channel = DatagramChannel.open();
                    SocketChannel socket = SocketChannel.open();
                            ServerSocketChannel server = ServerSocketChannel.open()) {
                channel.configureBlocking(false);
                channel.register(selector, SelectionKey.OP_WRITE);
                Pipe pipe = Pipe.open();
                pipe.source().close();
                pipe.sink().close();
                System.out.println("selector " + selector.getClass().getName());
                System.out.println("provider " + SelectorProvider.provider().getClass().getName());
                System.out.println("channels " + (socket.provider() == selector.provider()
                        && server.provider() == selector.provider()
                        && pipe.source().provider() == selector.provider()));
                System.out.println("selected " + selector.select(5000));
                System.out.println("inherited " + SelectorProvider.provider().inheritedChannel());
            }
        }
    }

    /** Waits on more virtual threads than there are carriers, and lets another virtual thread wake them. */
    static final class VirtualProgram {
        private static final int THREADS = 200;

        private VirtualProgram() {
        }

        public static void main(String[] args) throws Exception {
            List<Selector> selectors = new ArrayList<>();
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                Selector selector = Selector.open();
                selectors.add(selector);
                threads.add(virtual(() -> {
                    selector.select();
                    selector.select(10);
                }));
            }
            for (Thread thread : threads) {
                awaitWaiting(thread);
            }
            System.out.println("platform threads " + Thread.getAllStackTraces().keySet().stream()
                    .filter(thread -> !threads.contains(thread)).count());
            virtual(() -> selectors.forEach(Selector::wakeup)).join();
            for (Thread thread : threads) {
                thread.join(Duration.ofSeconds(10).toMillis());
                if (thread.isAlive()) {
                    throw new AssertionError("still waiting: " + thread);
                }
            }
            Thread interrupted = virtual(() -> {
                selectors.get(0).select();
                System.out.println("interrupted " + Thread.currentThread().isInterrupted());
            });
            awaitWaiting(interrupted);
            interrupted.interrupt();
            interrupted.join();
            Thread closed = virtual(() -> {
                selectors.get(1).select();
                System.out.println("closed " + !selectors.get(1).isOpen());
            });
            awaitWaiting(closed);
            selectors.get(1).close();
            closed.join();
            System.out.println("woken " + THREADS);
        }

        private static void awaitWaiting(Thread thread) {
            while (thread.getState() != Thread.State.WAITING && thread.getState() != Thread.State.TIMED_WAITING) {
                Thread.onSpinWait();
            }
        }

        private interface Task {
            void run() throws IOException;
        }

        private static Thread virtual(Task task) throws ReflectiveOperationException {
            Runnable runnable = () -> {
                try {
                    task.run();
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            };
            return (Thread) Thread.class.getMethod("startVirtualThread", Runnable.class).invoke(null, runnable);
        }
    }

    /** Uses each kind of event channel before anything else of this library. */
    static final class ChannelsFirstProgram {
        private ChannelsFirstProgram() {
        }

        public static void main(String[] args) throws IOException {
            switch (args[0]) {
                case "timer" -> TimerChannel.open().close();
                case "signal" -> SignalChannel.open("USR1").close();
                case "process" -> ProcessChannel.open().close();
                case "vnode" -> VnodeChannel.open().close();
                case "user" -> UserEventChannel.open().close();
                case "edge" -> EdgeChannel.open().close();
                default -> throw new IllegalArgumentException(args[0]);
            }
            System.out.println("opened " + args[0]);
        }
    }

    private record Outcome(int status, String output) {
        void assertSays(String line) {
            assertTrue(output.contains(line), output);
        }
    }

    private Outcome run(Class<?> program, String classPath, String... flags) throws IOException, InterruptedException {
        return run(program, List.of(), classPath, flags);
    }

    private Outcome run(Class<?> program, List<String> arguments, String classPath, String... flags)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(flags));
        command.addAll(List.of("-cp", classPath, program.getName()));
        command.addAll(arguments);
        Path output = Files.createTempFile(folder, "output", ".txt");
        Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile())
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile())).start();
        try {
            assertTrue(process.waitFor(40, TimeUnit.SECONDS), () -> "still running: " + command);
        } finally {
            process.destroyForcibly();
        }
        return new Outcome(process.exitValue(), Files.readString(output));
    }

    private static String classPath() {
        return System.getProperty("java.class.path");
    }

    @Test
    void flagAloneInstallsTheSelector() throws Exception {
        Outcome outcome = run(Program.class, classPath(), NAMED);
        assertEquals(0, outcome.status, outcome.output);
        outcome.assertSays("selector " + "org.kqueue.nio.KqueueSelector");
        outcome.assertSays("provider " + KqueueSelectorProvider.class.getName());
        outcome.assertSays("channels true");
        outcome.assertSays("selected 1");
        outcome.assertSays("inherited null");
        assertFalse(outcome.output.contains("sun.nio.ch"), outcome.output);
    }

    @Test
    void classPathAloneInstallsTheSelector() throws Exception {
        Outcome outcome = run(Program.class, classPath());
        assertEquals(0, outcome.status, outcome.output);
        outcome.assertSays("selector " + "org.kqueue.nio.KqueueSelector");
        outcome.assertSays("selected 1");
    }

    @Test
    void openedPackageIsUsedAsItIs() throws Exception {
        Outcome outcome = run(Program.class, classPath(), NAMED, "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED");
        assertEquals(0, outcome.status, outcome.output);
        outcome.assertSays("selector " + "org.kqueue.nio.KqueueSelector");
        outcome.assertSays("selected 1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"timer", "signal", "process", "vnode", "user", "edge"})
    void eventChannelsNeedNoSelectorBeforeThem(String channel) throws Exception {
        Outcome outcome = run(ChannelsFirstProgram.class, List.of(channel), classPath());
        assertEquals(0, outcome.status, outcome.output);
        outcome.assertSays("opened " + channel);
    }

    @Test
    void namedProviderFailsAtOnceAndSaysWhatToDo() throws Exception {
        Outcome backend = run(Program.class, classPath(), NAMED, "-Dorg.kqueue.backend=sytem");
        assertNotEquals(0, backend.status);
        backend.assertSays("org.kqueue.backend=sytem is unknown; allowed: auto, ");
        backend.assertSays("system, embedded");
        Outcome abi = run(Program.class, classPath(), NAMED, "-Dorg.kqueue.abi=plan9");
        assertNotEquals(0, abi.status);
        abi.assertSays("org.kqueue.abi=plan9 is unknown; allowed: macos, freebsd");
        Outcome jna = run(Program.class, classPath(), NAMED, BY_JNA, NO_JNA, NO_UNPACK, NO_SYSTEM_JNA);
        assertNotEquals(0, jna.status);
        jna.assertSays("jna.boot.library.path");
    }

    /** The embedded kqueue calls the JDK's own native methods. */
    @Test
    void aSelectorOnLinuxNeedsNoJna() throws Exception {
        Assumptions.assumeTrue(LINUX, "a kqueue of the system needs JNA");
        Outcome outcome = run(Program.class, classPath(), NAMED, NO_JNA, NO_UNPACK, NO_SYSTEM_JNA);
        assertEquals(0, outcome.status, outcome.output);
        outcome.assertSays("selector org.kqueue.nio.KqueueSelector");
        outcome.assertSays("selected 1");
    }

    @Test
    void jarOnTheClassPathBreaksNoApplication() throws Exception {
        for (String[] flags : new String[][] {
            {BY_JNA, NO_JNA, NO_UNPACK, NO_SYSTEM_JNA}, {"-Dorg.kqueue.backend=nonsense"},
                    {"-Dorg.kqueue.calls=nonsense"}, {"-Dorg.kqueue.library=/nonexistent.so"}}) {
            Outcome outcome = run(Program.class, classPath(), flags);
            assertEquals(0, outcome.status, outcome.output);
            outcome.assertSays("selector sun.nio.ch.");
            outcome.assertSays("selected 1");
            outcome.assertSays("kqueue-nio is on the class path but cannot serve here");
            assertEquals(outcome.output.indexOf("WARNING: kqueue-nio"),
                    outcome.output.lastIndexOf("WARNING: kqueue-nio"));
        }
    }

    @Test
    void jarOnTheClassPathBreaksNoApplicationInARuntimeOfJavaBaseAlone() throws Exception {
        Outcome outcome = run(Program.class, classPath(), "--limit-modules=java.base");
        outcome.assertSays("kqueue-nio is on the class path but cannot serve here");
        outcome.assertSays("java.logging");
        if (Runtime.version().feature() < 24) {
            assertEquals(0, outcome.status, outcome.output);
            outcome.assertSays("selector sun.nio.ch.");
            outcome.assertSays("selected 1");
        } else {
            // No public class leads to the JDK's own provider there.
            assertNotEquals(0, outcome.status);
            outcome.assertSays("neither jdk.unsupported nor java.logging; add one of these modules");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"java.logging", "jdk.unsupported"})
    void selectorsNeedOneModuleBesideJavaBase(String module) throws Exception {
        Assumptions.assumeTrue(LINUX || module.equals("java.logging"), "a kqueue of the system needs JNA, which needs"
                + " java.logging");
        Outcome outcome = run(Program.class, classPath(), NAMED, "--limit-modules=java.base," + module);
        assertEquals(0, outcome.status, outcome.output);
        outcome.assertSays("selector org.kqueue.nio.KqueueSelector");
        outcome.assertSays("selected 1");
    }

    /** From JDK 24 on the JDK's own poller waits for them. Before, a platform thread waits for each. */
    @Test
    void selectOnVirtualThreadsStopsNoOthersAndNeedsFewThreads() throws Exception {
        Assumptions.assumeTrue(Runtime.version().feature() >= 24, "JDK 24 has sun.nio.ch.Poller.pollSelector");
        Outcome outcome = run(VirtualProgram.class, classPath(), NAMED, "-Djdk.virtualThreadScheduler.parallelism=1",
                "-Djdk.virtualThreadScheduler.maxPoolSize=1");
        assertEquals(0, outcome.status, outcome.output);
        outcome.assertSays("interrupted true");
        outcome.assertSays("closed true");
        outcome.assertSays("woken 200");
        Matcher threads = Pattern.compile("platform threads (\\d+)").matcher(outcome.output);
        assertTrue(threads.find(), outcome.output);
        assertTrue(Integer.parseInt(threads.group(1)) < 50, outcome.output);
    }

    /** Object.wait holds its carrier on JDK 21 to 23, and the scheduler adds others. */
    @Test
    void selectOnVirtualThreadsOfOlderJdksTakesAPlatformThreadEach() throws Exception {
        Assumptions.assumeTrue(Runtime.version().feature() >= 21 && Runtime.version().feature() < 24,
                "virtual threads came with JDK 21, the poller with 24");
        Outcome outcome = run(VirtualProgram.class, classPath(), NAMED);
        assertEquals(0, outcome.status, outcome.output);
        outcome.assertSays("interrupted true");
        outcome.assertSays("closed true");
        outcome.assertSays("woken 200");
    }
}
