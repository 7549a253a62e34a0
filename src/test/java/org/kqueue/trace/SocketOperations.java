package org.kqueue.trace;

import static org.kqueue.trace.CLibrary.C;

import com.sun.jna.Memory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.kqueue.Errno;

/** Sockets and pipes, and reading and writing of whatever has a name. */
final class SocketOperations {

    /** Of {@code <sys/socket.h>}; macOS and the BSDs agree. */
    private static final int SOL_SOCKET = TraceDescriptors.LINUX ? 1 : 0xFFFF;
    private static final int SO_ERROR = TraceDescriptors.LINUX ? 4 : 0x1007;
    private static final int SO_LINGER = TraceDescriptors.LINUX ? 13 : 0x80;
    private static final int AF_UNIX = 1;
    private static final int AF_INET = 2;
    private static final int SOCK_STREAM = 1;
    private static final int SOCK_DGRAM = 2;
    private static final int IPPROTO_TCP = 6;
    private static final int TCP_NODELAY = 1;
    private static final List<String> SHUT = List.of("SHUTRD", "SHUTWR", "SHUT");
    private static final int MSG_OOB = 1;
    private static final int POLLIN = 1;
    private static final int POLLOUT = 4;
    private static final int POLLRDNORM = 0x40;
    private static final int BACKLOG = 8;
    private static final int REFUSED_PORT = 9;
    private static final int EAGAIN = 35;
    private static final int CHUNK = 4096;
    private static final int BUFFER_SIZE = 100_000;
    private static final long FILL_SETTLE_MILLIS = 5;
    private static final long PATIENCE_NANOS = 10_000_000_000L;

    private final TraceDescriptors descriptors;
    private final long settleMillis;
    private final Map<String, byte[]> addresses = new HashMap<>();
    private final Set<String> local = new HashSet<>();
    private final int[] fds = {-1, -1};
    private final Memory buffer = new Memory(BUFFER_SIZE);
    private final Memory pollfd = new Memory(8);

    /**
     * Makes the operations.
     *
     * @param settleMillis how long packets may take over loopback
     */
    SocketOperations(TraceDescriptors descriptors, long settleMillis) {
        this.descriptors = descriptors;
        this.settleMillis = settleMillis;
        buffer.clear();
    }

    /** Performs an operation; null where it is another's. */
    String perform(Step step) throws IOException {
        String x = step.operand(0);
        String y = step.operand(1);
        byte[] to = addresses.getOrDefault(y, loopback(REFUSED_PORT));
        String result = switch (step.verb()) {
            case "OPEN" -> both("a" + x, "b" + x, C.socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
            case "DGRAM" -> both("a" + x, "b" + x, C.socketpair(AF_UNIX, SOCK_DGRAM, 0, fds));
            case "PIPE" -> both("p" + x + "r", "p" + x + "w", C.pipe(fds));
            case "SOCKET" -> tcp(x, C.socket(AF_INET, SOCK_STREAM, 0));
            case "LOCAL" -> local(x);
            case "BLOCK" -> descriptors.setFlags(x, 0);
            case "BIND" -> bind(x);
            case "LISTEN" -> listen(x);
            case "UDP" -> udp("u" + x);
            case "CONNECT", "UCONN" -> descriptors.outcome(C.connect(fd(x), to, to.length));
            case "ACCEPT" -> accept(x, C.accept(fd(y), null, null));
            case "W" -> descriptors.outcome(C.write(fd(x), buffer, step.number(1)));
            case "R" -> descriptors.outcome(C.read(fd(x), buffer, step.number(1)));
            case "RECV" -> descriptors.outcome(C.read(fd(x), buffer, BUFFER_SIZE));
            case "SEND" -> descriptors.outcome(C.send(fd(x), buffer, step.number(1), 0));
            case "SENDTO" -> descriptors.outcome(C.sendto(fd(x), buffer, step.number(2), 0, to, to.length));
            case "OOB" -> descriptors.outcome(C.send(fd(x), buffer, 1, MSG_OOB));
            case "FILL" -> fill(fd(x), isTcp(x));
            case "DRAIN" -> drain(fd(x), isTcp(x));
            case "UNSTICK" -> unstick(fd(x), y);
            case "SHUTRD", "SHUTWR", "SHUT" -> descriptors.outcome(C.shutdown(fd(x), SHUT.indexOf(step.verb())));
            case "SOERR" -> socketError(fd(x));
            case "POLL" -> Integer.toHexString(poll(fd(x), POLLIN | POLLRDNORM));
            case "DUP2" -> descriptors.dup2(x, y);
            case "CLOSE" -> descriptors.close(x);
            case "RST" -> reset(x);
            default -> null;
        };
        if (result != null && (x.startsWith("u") || isTcp(x))) {
            // Packets need a moment, also over loopback.
            pause(settleMillis);
        }
        return result;
    }

    private int fd(String name) {
        return descriptors.number(name);
    }

    /** What poll(2) returns of a descriptor. */
    private int poll(int fd, int events) {
        pollfd.setInt(0, fd);
        pollfd.setInt(4, 0);
        pollfd.setShort(4, (short) events);
        return C.poll(pollfd, 1, 0) > 0 ? pollfd.getShort(6) : 0;
    }

    /** Whether poll(2) says that a descriptor is ready for a filter. */
    boolean isReady(String name, String filter) {
        return poll(fd(name), filter.equals("WRITE") ? POLLOUT : POLLIN) != 0;
    }

    private String both(String one, String other, int result) throws IOException {
        descriptors.check("opening " + one, result);
        descriptors.adopt(one, fds[0]);
        return descriptors.adopt(other, fds[1]);
    }

    /** Small writes do not wait for the acknowledgement of those before, which can take 40 ms. */
    private String tcp(String name, int fd) throws IOException {
        descriptors.adopt(name, fd);
        return option(name, IPPROTO_TCP, TCP_NODELAY, 1);
    }

    private String option(String name, int level, int option, int... value) throws IOException {
        int length = value.length * Integer.BYTES;
        descriptors.check("setsockopt", C.setsockopt(fd(name), level, option, value, length));
        return "0";
    }

    private String local(String name) throws IOException {
        local.add(name);
        return descriptors.adopt(name, C.socket(AF_UNIX, SOCK_STREAM, 0));
    }

    /** Binds to a free port; an AF_UNIX socket to a name that is in no file system, as Linux has them. */
    private String bind(String name) throws IOException {
        byte[] address = !local.contains(name) ? loopback(0)
                : ("\1\0\0kqueue-" + ProcessHandle.current().pid() + System.identityHashCode(this) + name)
                        .getBytes(StandardCharsets.US_ASCII);
        descriptors.check("bind", C.bind(fd(name), address, address.length));
        descriptors.check("getsockname", C.getsockname(fd(name), address, new int[] {address.length}));
        addresses.put(name, address);
        return "0";
    }

    /** A {@code struct sockaddr_in} of 127.0.0.1; the BSDs put its length before the family. */
    private static byte[] loopback(int port) {
        boolean linux = TraceDescriptors.LINUX;
        return new byte[] {(byte) (linux ? AF_INET : 16), (byte) (linux ? 0 : AF_INET), (byte) (port >> 8), (byte) port,
            127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0};
    }

    private String udp(String name) throws IOException {
        descriptors.adopt(name, C.socket(AF_INET, SOCK_DGRAM, 0));
        return bind(name);
    }

    /** Listens on a socket, or on a new one where only its digit is given. */
    private String listen(String nameOrDigit) throws IOException {
        String name = nameOrDigit;
        if (!name.startsWith("l")) {
            name = "l" + name;
            tcp(name, C.socket(AF_INET, SOCK_STREAM, 0));
            bind(name);
        }
        return descriptors.outcome(C.listen(fd(name), BACKLOG));
    }

    private String accept(String name, int fd) throws IOException {
        return fd < 0 ? descriptors.outcome(fd) : tcp(name, fd);
    }

    private String reset(String name) throws IOException {
        option(name, SOL_SOCKET, SO_LINGER, 1, 0);
        return descriptors.close(name);
    }

    private String socketError(int fd) {
        int[] error = {0};
        int result = C.getsockopt(fd, SOL_SOCKET, SO_ERROR, error, new int[] {Integer.BYTES});
        return result < 0 ? descriptors.outcome(result)
                : Integer.toString(Errno.translate(error[0], TraceDescriptors.ERRNOS, Errno.Numbering.BSD));
    }

    /**
     * Writes until the descriptor would block, large and then single bytes; TCP takes more when it has moved some on.
     */
    private String fill(int fd, boolean tcp) {
        long before;
        long written = 0;
        do {
            before = written;
            for (int size : new int[] {CHUNK, 1}) {
                long n;
                while ((n = C.write(fd, buffer, size)) > 0) {
                    written += n;
                }
                if (n < 0 && descriptors.errno() != EAGAIN) {
                    return "err " + descriptors.errno();
                }
            }
            pause(tcp ? Math.max(settleMillis, FILL_SETTLE_MILLIS) : 0);
        } while (tcp && written != before);
        return "full";
    }

    /** Reads until the descriptor would block; TCP may have more on its way. */
    private String drain(int fd, boolean tcp) {
        boolean again = tcp;
        while (true) {
            long n = C.read(fd, buffer, BUFFER_SIZE);
            if (n == 0) {
                return "eof";
            }
            if (n < 0 && descriptors.errno() != EAGAIN) {
                return "err " + descriptors.errno();
            }
            if (n < 0 && !again) {
                return "empty";
            }
            pause(n < 0 ? Math.max(settleMillis, FILL_SETTLE_MILLIS) : 0);
            again = n > 0 && tcp;
        }
    }

    /** Reads from one end until the other has room, and no more than that. */
    private String unstick(int reader, String writer) throws IOException {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (!isReady(writer, "WRITE")) {
            if (System.nanoTime() > deadline) {
                throw new IOException(writer + " does not become writable");
            }
            C.read(reader, buffer, CHUNK);
            pause(1);
        }
        return "0";
    }

    private static boolean isTcp(String name) {
        return name.startsWith("c") || name.startsWith("s");
    }

    private static void pause(long millis) {
        try {
            TimeUnit.MILLISECONDS.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
