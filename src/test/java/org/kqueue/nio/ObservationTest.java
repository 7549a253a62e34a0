package org.kqueue.nio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.spi.SelectorProvider;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.kqueue.KqueueConfig;
import org.kqueue.nio.jmx.KqueueMXBean;

@Timeout(value = 1, unit = TimeUnit.MINUTES)
class ObservationTest {

    private final SelectorProvider provider = new KqueueSelectorProvider();

    @TempDir
    Path temp;

    private Selector open() throws IOException {
        return provider.openSelector();
    }

    /** A pipe with a byte in it, its source registered. */
    private Pipe readyPipe(Selector selector) throws IOException {
        Pipe pipe = provider.openPipe();
        pipe.source().configureBlocking(false);
        pipe.source().register(selector, SelectionKey.OP_READ);
        pipe.sink().write(ByteBuffer.wrap(new byte[1]));
        return pipe;
    }

    private static void close(Pipe pipe) throws IOException {
        pipe.sink().close();
        pipe.source().close();
    }

    @Test
    void countsWhatASelectorDoes() throws Exception {
        try (Selector selector = open()) {
            KqueueMXBean metrics = KqueueSelectors.metrics(selector);
            assertEquals(0, metrics.getSelects());
            assertTrue(metrics.getName().contains("ABI"), metrics.getName());
            Pipe pipe = readyPipe(selector);
            assertEquals(1, selector.selectNow());
            assertEquals(1, metrics.getSelects());
            assertEquals(1, metrics.getKeventCalls());
            assertEquals(1, metrics.getChanges());
            assertEquals(1, metrics.getEvents());
            assertEquals(1, metrics.getKeys());
            assertEquals(0, metrics.getWakeups());
            assertEquals(0, metrics.getErrors());
            selector.wakeup();
            selector.select();
            assertEquals(1, metrics.getWakeups());
            close(pipe);
            selector.selectNow();
            assertEquals(0, metrics.getKeys());
        }
    }

    @Test
    void jvmMetricsKeepWhatClosedAndCollectedSelectorsDid() throws Exception {
        KqueueMXBean all = KqueueSelectors.jvmMetrics();
        long selects = all.getSelects();
        try (Selector selector = open()) {
            selector.selectNow();
            assertTrue(all.getSelectors() >= 1);
            assertEquals(selects + 1, all.getSelects());
        }
        assertEquals(selects + 1, all.getSelects());
        WeakReference<Selector> dropped = dropSelector();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (dropped.get() != null) {
            assertTrue(System.nanoTime() < end, "something holds a selector that was dropped");
            System.gc();
        }
        assertEquals(selects + 2, all.getSelects());
    }

    private WeakReference<Selector> dropSelector() throws IOException {
        Selector selector = open();
        KqueueSelectors.registerMXBean(selector);
        selector.selectNow();
        return new WeakReference<>(selector);
    }

    @Test
    void registersBeansOnlyWhenAskedAndUntilClose() throws Exception {
        MBeanServer server = ManagementFactory.getPlatformMBeanServer();
        ObjectName name;
        try (Selector selector = open()) {
            name = new ObjectName(KqueueSelectors.registerMXBean(selector));
            assertEquals(name.toString(), KqueueSelectors.registerMXBean(selector));
            selector.selectNow();
            assertEquals(1L, server.getAttribute(name, "Selects"));
            try (Selector other = open()) {
                assertEquals(1, server.queryNames(new ObjectName("org.kqueue:type=KqueueSelector,*"), null).stream()
                        .filter(name::equals).count());
                assertTrue(other.isOpen());
            }
        }
        assertFalse(server.isRegistered(name));
        Selector closed = open();
        closed.close();
        assertThrows(ClosedSelectorException.class, () -> KqueueSelectors.registerMXBean(closed));
    }

    @Test
    void registersAllByProperty() throws Exception {
        SelectorProvider registering = new KqueueSelectorProvider(
                new SelectorSettings(KqueueConfig.fromSystemProperties(), true, false));
        try (Selector selector = registering.openSelector(); Selector second = registering.openSelector()) {
            MBeanServer server = ManagementFactory.getPlatformMBeanServer();
            assertTrue(server.isRegistered(new ObjectName(KqueueSelectors.registerMXBean(selector))));
            assertTrue(server.isRegistered(new ObjectName(KqueueSelectors.registerMXBean(second))));
            KqueueSelectors.registerJvmMXBean();
            assertTrue((long) server.getAttribute(new ObjectName("org.kqueue:type=Kqueue"), "Selects") >= 0);
        }
    }

    @Test
    void tellsFlightRecorder() throws Exception {
        try (Selector selector = open(); Recording recording = new Recording()) {
            selector.selectNow();
            recording.enable("org.kqueue.Select").withoutThreshold();
            recording.start();
            Pipe pipe = readyPipe(selector);
            selector.select();
            recording.stop();
            selector.selectNow();
            close(pipe);
            Path file = temp.resolve("selects.jfr");
            recording.dump(file);
            List<RecordedEvent> events = RecordingFile.readAllEvents(file);
            assertEquals(1, events.size(), events::toString);
            RecordedEvent event = events.get(0);
            assertEquals(1, event.getLong("changes"));
            assertEquals(1, event.getLong("events"));
            assertEquals(1, event.getLong("keventCalls"));
            assertEquals(1, event.getInt("updated"));
            assertFalse(event.getBoolean("wokenUp"));
            assertEquals(KqueueSelectors.metrics(selector).getName(), event.getString("selector"));
            assertTrue(event.getDuration().toNanos() > 0);
        } finally {
            Files.deleteIfExists(temp.resolve("selects.jfr"));
        }
    }

    @Test
    void tracesKeventsAsText() throws Exception {
        List<String> lines = Collections.synchronizedList(new ArrayList<>());
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord record) {
                lines.add(new SimpleFormatter().formatMessage(record));
            }

            @Override
            public void flush() {
                // Nothing is kept back.
            }

            @Override
            public void close() {
                // Nothing is open.
            }
        };
        SelectorProvider tracing = new KqueueSelectorProvider(
                new SelectorSettings(KqueueConfig.fromSystemProperties(), false, true));
        Logger logger = Logger.getLogger("org.kqueue.nio");
        try (Selector selector = tracing.openSelector(); Selector silent = open()) {
            logger.addHandler(handler);
            logger.setUseParentHandlers(false);
            Pipe pipe = readyPipe(selector);
            selector.selectNow();
            silent.selectNow();
            close(pipe);
        } finally {
            logger.setUseParentHandlers(true);
            logger.removeHandler(handler);
        }
        assertEquals(2, lines.size(), lines::toString);
        assertTrue(lines.get(0).contains("kevent [EVFILT_READ ident=") && lines.get(0).contains("EV_ADD"),
                lines::toString);
        assertTrue(lines.get(1).contains("1 [EVFILT_READ ident="), lines::toString);
    }

    @Test
    void propertiesAreReadOnceWhenTheProviderIsMade() throws Exception {
        SelectorProvider made = new KqueueSelectorProvider();
        System.setProperty("org.kqueue.jmx", "true");
        System.setProperty("org.kqueue.backend", "nonsense");
        try (Selector selector = made.openSelector()) {
            String bean = KqueueSelectors.metrics(selector).getName().replaceAll("selector (\\d+) .*", "$1");
            assertFalse(ManagementFactory.getPlatformMBeanServer().isRegistered(
                    new ObjectName("org.kqueue:type=KqueueSelector,id=" + bean)));
        } finally {
            System.clearProperty("org.kqueue.jmx");
            System.clearProperty("org.kqueue.backend");
        }
    }
}
