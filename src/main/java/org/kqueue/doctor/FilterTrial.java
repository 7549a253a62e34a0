package org.kqueue.doctor;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.OptionalInt;
import org.kqueue.Event;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.Kqueue;
import org.kqueue.KqueueConfig;
import org.kqueue.Note;
import org.kqueue.Subscription;
import org.kqueue.nio.Descriptors;
import org.kqueue.nio.channels.OpenFile;

/**
 * Makes one event of each filter happen and looks whether the kqueue reports it. The filters themselves are tried, each
 * on a kqueue of its own, and not the channels on top of them, which need more.
 */
final class FilterTrial {

    static final Filter[] FILTERS = {
        Filter.EVFILT_READ, Filter.EVFILT_WRITE, Filter.EVFILT_USER, Filter.EVFILT_TIMER, Filter.EVFILT_SIGNAL,
        Filter.EVFILT_PROC, Filter.EVFILT_VNODE,
    };
    static final String WORKS = "works";
    static final String FAILS = "fails: ";
    static final String NOT_TRIED = "not tried: ";

    private static final Duration DEADLINE = Duration.ofSeconds(3);
    private static final int EXIT_CODE = 7;
    /** SIGWINCH: the same number on every system. Its action by default is to do nothing. */
    private static final int HARMLESS_SIGNAL = 28;

    private FilterTrial() {
    }

    /** Returns {@link #WORKS}, followed by what was seen, or what is wrong, or why it was not tried. */
    static String of(Filter filter, KqueueConfig config) {
        try (Kqueue kqueue = Kqueue.open(config)) {
            if (!kqueue.layout().has(filter)) {
                return "not in the " + kqueue.layout() + " ABI";
            }
            if (!kqueue.supports(filter)) {
                return "not supported by this kqueue";
            }
            return switch (filter) {
                case EVFILT_READ, EVFILT_WRITE -> descriptor(filter, kqueue);
                case EVFILT_USER -> user(kqueue);
                case EVFILT_TIMER -> timer(kqueue);
                case EVFILT_SIGNAL -> signal(kqueue);
                case EVFILT_PROC -> process(kqueue);
                case EVFILT_VNODE -> file(kqueue);
                default -> NOT_TRIED + "there is no trial of it";
            };
        } catch (IOException | RuntimeException | LinkageError e) {
            return FAILS + e;
        }
    }

    private static String descriptor(Filter filter, Kqueue kqueue) throws IOException {
        Pipe pipe = Pipe.open();
        try (Pipe.SourceChannel source = pipe.source(); Pipe.SinkChannel sink = pipe.sink()) {
            boolean read = filter == Filter.EVFILT_READ;
            if (read) {
                sink.write(ByteBuffer.allocate(1));
            }
            int fd;
            try {
                fd = Descriptors.of(read ? source : sink);
            } catch (UnsupportedOperationException e) {
                return NOT_TRIED + e.getMessage();
            }
            kqueue.add(read ? Filter.read(fd) : Filter.write(fd));
            return verdict(await(kqueue), filter);
        }
    }

    private static String user(Kqueue kqueue) throws IOException {
        Subscription subscription = Filter.user(1).edgeTriggered();
        kqueue.add(subscription);
        kqueue.trigger(subscription);
        return verdict(await(kqueue), Filter.EVFILT_USER);
    }

    /** A kernel whose clock ticks every 10 ms may be early by as much. */
    private static String timer(Kqueue kqueue) throws IOException {
        long start = System.nanoTime();
        kqueue.add(Filter.timer(1, Duration.ofMillis(10)).once());
        String verdict = verdict(await(kqueue), Filter.EVFILT_TIMER);
        return verdict.equals(WORKS) ? WORKS + ", 10 ms took " + (System.nanoTime() - start) / 1_000_000 : verdict;
    }

    private static String signal(Kqueue kqueue) throws IOException {
        kqueue.add(Filter.signal(HARMLESS_SIGNAL));
        Process kill;
        try {
            kill = shell("kill -" + HARMLESS_SIGNAL + " " + ProcessHandle.current().pid());
        } catch (IOException e) {
            return NOT_TRIED + "no shell could be started to send it (" + e.getMessage() + ")";
        }
        try {
            return verdict(await(kqueue), Filter.EVFILT_SIGNAL);
        } finally {
            kill.destroy();
        }
    }

    private static String process(Kqueue kqueue) throws IOException {
        Process child;
        try {
            child = shell("read line; exit " + EXIT_CODE);
        } catch (IOException e) {
            return NOT_TRIED + "no child could be started (" + e.getMessage() + ")";
        }
        try (OutputStream input = child.getOutputStream()) {
            kqueue.add(Filter.exit(child.pid()));
            input.write('\n');
            input.flush();
            Event event = await(kqueue);
            String verdict = verdict(event, Filter.EVFILT_PROC);
            return verdict.equals(WORKS) && !event.exitCode().equals(OptionalInt.of(EXIT_CODE))
                    ? WORKS + ", but does not tell the exit status" : verdict;
        } finally {
            child.destroy();
        }
    }

    private static Process shell(String command) throws IOException {
        return new ProcessBuilder("sh", "-c", command).redirectErrorStream(true).start();
    }

    private static String file(Kqueue kqueue) throws IOException {
        Path file = Files.createTempFile("kqueue-doctor", null);
        try (OpenFile open = OpenFile.open(file)) {
            kqueue.add(Filter.vnode(open.fd(), Note.NOTE_WRITE));
            Files.write(file, new byte[1]);
            return verdict(await(kqueue), Filter.EVFILT_VNODE);
        } finally {
            Files.delete(file);
        }
    }

    /** Returns null if nothing comes. */
    private static Event await(Kqueue kqueue) throws IOException {
        EventList events = kqueue.newEventList(1);
        return kqueue.kevent(null, events, DEADLINE) == 0 ? null : events.event(0);
    }

    private static String verdict(Event event, Filter filter) {
        if (event == null) {
            return FAILS + "no event within " + DEADLINE.toSeconds() + " s";
        }
        return event.filter() == filter && !event.isChangeResult() ? WORKS : FAILS + "unexpected " + event;
    }
}
