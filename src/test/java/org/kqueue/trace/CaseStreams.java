package org.kqueue.trace;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.kqueue.contract.Posix;
import org.kqueue.trace.CaseHistory.Kind;

/** Pairs, pipes, and reading and writing of whatever has a name. */
final class CaseStreams {

    private static final int CHUNK = 4096;
    private static final int BUFFER = 65536;
    private static final int MSG_OOB = 1;
    private static final int MSG_NOSIGNAL = 0x4000;
    private static final int EAGAIN = 35;
    private static final int POLLOUT = 4;
    private static final int POLL_ALL = 0x41;
    private static final long PATIENCE_NANOS = 10_000_000_000L;

    private final CaseWorld world;

    CaseStreams(CaseWorld world) {
        this.world = world;
    }

    void teach(Map<String, CaseWorld.Verb> verbs) {
        verbs.put("pair", names -> pair(names.get(0), names.get(1), Posix.SOCK_STREAM, Kind.UNIX));
        verbs.put("datagrams", names -> pair(names.get(0), names.get(1), Posix.SOCK_DGRAM, Kind.DATAGRAM));
        verbs.put("pairs", this::pairs);
        verbs.put("pipe", names -> pipe(names.get(0), names.get(1)));
        verbs.put("write", operands -> write(operands.get(0), Integer.parseInt(operands.get(1))));
        verbs.put("read", operands -> read(operands.get(0), Integer.parseInt(operands.get(1))));
        verbs.put("send", operands -> Posix.send(world.fd(operands.get(0)), new byte[1], 1, MSG_NOSIGNAL));
        verbs.put("urgent", operands -> Posix.send(world.fd(operands.get(0)), new byte[1], 1, MSG_OOB));
        verbs.put("fill", operands -> fill(operands.get(0)));
        verbs.put("drain", operands -> drain(operands.get(0)));
        verbs.put("unstick", operands -> unstick(operands.get(0), operands.get(1)));
        verbs.put("shutrd", operands -> Posix.shutdown(world.fd(operands.get(0)), Posix.SHUT_RD));
        verbs.put("shutwr", operands -> Posix.shutdown(world.fd(operands.get(0)), Posix.SHUT_WR));
        verbs.put("shut", operands -> Posix.shutdown(world.fd(operands.get(0)), Posix.SHUT_RDWR));
    }

    private long pair(String one, String other, int type, Kind kind) throws IOException {
        int[] fds = {-1, -1};
        if (Posix.socketpair(Posix.AF_UNIX, type | Posix.SOCK_CLOEXEC, 0, fds) < 0) {
            throw world.descriptors.failure("socketpair");
        }
        adopt(one, other, fds, kind, kind);
        return 0;
    }

    private long pairs(List<String> names) throws IOException {
        for (String name : names) {
            pair(name, "peer of " + name, Posix.SOCK_STREAM, Kind.UNIX);
        }
        return 0;
    }

    private long pipe(String reader, String writer) throws IOException {
        int[] fds = {-1, -1};
        if (Posix.pipe2(fds, Posix.O_CLOEXEC) < 0) {
            throw world.descriptors.failure("pipe2");
        }
        adopt(reader, writer, fds, Kind.PIPE_READER, Kind.PIPE_WRITER);
        return 0;
    }

    private void adopt(String one, String other, int[] fds, Kind kind, Kind otherKind) throws IOException {
        try {
            world.adopt(one, fds[0], kind);
        } catch (IOException e) {
            Posix.close(fds[1]);
            throw e;
        }
        world.adopt(other, fds[1], otherKind);
        world.history.connected(one, other);
    }

    private long write(String name, int bytes) {
        return Posix.write(world.fd(name), new byte[bytes], bytes);
    }

    private long read(String name, int bytes) {
        return Posix.read(world.fd(name), new byte[bytes], bytes);
    }

    /** Writes until nothing more goes in; TCP takes more when it has moved some on. */
    private long fill(String name) throws InterruptedException {
        long filled = 0;
        long before;
        do {
            before = filled;
            for (int size : new int[] {CHUNK, 1}) {
                long n;
                while ((n = write(name, size)) > 0) {
                    filled += n;
                }
                if (world.descriptors.errno() != EAGAIN) {
                    return -1;
                }
            }
            Thread.sleep(world.history.kind(name) == Kind.TCP ? 20 : 0);
        } while (filled != before && world.history.kind(name) == Kind.TCP);
        return filled;
    }

    /** Reads all there is; of TCP until nothing has come for a while. */
    private long drain(String name) throws InterruptedException {
        Set<Kind> slow = Set.of(Kind.TCP);
        long drained = 0;
        int quiet = 0;
        while (quiet < (slow.contains(world.history.kind(name)) ? 5 : 1)) {
            long n = read(name, BUFFER);
            drained += Math.max(0, n);
            quiet = n > 0 ? 0 : quiet + 1;
            Thread.sleep(n > 0 || !slow.contains(world.history.kind(name)) ? 0 : 10);
        }
        return drained;
    }

    /** Reads from one end until the other has room, and no more than that. */
    private long unstick(String reader, String writer) throws Exception {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while ((poll(world.fd(writer), POLLOUT) & POLLOUT) == 0) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException(writer + " does not become writable");
            }
            read(reader, 1024);
            Thread.sleep(1);
        }
        return 0;
    }

    private static int poll(int fd, int mask) {
        byte[] pollfd = pollfd(fd, mask);
        return Posix.poll(pollfd, 1, 0) > 0 ? pollfd[6] & 0xFF : 0;
    }

    private static byte[] pollfd(int fd, int mask) {
        return new byte[] {(byte) fd, (byte) (fd >> 8), (byte) (fd >> 16), (byte) (fd >> 24), (byte) mask, 0, 0, 0};
    }

    /** {@code poll} for POLLIN and POLLRDNORM: the result, and the returned events in hexadecimal. */
    static String view(int fd) {
        byte[] pollfd = pollfd(fd, POLL_ALL);
        int n = Posix.poll(pollfd, 1, 0);
        return n + " " + Integer.toHexString(pollfd[6] & 0xFF);
    }
}
