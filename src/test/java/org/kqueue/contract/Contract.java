package org.kqueue.contract;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import org.kqueue.ChangeList;
import org.kqueue.Event;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.KeventException;
import org.kqueue.KeventFlags;
import org.kqueue.Kqueue;
import org.kqueue.Note;

/**
 * What every kqueue must do, in a language close to the measured cases: a change is {@code "a READ ADD|CLEAR u=7"},
 * where {@code a} names a descriptor of the test or is a number; a result is {@code "a READ 0 d=5 u=7"}, several joined
 * by {@code "; "}. {@code d} is not shown for WRITE, where it is the free space, and nothing is shown that is 0.
 */
@ParameterizedClass
@MethodSource("org.kqueue.contract.Subject#all")
@Timeout(30)
abstract class Contract {

    private static final String[] FLAGS = {
        "ADD", "DELETE", "ENABLE", "DISABLE", "ONESHOT", "CLEAR", "RECEIPT", "DISPATCH",
        "FORCEONESHOT", "0x200", null, null, "0x1000", "0x2000", "ERROR", "EOF",
    };
    /**
     * What some kernels show in an event and others do not: NetBSD what the knote was added with, DragonFly EV_NODATA,
     * macOS EV_OOBAND. Beside the result of a change macOS shows the change's own flags.
     */
    private static final int NOT_COMMON =
            KeventFlags.EV_ADD | KeventFlags.EV_ENABLE | KeventFlags.EV_DISABLE | 0x3000;
    private static final int ROOM = 16;
    private static final int OUT_OF_REACH = 900;

    @Parameter
    Subject subject;

    Kqueue kq;
    private final List<Kqueue> others = new ArrayList<>();
    private final Map<String, Integer> numbers = new HashMap<>();
    private final Map<Integer, String> names = new HashMap<>();
    private final List<Integer> open = new ArrayList<>();
    private final List<Path> files = new ArrayList<>();

    @BeforeEach
    final void openKqueue() throws IOException {
        kq = subject.open();
    }

    @AfterEach
    final void closeAll() throws IOException {
        for (Kqueue other : others) {
            other.close();
        }
        if (kq != null) {
            kq.close();
        }
        open.forEach(Posix::close);
        for (Path file : files) {
            Files.deleteIfExists(file);
        }
    }

    /** For rows of the reference that other kernels answer differently; the embedded kqueue is held to them. */
    final void freebsdRule() {
        assumeTrue(subject.isEmbedded(), "a rule of FreeBSD 12.3, which not every kqueue follows");
    }

    /** How much earlier than asked for a timer may expire: up to a tick of a kernel's clock. */
    final long tickNanos() {
        return subject.isEmbedded() ? 0 : 10_000_000;
    }

    final void needs(Filter filter) {
        assumeTrue(kq.layout().has(filter) && kq.supports(filter), () -> filter + " does not exist in " + subject);
    }

    final Kqueue another() throws IOException {
        Kqueue other = subject.open();
        others.add(other);
        return other;
    }

    final void name(String name, int fd) {
        assertTrue(fd >= 0, name);
        numbers.put(name, fd);
        names.put(fd, name);
        open.add(fd);
    }

    final int fd(String name) {
        Integer fd = numbers.get(name);
        return fd != null ? fd : Integer.parseInt(name);
    }

    /** A connected pair of AF_UNIX stream sockets, {@code a} and {@code b}. */
    final void pair() {
        pair("a", "b", Posix.SOCK_STREAM);
    }

    final void pair(String one, String two, int type) {
        int[] fds = new int[2];
        ok(Posix.socketpair(Posix.AF_UNIX, type, 0, fds));
        name(one, prepared(fds[0]));
        name(two, prepared(fds[1]));
    }

    /** A pipe, read end {@code r} and write end {@code w}. */
    final void pipe() {
        int[] fds = new int[2];
        ok(Posix.pipe(fds));
        name("r", prepared(fds[0]));
        name("w", prepared(fds[1]));
    }

    final void socket(String name, int type) {
        socket(name, Posix.AF_INET, type);
    }

    final void socket(String name, int family, int type) {
        name(name, prepared(ok(Posix.socket(family, type, 0))));
    }

    /** Opens a file for reading and writing. */
    final void open(String name, Path path, int flags) {
        name(name, closedOnExec(ok(Posix.open(path.toString(), flags, 0600))));
    }

    /** Makes it non-blocking, and keeps it from children. */
    private static int prepared(int fd) {
        ok(Posix.fcntl(fd, Posix.F_SETFL, Posix.O_NONBLOCK));
        return closedOnExec(fd);
    }

    private static int closedOnExec(int fd) {
        ok(Posix.fcntl(fd, Posix.F_SETFD, Posix.FD_CLOEXEC));
        return fd;
    }

    /** Binds to a free port of 127.0.0.1. */
    final void bind(String name) {
        ok(Posix.bind(fd(name), loopback(0), 16));
    }

    final void listen(String name) {
        ok(Posix.listen(fd(name), 8));
    }

    /** The address of an AF_UNIX socket that no other has: a file, which goes after the test. */
    final byte[] unixAddress() {
        try {
            Path folder = Files.createTempDirectory("kq");
            Path file = folder.resolve("s");
            files.add(file);
            files.add(folder);
            byte[] path = file.toString().getBytes(StandardCharsets.US_ASCII);
            byte[] address = ByteBuffer.allocate(2 + path.length + 1).put(2, path).array();
            return ofFamily(Posix.AF_UNIX, address);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    final byte[] address(String name) {
        byte[] address = new byte[16];
        ok(Posix.getsockname(fd(name), address, new int[] {16}));
        return address;
    }

    final int connect(String name, byte[] address) {
        return Posix.connect(fd(name), address, 16);
    }

    /** Waits for a connection: a connect over loopback may return before the listener has it. */
    final void accept(String name, String listener) {
        long deadline = System.nanoTime() + 5_000_000_000L;
        int fd = Posix.accept(fd(listener), null, null);
        while (fd < 0 && System.nanoTime() < deadline) {
            Thread.onSpinWait();
            fd = Posix.accept(fd(listener), null, null);
        }
        assertTrue(fd >= 0, "accept");
        name(name, prepared(fd));
    }

    /** A connected TCP pair: {@code c} connected to the listener {@code l}, which accepted {@code s}. */
    final void tcp() {
        socket("l", Posix.SOCK_STREAM);
        bind("l");
        listen("l");
        socket("c", Posix.SOCK_STREAM);
        connect("c", address("l"));
        accept("s", "l");
    }

    private static byte[] loopback(int port) {
        byte[] address = {0, 0, (byte) (port >> 8), (byte) port, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0};
        return ofFamily(Posix.AF_INET, address);
    }

    /** The family is two bytes on Linux, and on a BSD one behind the length. */
    private static byte[] ofFamily(int family, byte[] address) {
        if (Posix.LINUX) {
            ByteBuffer.wrap(address).order(ByteOrder.nativeOrder()).putShort((short) family);
        } else {
            address[0] = (byte) address.length;
            address[1] = (byte) family;
        }
        return address;
    }

    static int ok(int result) {
        assertTrue(result >= 0, "a call of the test itself failed");
        return result;
    }

    final void write(String name, int bytes) {
        assertTrue(Posix.write(fd(name), new byte[bytes], bytes) == bytes, () -> "write to " + name);
    }

    final long read(String name, int bytes) {
        return Posix.read(fd(name), new byte[bytes], bytes);
    }

    final void fill(String name) {
        for (int size = 4096; size > 0; size /= 8) {
            byte[] bytes = new byte[size];
            // The JVM ignores SIGPIPE.
            while (Posix.write(fd(name), bytes, size) > 0) {
                continue;
            }
        }
    }

    final void drain(String name) {
        byte[] bytes = new byte[65536];
        while (Posix.read(fd(name), bytes, bytes.length) > 0) {
            continue;
        }
    }

    /**
     * Gives a descriptor a number that nobody else gets while it is closed: the JVM's threads open files and close
     * them, and a new descriptor has the lowest free number.
     */
    final void moveAway(String name) {
        int away = ok(Posix.fcntl(fd(name), Posix.F_DUPFD, OUT_OF_REACH));
        close(name);
        name(name, away);
    }

    final void close(String name) {
        int fd = fd(name);
        open.remove((Integer) fd);
        ok(Posix.close(fd));
    }

    /** Applies changes and polls with room for all. */
    final String kevent(String... changes) {
        return kevent(kq, ROOM, 0, changes);
    }

    final String poll() {
        return kevent(kq, ROOM, 0);
    }

    /** Waits up to five seconds. */
    final String await(String... changes) {
        return kevent(kq, ROOM, 5_000_000_000L, changes);
    }

    /** Polls until the events contain a text, for what the network takes its time to bring. */
    final String awaitText(String wanted) {
        long deadline = System.nanoTime() + 5_000_000_000L;
        String events = poll();
        while (!events.contains(wanted)) {
            assertTrue(System.nanoTime() < deadline, events + " has no " + wanted);
            Thread.yield();
            events = poll();
        }
        return events;
    }

    final String kevent(Kqueue kqueue, int room, long timeoutNanos, String... changes) {
        ChangeList list = kqueue.newChangeList(changes.length);
        for (String change : changes) {
            append(list, change);
        }
        EventList events = kqueue.newEventList(room);
        try {
            int n = kqueue.kevent(list, events, timeoutNanos);
            StringJoiner text = new StringJoiner("; ");
            for (int i = 0; i < n; i++) {
                text.add(text(events.event(i)));
            }
            return text.toString();
        } catch (KeventException e) {
            return e.errnoName();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private void append(ChangeList list, String change) {
        String[] words = change.split(" ");
        int flags = 0;
        for (String word : words[2].split("\\|")) {
            for (int bit = 0; bit < FLAGS.length; bit++) {
                flags |= word.equals(FLAGS[bit]) ? 1 << bit : 0;
            }
        }
        long fflags = 0;
        long data = 0;
        long udata = 0;
        for (int i = 3; i < words.length; i++) {
            String value = words[i].substring(words[i].indexOf('=') + 1);
            switch (words[i].charAt(0)) {
                case 'f' -> fflags = fflags(value);
                case 'd' -> data = Long.parseLong(value);
                case 'u' -> udata = Long.parseLong(value);
                default -> throw new IllegalArgumentException(change);
            }
        }
        Integer named = numbers.get(words[0]);
        long ident = named != null ? named : Long.parseLong(words[0]);
        list.add(ident, filter(words[1]), flags, (int) fflags, data, udata);
    }

    private int filter(String word) {
        return Character.isLetter(word.charAt(0)) ? kq.layout().number(Filter.valueOf("EVFILT_" + word))
                : Integer.parseInt(word);
    }

    /** Hexadecimal, or notes joined by a bar. */
    private long fflags(String text) {
        long fflags = 0;
        for (String word : text.split("\\|")) {
            fflags |= Character.isUpperCase(word.charAt(0)) ? kq.layout().number(Note.valueOf("NOTE_" + word))
                    : Long.parseLong(word, 16);
        }
        return fflags;
    }

    final String text(Event event) {
        StringBuilder text = new StringBuilder();
        boolean descriptor = event.filter() == Filter.EVFILT_READ || event.filter() == Filter.EVFILT_WRITE
                || event.filter() == Filter.EVFILT_VNODE || event.filter() == Filter.EVFILT_EMPTY;
        String name = descriptor ? names.get((int) event.ident()) : null;
        text.append(name != null ? name : Long.toString(event.ident())).append(' ')
                .append(event.filter() == null ? "?" : event.filter().name().substring("EVFILT_".length())).append(' ');
        int shown = subject.isEmbedded() ? event.flags()
                : event.flags() & (event.isChangeResult() ? KeventFlags.EV_ERROR : ~NOT_COMMON);
        StringJoiner flags = new StringJoiner("|");
        for (int bit = 0; bit < FLAGS.length; bit++) {
            if ((shown & 1 << bit) != 0) {
                flags.add(FLAGS[bit]);
            }
        }
        text.append(shown == 0 ? "0" : flags.toString());
        if (event.isChangeResult()) {
            return text.append(event.data() == 0 ? "" : " " + event.errorName())
                    .append(event.udata() == 0 ? "" : " u=" + event.udata()).toString();
        }
        if (event.errorName() != null) {
            text.append(' ').append(event.errorName());
        } else if (event.fflags() != 0) {
            text.append(" f=").append(Integer.toHexString(event.fflags()));
        }
        if (event.data() != 0 && event.filter() != Filter.EVFILT_WRITE) {
            text.append(" d=").append(event.data());
        }
        return text.append(event.udata() == 0 ? "" : " u=" + event.udata()).toString();
    }

    /** A number that is no open descriptor. */
    final int badFd() {
        int fd = ok(Posix.dup(kq.fd()));
        Posix.close(fd);
        return fd + 500;
    }
}
