package org.kqueue.nio.channels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.kqueue.robust.OpenDescriptors;

@Timeout(value = 1, unit = TimeUnit.MINUTES)
class ProcessChannelTest {

    private static final String ABIS = "org.kqueue.nio.channels.SelectLoop#abis";

    private static Process start(String script) throws IOException {
        return new ProcessBuilder("sh", "-c", script).start();
    }

    /** A child that exits when its input ends. */
    private static Process waiting(int status) throws IOException {
        return start("read line; exit " + status);
    }

    private static ProcessExit await(SelectLoop loop, SelectionKey key, ProcessChannel processes) throws IOException {
        ProcessExit exit;
        do {
            loop.awaitReadable(key);
            exit = processes.read();
        } while (exit == null);
        return exit;
    }

    @ParameterizedTest
    @MethodSource(ABIS)
    void readsExitStatus(String abi) throws Exception {
        try (SelectLoop loop = new SelectLoop(abi); ProcessChannel processes = ProcessChannel.open()) {
            SelectionKey key = loop.register(processes);
            for (int status : new int[] {0, 7, 255}) {
                Process child = waiting(status);
                processes.watch(child);
                loop.assertSilent();
                child.getOutputStream().close();
                assertEquals(new ProcessExit(child.toHandle(), OptionalInt.of(status), OptionalInt.empty()),
                        await(loop, key, processes));
                assertNull(processes.read());
                loop.assertSilent();
            }
        }
    }

    @ParameterizedTest
    @MethodSource(ABIS)
    void readsSignalThatEndedIt(String abi) throws Exception {
        try (SelectLoop loop = new SelectLoop(abi); ProcessChannel processes = ProcessChannel.open()) {
            SelectionKey key = loop.register(processes);
            Process child = start("exec sleep 100");
            processes.watch(child);
            child.destroyForcibly();
            ProcessExit exit = await(loop, key, processes);
            assertTrue(exit.signal().equals(OptionalInt.of(9)) || exit.exitCode().equals(OptionalInt.of(128 + 9)),
                    exit::toString);
        }
    }

    @ParameterizedTest
    @MethodSource(ABIS)
    void readsProcessThatHadExitedBefore(String abi) throws Exception {
        try (SelectLoop loop = new SelectLoop(abi); ProcessChannel processes = ProcessChannel.open()) {
            SelectionKey key = loop.register(processes);
            Process child = start("exit 3");
            child.waitFor();
            processes.watch(child);
            assertEquals(OptionalInt.of(3), await(loop, key, processes).exitCode());
            ProcessHandle handle = child.toHandle();
            processes.watch(handle);
            assertEquals(handle, await(loop, key, processes).process());
            loop.assertSilent();
        }
    }

    @Test
    void readsProcessKnownByItsHandle() throws Exception {
        try (SelectLoop loop = new SelectLoop("freebsd"); ProcessChannel processes = ProcessChannel.open()) {
            SelectionKey key = loop.register(processes);
            Process child = waiting(0);
            ProcessHandle handle = ProcessHandle.of(child.pid()).orElseThrow();
            processes.watch(handle);
            loop.assertSilent();
            child.getOutputStream().close();
            assertEquals(handle, await(loop, key, processes).process());
        }
    }

    @Test
    void readsEachOfManyExactlyOnce() throws Exception {
        int n = 40;
        try (SelectLoop loop = new SelectLoop("freebsd"); ProcessChannel processes = ProcessChannel.open()) {
            SelectionKey key = loop.register(processes);
            Map<ProcessHandle, Integer> expected = new HashMap<>();
            for (int i = 0; i < n; i++) {
                Process child = start("exit " + i);
                processes.watch(child);
                expected.put(child.toHandle(), i);
            }
            List<ProcessExit> exits = new ArrayList<>();
            while (!expected.isEmpty()) {
                loop.awaitReadable(key);
                exits.clear();
                processes.read(exits, 100);
                for (ProcessExit exit : exits) {
                    Integer status = expected.remove(exit.process());
                    assertNotNull(status, () -> "twice: " + exit);
                    assertEquals(OptionalInt.of(status), exit.exitCode());
                }
            }
            assertNull(processes.read());
        }
    }

    @Test
    void twoChannelsBothReadAnExit() throws Exception {
        try (SelectLoop loop = new SelectLoop("freebsd"); ProcessChannel one = ProcessChannel.open();
                ProcessChannel two = ProcessChannel.open()) {
            SelectionKey first = loop.register(one);
            SelectionKey second = loop.register(two);
            Process child = waiting(5);
            one.watch(child);
            two.watch(child);
            child.getOutputStream().close();
            assertEquals(OptionalInt.of(5), await(loop, first, one).exitCode());
            assertEquals(OptionalInt.of(5), await(loop, second, two).exitCode());
        }
    }

    @Test
    void watchesNoLongerWhenToldSo() throws Exception {
        try (SelectLoop loop = new SelectLoop("freebsd"); ProcessChannel processes = ProcessChannel.open()) {
            loop.register(processes);
            Process child = waiting(0);
            processes.watch(child);
            assertThrows(IllegalStateException.class, () -> processes.watch(child));
            assertTrue(processes.unwatch(child.toHandle()));
            assertFalse(processes.unwatch(child.toHandle()));
            child.getOutputStream().close();
            child.waitFor();
            loop.assertNothingWithin(50, processes::read, null);
        }
    }

    @Test
    void blockingReadWaitsForTheExit() throws Exception {
        try (ProcessChannel processes = ProcessChannel.open()) {
            Process child = start("exit 4");
            processes.watch(child);
            assertEquals(OptionalInt.of(4), processes.read().exitCode());
            Process other = start("exit 0");
            processes.watch(other);
            assertEquals(OptionalInt.of(0), processes.read().exitCode());
        }
    }

    @Test
    void givesBackAllDescriptors() throws Exception {
        Process child = waiting(0);
        try {
            watchAndClose(child);
            int before = OpenDescriptors.count();
            for (int i = 0; i < 50; i++) {
                watchAndClose(child);
            }
            OpenDescriptors.assertComesDownTo(before);
        } finally {
            child.getOutputStream().close();
        }
        ProcessChannel closed = ProcessChannel.open();
        closed.close();
        assertThrows(ClosedChannelException.class, () -> closed.watch(child));
        assertThrows(ClosedChannelException.class, closed::read);
    }

    private static void watchAndClose(Process child) throws IOException {
        try (ProcessChannel processes = ProcessChannel.open()) {
            processes.watch(child);
        }
    }
}
