package org.kqueue.trace;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.kqueue.Errno;
import org.kqueue.contract.Posix;
import org.kqueue.trace.CaseHistory.Kind;

/** TCP, UDP and AF_UNIX sockets that have addresses. */
final class CaseSockets {

    private static final int ADDRESS = 16;
    private static final int LOCAL_ADDRESS = 110;
    private static final int BACKLOG = 8;
    private static final int IPPROTO_TCP = 6;
    private static final int TCP_NODELAY = 1;
    private static final int SO_SNDBUF = 7;
    private static final int SO_RCVBUF = 8;
    private static final int F_GETFL = 3;
    private static final int F_SETFL = 4;
    private static final int ECONNREFUSED = 61;
    private static final int EINPROGRESS = 36;
    /** Port 9 of 127.0.0.1, where nobody listens. */
    private static final String REFUSED = "refused";

    private final CaseWorld world;
    private final Map<String, byte[]> addresses = new HashMap<>(Map.of(REFUSED, loopback(9)));

    CaseSockets(CaseWorld world) {
        this.world = world;
    }

    void teach(Map<String, CaseWorld.Verb> verbs) {
        verbs.put("socket", names -> socket(names.get(0), Posix.AF_INET, Posix.SOCK_STREAM, Kind.TCP));
        verbs.put("local", names -> socket(names.get(0), Posix.AF_UNIX, Posix.SOCK_STREAM, Kind.UNIX));
        verbs.put("blocking", names -> Posix.fcntl(world.fd(names.get(0)), F_SETFL,
                Posix.fcntl(world.fd(names.get(0)), F_GETFL, 0) & ~Posix.O_NONBLOCK));
        verbs.put("udp", names -> {
            socket(names.get(0), Posix.AF_INET, Posix.SOCK_DGRAM, Kind.DATAGRAM);
            return bind(names.get(0));
        });
        verbs.put("bind", names -> bind(names.get(0)));
        verbs.put("listen", names -> listen(names.get(0)));
        verbs.put("bound", names -> {
            socket(names.get(0), Posix.AF_INET, Posix.SOCK_STREAM, Kind.TCP);
            return bind(names.get(0));
        });
        verbs.put("listener", names -> listener(names.get(0)));
        verbs.put("client", names -> client(names.get(0), names.get(1)));
        verbs.put("connect", names -> connect(names.get(0), names.get(1)));
        verbs.put("accept", names -> accept(names.get(0), names.get(1)));
        verbs.put("tcp", names -> connected(names.get(0), names.get(1), 0));
        verbs.put("narrow", names -> connected(names.get(0), names.get(1), 16384));
        verbs.put("reset", names -> reset(names.get(0)));
        verbs.put("soerror", names -> error(names.get(0)));
        verbs.put("sendto", operands -> {
            int count = Integer.parseInt(operands.get(2));
            return Posix.sendto(world.fd(operands.get(0)), new byte[count], count, 0, addresses.get(operands.get(1)),
                    ADDRESS);
        });
        verbs.put("bindpath", operands -> {
            byte[] address = path(operands.get(1));
            return Posix.bind(world.fd(operands.get(0)), address, LOCAL_ADDRESS);
        });
        verbs.put("connectpath", operands -> Posix.connect(world.fd(operands.get(0)), path(operands.get(1)),
                LOCAL_ADDRESS));
    }

    private static byte[] loopback(int port) {
        return new byte[] {Posix.AF_INET, 0, (byte) (port >> 8), (byte) port, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0};
    }

    /** A {@code struct sockaddr_un} of a name that is in no file system. */
    private byte[] path(String name) {
        byte[] address = new byte[LOCAL_ADDRESS];
        address[0] = Posix.AF_UNIX;
        byte[] unique = ("kqueue-" + ProcessHandle.current().pid() + "-" + System.identityHashCode(this) + "-" + name)
                .getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(unique, 0, address, 3, unique.length);
        return address;
    }

    private long socket(String name, int domain, int type, Kind kind) throws IOException {
        world.adopt(name, Posix.socket(domain, type | Posix.SOCK_CLOEXEC, 0), kind);
        return 0;
    }

    private long bind(String name) throws IOException {
        byte[] address = loopback(0);
        check("bind", Posix.bind(world.fd(name), address, ADDRESS));
        check("getsockname", Posix.getsockname(world.fd(name), address, new int[] {ADDRESS}));
        addresses.put(name, address);
        return 0;
    }

    private long listen(String name) throws IOException {
        check("listen", Posix.listen(world.fd(name), BACKLOG));
        if (world.history.kind(name) == Kind.TCP) {
            world.history.made(name, Kind.LISTENER);
        }
        return 0;
    }

    private long listener(String name) throws IOException {
        socket(name, Posix.AF_INET, Posix.SOCK_STREAM, Kind.TCP);
        bind(name);
        return listen(name);
    }

    /** Connects over loopback, waiting for it. */
    private long client(String name, String listener) throws IOException {
        socket(name, Posix.AF_INET, Posix.SOCK_STREAM, Kind.TCP);
        setBlocking(name, true);
        check("connect", (int) connect(name, listener));
        setBlocking(name, false);
        return 0;
    }

    private void setBlocking(String name, boolean blocking) throws IOException {
        check("fcntl", Posix.fcntl(world.fd(name), F_SETFL, blocking ? 0 : Posix.O_NONBLOCK));
    }

    private long connect(String name, String to) {
        int result = Posix.connect(world.fd(name), addresses.get(to), ADDRESS);
        int errno = result < 0 ? world.descriptors.errno() : 0;
        if (errno == ECONNREFUSED || errno == EINPROGRESS) {
            world.history.mark("refused " + name);
        }
        return result;
    }

    private long accept(String name, String listener) throws IOException {
        int fd = Posix.accept(world.fd(listener), null, null);
        if (fd >= 0) {
            world.adopt(name, fd, Kind.TCP);
        }
        return fd;
    }

    /** A connected pair; with buffers of a size, of which the receiving end is the second. */
    private long connected(String one, String other, int size) throws IOException {
        listener("listener");
        socket(one, Posix.AF_INET, Posix.SOCK_STREAM, Kind.TCP);
        if (size > 0) {
            option(one, SO_SNDBUF, 4 * size);
            option("listener", SO_RCVBUF, size);
        }
        setBlocking(one, true);
        check("connect", (int) connect(one, "listener"));
        setBlocking(one, false);
        check("accept", (int) accept(other, "listener"));
        for (String name : new String[] {one, other}) {
            check("setsockopt", Posix.setsockopt(world.fd(name), IPPROTO_TCP, TCP_NODELAY, new int[] {1},
                    Integer.BYTES));
        }
        world.descriptors.close("listener");
        world.history.connected(one, other);
        return 0;
    }

    private void option(String name, int option, int value) throws IOException {
        check("setsockopt", Posix.setsockopt(world.fd(name), Posix.SOL_SOCKET, option, new int[] {value},
                Integer.BYTES));
    }

    private long reset(String name) throws IOException {
        check("setsockopt(SO_LINGER)", Posix.setsockopt(world.fd(name), Posix.SOL_SOCKET, Posix.SO_LINGER,
                new int[] {1, 0}, 2 * Integer.BYTES));
        world.descriptors.close(name);
        return 0;
    }

    private long error(String name) throws IOException {
        int[] value = {0};
        check("getsockopt", Posix.getsockopt(world.fd(name), Posix.SOL_SOCKET, Posix.SO_ERROR, value,
                new int[] {Integer.BYTES}));
        return Errno.translate(value[0], Errno.Numbering.LINUX, Errno.Numbering.BSD);
    }

    private void check(String call, int result) throws IOException {
        if (result < 0) {
            throw world.descriptors.failure(call);
        }
    }
}
