package org.kqueue.nio.channels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.kqueue.robust.OpenDescriptors;
import sun.misc.Signal;

/** The signals are sent to the JVM that runs the tests: a TERM that gets past the channel ends it. */
@Timeout(value = 1, unit = TimeUnit.MINUTES)
class SignalChannelTest {

    @ParameterizedTest
    @MethodSource("org.kqueue.nio.channels.SelectLoop#abis")
    void readsSignalInsteadOfShuttingDown(String abi) throws Exception {
        try (SelectLoop loop = new SelectLoop(abi); SignalChannel signals = SignalChannel.open("TERM")) {
            SelectionKey key = loop.register(signals);
            loop.assertSilent();
            SignalChannel.raise("TERM");
            loop.awaitReadable(key);
            loop.awaitReadable(key);
            assertEquals(new SignalEvent("TERM", 15, 1), signals.read());
            assertNull(signals.read());
            loop.assertSilent();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"HUP", "INT", "TERM", "USR1", "USR2", "WINCH", "CONT", "SIGALRM"})
    void readsWhatServersAreTold(String signal) throws Exception {
        try (SelectLoop loop = new SelectLoop("freebsd"); SignalChannel signals = SignalChannel.open(signal)) {
            assumeNotIgnored(signal);
            SelectionKey key = loop.register(signals);
            SignalChannel.raise(signal);
            loop.awaitReadable(key);
            SignalEvent event = signals.read();
            assertEquals(signal.replace("SIG", ""), event.name());
            assertEquals(1, event.count());
        }
    }

    @Test
    void readsManySignalsInBatches() throws Exception {
        try (SelectLoop loop = new SelectLoop("freebsd");
                SignalChannel signals = SignalChannel.open("USR1", "HUP", "hup", "SIGTERM")) {
            assumeNotIgnored("HUP");
            SelectionKey key = loop.register(signals);
            List<SignalEvent> events = new ArrayList<>();
            Map<String, Long> counts = new TreeMap<>();
            for (int round = 1; round <= 3; round++) {
                SignalChannel.raise("TERM");
                SignalChannel.raise("HUP");
                SignalChannel.raise("USR1");
                while (counts.values().stream().mapToLong(Long::longValue).sum() < 3L * round) {
                    loop.awaitReadable(key);
                    events.clear();
                    assertTrue(signals.read(events, 10) > 0);
                    events.forEach(event -> counts.merge(event.name(), event.count(), Long::sum));
                }
            }
            assertEquals(Map.of("TERM", 3L, "HUP", 3L, "USR1", 3L), counts);
        }
    }

    @Test
    void twoChannelsBothReadASignal() throws Exception {
        try (SelectLoop loop = new SelectLoop("freebsd"); SignalChannel one = SignalChannel.open("USR1")) {
            SelectionKey first = loop.register(one);
            try (SignalChannel two = SignalChannel.open("USR1")) {
                SelectionKey second = loop.register(two);
                SignalChannel.raise("USR1");
                loop.awaitReadable(first);
                loop.awaitReadable(second);
                assertEquals(1, one.read().count());
                assertEquals(1, two.read().count());
            }
            // With the second closed the first goes on, and the signal's action, to end the process, is still off.
            SignalChannel.raise("USR1");
            // The select that found the second key may have put the first one back, which was not read yet.
            loop.selector.selectedKeys().clear();
            loop.awaitReadable(first);
            assertEquals(1, one.read().count());
            loop.assertSilent();
        }
    }

    @Test
    void putsActionBackAtClose() throws Exception {
        Object before = handler("USR1");
        try (SignalChannel one = SignalChannel.open("USR1"); SignalChannel two = SignalChannel.open("USR1")) {
            assertTrue(one.isOpen() && two.isOpen());
        }
        assertEquals(before, handler("USR1"));
        assertThrows(IllegalArgumentException.class, () -> SignalChannel.open("USR1", "KILL"));
        assertEquals(before, handler("USR1"));
    }

    /** On a kernel the signal is counted before the JVM has handled it. Its default action would end this JVM. */
    @Test
    void putsActionBackOnlyWhenSignalsThatWereReadAreHandled() throws Exception {
        Object before = handler("USR1");
        SignalHandling.Suppression suppression = SignalHandling.suppress("USR1");
        suppression.read(1);
        Thread closing = new Thread(suppression::end, "closing");
        closing.start();
        while (closing.getState() != Thread.State.TIMED_WAITING) {
            assertTrue(closing.isAlive(), "the action was put back before the signal was handled");
            Thread.onSpinWait();
        }
        SignalHandling.raise("USR1");
        closing.join();
        assertEquals(before, handler("USR1"));
    }

    /** The JVM's handler of a signal, seen by replacing it for a moment. */
    private static Object handler(String name) throws ReflectiveOperationException {
        Class<?> signal = Class.forName("sun.misc.Signal");
        Class<?> handler = Class.forName("sun.misc.SignalHandler");
        Object number = signal.getConstructor(String.class).newInstance(name);
        Object ignore = handler.getField("SIG_IGN").get(null);
        Object current = signal.getMethod("handle", signal, handler).invoke(null, number, ignore);
        signal.getMethod("handle", signal, handler).invoke(null, number, current);
        return current;
    }

    @ParameterizedTest
    @ValueSource(strings = {"SEGV", "SIGSEGV", "BUS", "FPE", "ILL", "TRAP", "ABRT", "QUIT", "PIPE", "XFSZ", "KILL",
            "STOP", "NONSENSE"})
    void refusesReservedAndUnknownSignalsByName(String signal) {
        String message = assertThrows(IllegalArgumentException.class, () -> SignalChannel.open(signal)).getMessage();
        assertTrue(message.contains(signal.replace("SIG", "")), message);
    }

    @Test
    void refusesNoSignalAtAllAndReadsAfterClose() throws Exception {
        assertThrows(IllegalArgumentException.class, SignalChannel::open);
        SignalChannel signals = SignalChannel.open("WINCH");
        signals.close();
        assertThrows(ClosedChannelException.class, signals::read);
    }

    @Test
    void givesBackAllDescriptors() throws Exception {
        SignalChannel.open("WINCH").close();
        int before = OpenDescriptors.count();
        for (int i = 0; i < 50; i++) {
            SignalChannel.open("WINCH", "USR1").close();
        }
        OpenDescriptors.assertComesDownTo(before);
    }

    /** A shell starts what it runs in the background so that it ignores INT; nohup does so with HUP. */
    private static void assumeNotIgnored(String name) throws IOException {
        Path status = Path.of("/proc/self/status");
        if (Files.exists(status)) {
            Signal signal = new Signal(name.replace("SIG", ""));
            String ignored = Files.readAllLines(status).stream().filter(line -> line.startsWith("SigIgn:")).findFirst()
                    .orElseThrow().replaceAll("\\w+:\\s*", "");
            assumeFalse(new BigInteger(ignored, 16).testBit(signal.getNumber() - 1),
                    signal + " was ignored when this JVM was started");
        }
    }
}
