package org.kqueue.doctor;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.SelectableChannel;
import java.nio.channels.spi.SelectorProvider;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.OptionalInt;
import org.kqueue.Event;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.Kqueue;
import org.kqueue.Note;
import org.kqueue.Subscription;
import org.kqueue.nio.Descriptors;
import org.kqueue.nio.channels.ProcessChannel;
import org.kqueue.nio.channels.ProcessExit;
import org.kqueue.nio.channels.SignalChannel;
import org.kqueue.nio.channels.SignalEvent;
import org.kqueue.nio.channels.VnodeChannel;
import org.kqueue.nio.channels.VnodeEvent;

/** Makes one event of each filter happen and looks whether it comes, and says what it should. */
final class FilterTrial {

    static final Filter[] FILTERS = {
        Filter.EVFILT_READ, Filter.EVFILT_WRITE, Filter.EVFILT_USER, Filter.EVFILT_TIMER, Filter.EVFILT_SIGNAL,
        Filter.EVFILT_PROC, Filter.EVFILT_VNODE,
    };
    static final String WORKS = "works";

    private static final Duration DEADLINE = Duration.ofSeconds(3);
    private static final int EXIT_CODE = 7;
    /** Harmless: its action by default is to do nothing. */
    private static final String SIGNAL = "WINCH";

    private interface Attempt<E> {
        /** Returns null as long as there is nothing. */
        E read() throws IOException;
    }

    private FilterTrial() {
    }

    /** Returns {@link #WORKS}, followed by what was seen, or what is wrong. */
    static String of(Filter filter, Kqueue kqueue, SelectorProvider pipes) {
        if (!kqueue.layout().has(filter)) {
            return "not in the " + kqueue.layout() + " ABI";
        }
        if (!kqueue.supports(filter)) {
            return "not supported by this kqueue";
        }
        try {
            return switch (filter) {
                case EVFILT_READ, EVFILT_WRITE -> descriptor(filter, kqueue, pipes);
                case EVFILT_USER -> user(kqueue);
                case EVFILT_TIMER -> timer(kqueue);
                case EVFILT_SIGNAL -> signal();
                case EVFILT_PROC -> process();
                case EVFILT_VNODE -> file();
                default -> "not tried";
            };
        } catch (IOException | RuntimeException | LinkageError e) {
            return "fails: " + e;
        }
    }

    private static String descriptor(Filter filter, Kqueue kqueue, SelectorProvider pipes) throws IOException {
        Pipe pipe = pipes.openPipe();
        try (Pipe.SourceChannel source = pipe.source(); Pipe.SinkChannel sink = pipe.sink()) {
            boolean read = filter == Filter.EVFILT_READ;
            if (read) {
                sink.write(ByteBuffer.allocate(1));
            }
            SelectableChannel end = read ? source : sink;
            int fd = Descriptors.of(end);
            return event(kqueue, read ? Filter.read(fd) : Filter.write(fd));
        }
    }

    private static String user(Kqueue kqueue) throws IOException {
        Subscription subscription = Filter.user(1).edgeTriggered();
        kqueue.add(subscription);
        kqueue.trigger(subscription);
        return await(kqueue, subscription, true);
    }

    private static String timer(Kqueue kqueue) throws IOException {
        long start = System.nanoTime();
        String result = event(kqueue, Filter.timer(1, Duration.ofMillis(10)));
        long millis = (System.nanoTime() - start) / 1_000_000;
        return millis < 10 ? "fails: a timer of 10 ms expired after " + millis : result + ", 10 ms took " + millis;
    }

    private static String event(Kqueue kqueue, Subscription subscription) throws IOException {
        kqueue.add(subscription);
        return await(kqueue, subscription, true);
    }

    private static String await(Kqueue kqueue, Subscription subscription, boolean delete) throws IOException {
        EventList events = kqueue.newEventList(1);
        int n = kqueue.kevent(null, events, DEADLINE);
        if (delete) {
            kqueue.delete(subscription);
        }
        Event event = n == 0 ? null : events.event(0);
        if (event == null) {
            return "fails: no event within " + DEADLINE.toSeconds() + " s";
        }
        return event.filter() == subscription.filter() ? WORKS : "fails: unexpected " + event;
    }

    private static String signal() throws IOException {
        try (SignalChannel channel = SignalChannel.open(SIGNAL)) {
            channel.configureBlocking(false);
            SignalChannel.raise(SIGNAL);
            SignalEvent event = await(channel::read);
            return event == null ? "fails: no SIG" + SIGNAL + " within " + DEADLINE.toSeconds() + " s"
                    : event.count() == 1 ? WORKS : "fails: unexpected " + event;
        }
    }

    private static String process() throws IOException {
        Process child;
        try {
            child = new ProcessBuilder("sh", "-c", "exit " + EXIT_CODE).start();
        } catch (IOException e) {
            return "not tried: no child could be started (" + e.getMessage() + ")";
        }
        try (ProcessChannel channel = ProcessChannel.open()) {
            channel.configureBlocking(false);
            channel.watch(child);
            ProcessExit exit = await(channel::read);
            return exit == null ? "fails: no exit within " + DEADLINE.toSeconds() + " s"
                    : exit.exitCode().equals(OptionalInt.of(EXIT_CODE)) ? WORKS : "fails: unexpected " + exit;
        } finally {
            child.destroy();
        }
    }

    private static String file() throws IOException {
        Path file = Files.createTempFile("kqueue-doctor", null);
        try (VnodeChannel channel = VnodeChannel.open()) {
            channel.configureBlocking(false);
            channel.watch(file, Note.NOTE_WRITE);
            Files.write(file, new byte[1]);
            VnodeEvent event = await(channel::read);
            return event == null ? "fails: no change within " + DEADLINE.toSeconds() + " s"
                    : event.has(Note.NOTE_WRITE) ? WORKS : "fails: unexpected " + event;
        } finally {
            Files.delete(file);
        }
    }

    private static <E> E await(Attempt<E> attempt) throws IOException {
        long end = System.nanoTime() + DEADLINE.toNanos();
        E event = attempt.read();
        while (event == null && System.nanoTime() < end) {
            try {
                Thread.sleep(1);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return null;
            }
            event = attempt.read();
        }
        return event;
    }
}
