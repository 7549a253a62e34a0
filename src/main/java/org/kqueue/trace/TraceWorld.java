package org.kqueue.trace;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Sockets and pipes of a trace: performs its operations other than kevent calls and says their result in the trace's
 * words.
 */
final class TraceWorld implements AutoCloseable {

    private static final int AF_UNIX = 1;
    private static final int AF_INET = 2;
    private static final int SOCK_STREAM = 1;
    private static final int SOCK_DGRAM = 2;
    private static final int IPPROTO_TCP = 6;
    private static final int TCP_NODELAY = 1;
    private static final int SHUT_WR = 1;
    private static final short POLLIN = 1;
    private static final short POLLOUT = 4;
    private static final int BACKLOG = 8;
    private static final int REFUSED_PORT = 9;
    private static final int EAGAIN = 35;
    private static final int CHUNK = 4096;
    private static final int ADDRESS_LENGTH = 16;
    private static final int BUFFER_SIZE = 65536;
    private static final long FILL_SETTLE_MILLIS = 5;

    private final HostConstants host = HostConstants.CURRENT;
    private final Descriptors descriptors = new Descriptors(host);
    private final Map<String, Integer> ports = new HashMap<>();
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_SIZE);
    private final long bufferAddress = Pointer.nativeValue(Native.getDirectBufferPointer(buffer));
    /** An address or two descriptors, and behind it a length. */
    private final ByteBuffer memory = ByteBuffer.allocateDirect(64).order(ByteOrder.nativeOrder());
    private final long address = Pointer.nativeValue(Native.getDirectBufferPointer(memory));
    private final long settleMillis;

    /**
     * A world without descriptors.
     *
     * @param settleMillis how long packets may take over loopback
     */
    TraceWorld(long settleMillis) {
        this.settleMillis = settleMillis;
    }

    Descriptors descriptors() {
        return descriptors;
    }

    /** Performs an operation; null where its result is not shown. */
    String perform(TraceStep step) throws IOException {
        String x = step.operand(0);
        switch (step.verb()) {
            case "OPEN" -> openPair(Integer.parseInt(x));
            case "PIPE" -> openPipe(Integer.parseInt(x));
            case "DUP2" -> descriptors.dup2(x, step.operand(1));
            case "CLOSE" -> close(x);
            case "SHUTWR" -> {
                PosixLibrary.shutdown(fd(x), SHUT_WR);
                settle(x);
            }
            case "LISTEN" -> {
                bound("l" + x, SOCK_STREAM);
                check("listen", PosixLibrary.listen(fd("l" + x), BACKLOG));
            }
            case "UDP" -> bound("u" + x, SOCK_DGRAM);
            case "SOCKET" -> {
                descriptors.adopt(x, check("socket", PosixLibrary.socket(AF_INET, SOCK_STREAM, 0)));
                sendAtOnce(x);
            }
            case "CONNECT" -> {
                connect(x, step.operand(1));
                settle(x);
            }
            case "RST" -> reset(x);
            default -> {
                return result(step, x);
            }
        }
        return null;
    }

    private String result(TraceStep step, String x) throws IOException {
        String result = switch (step.verb()) {
            case "W" -> outcome(PosixLibrary.write(fd(x), bufferAddress, step.count(1)));
            case "R" -> outcome(PosixLibrary.read(fd(x), bufferAddress, step.count(1)));
            case "FILL" -> fill(x);
            case "DRAIN" -> drain(x);
            case "ACCEPT" -> accept(x, step.operand(1));
            case "SOERR" -> socketError(x);
            case "UCONN" -> outcome(connect(x, step.operand(1)));
            case "SENDTO" -> {
                host.loopback(memory, ports.getOrDefault(step.operand(1), REFUSED_PORT));
                yield outcome(PosixLibrary.sendto(fd(x), bufferAddress, step.count(2), 0, address, ADDRESS_LENGTH));
            }
            case "SEND" -> outcome(PosixLibrary.send(fd(x), bufferAddress, step.count(1), 0));
            case "RECV" -> outcome(PosixLibrary.read(fd(x), bufferAddress, BUFFER_SIZE));
            default -> throw new IOException(step.where() + ": cannot perform " + step.verb());
        };
        settle(x);
        return result;
    }

    /** What poll(2) says of a descriptor. */
    boolean isReady(int fd, boolean forWriting) {
        memory.putInt(0, fd).putShort(4, forWriting ? POLLOUT : POLLIN).putShort(6, (short) 0);
        return PosixLibrary.poll(address, 1, 0) > 0;
    }

    private int fd(String name) {
        return descriptors.number(name);
    }

    private String outcome(long result) {
        return result < 0 ? "-1 err " + descriptors.errno() : Long.toString(result);
    }

    private int check(String call, int result) throws IOException {
        if (result < 0) {
            throw descriptors.failure(call);
        }
        return result;
    }

    void openPair(int pair) throws IOException {
        check("socketpair", PosixLibrary.socketpair(AF_UNIX, SOCK_STREAM, 0, address));
        adoptBoth("a" + pair, "b" + pair);
    }

    private void openPipe(int pipe) throws IOException {
        check("pipe", PosixLibrary.pipe(address));
        adoptBoth("p" + pipe + "r", "p" + pipe + "w");
    }

    private void adoptBoth(String first, String second) throws IOException {
        int other = memory.getInt(Integer.BYTES);
        try {
            descriptors.adopt(first, memory.getInt(0));
        } catch (IOException e) {
            PosixLibrary.close(other);
            throw e;
        }
        descriptors.adopt(second, other);
    }

    private void bound(String name, int type) throws IOException {
        descriptors.adopt(name, check("socket", PosixLibrary.socket(AF_INET, type, 0)));
        host.loopback(memory, 0);
        check("bind", PosixLibrary.bind(fd(name), address, ADDRESS_LENGTH));
        memory.putInt(ADDRESS_LENGTH, ADDRESS_LENGTH);
        check("getsockname", PosixLibrary.getsockname(fd(name), address, address + ADDRESS_LENGTH));
        ports.put(name, (memory.get(2) & 0xFF) << 8 | memory.get(3) & 0xFF);
    }

    private int connect(String name, String to) {
        host.loopback(memory, to.equals("refused") ? REFUSED_PORT : ports.getOrDefault(to, REFUSED_PORT));
        return PosixLibrary.connect(fd(name), address, ADDRESS_LENGTH);
    }

    private String accept(String name, String listener) throws IOException {
        int fd = PosixLibrary.accept(fd(listener), 0, 0);
        if (fd < 0) {
            return outcome(fd);
        }
        descriptors.adopt(name, fd);
        sendAtOnce(name);
        return "0";
    }

    /** Small writes do not wait for the acknowledgement of those before, which can take 40 ms. */
    private void sendAtOnce(String name) throws IOException {
        memory.putInt(0, 1);
        check("setsockopt(TCP_NODELAY)", PosixLibrary.setsockopt(fd(name), IPPROTO_TCP, TCP_NODELAY, address,
                Integer.BYTES));
    }

    private void close(String name) throws IOException {
        descriptors.close(name);
        settle(name);
    }

    private void reset(String name) throws IOException {
        memory.putInt(0, 1).putInt(Integer.BYTES, 0);
        check("setsockopt(SO_LINGER)",
                PosixLibrary.setsockopt(fd(name), host.solSocket(), host.soLinger(), address, 2 * Integer.BYTES));
        close(name);
    }

    private String socketError(String name) {
        memory.putInt(0, 0).putInt(Integer.BYTES, Integer.BYTES);
        int result = PosixLibrary.getsockopt(fd(name), host.solSocket(), host.soError(), address, address
                + Integer.BYTES);
        if (result < 0) {
            return outcome(result);
        }
        return Integer.toString(
                org.kqueue.Errno.translate(memory.getInt(0), host.errnos(), org.kqueue.Errno.Numbering.BSD));
    }

    /**
     * Writes until the descriptor would block, large and then single bytes; TCP takes more when it has moved some on.
     */
    private String fill(String name) {
        boolean tcp = isTcp(name);
        long before;
        long written = 0;
        do {
            before = written;
            for (int size : new int[] {CHUNK, 1}) {
                long n;
                while ((n = PosixLibrary.write(fd(name), bufferAddress, size)) > 0) {
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

    private String drain(String name) {
        boolean again = isTcp(name);
        while (true) {
            long n = PosixLibrary.read(fd(name), bufferAddress, BUFFER_SIZE);
            if (n == 0) {
                return "eof";
            }
            if (n < 0 && descriptors.errno() != EAGAIN) {
                return "err " + descriptors.errno();
            }
            if (n < 0) {
                if (!again) {
                    return "empty";
                }
                pause(Math.max(settleMillis, FILL_SETTLE_MILLIS));
            }
            again = n > 0 && isTcp(name);
        }
    }

    private static boolean isTcp(String name) {
        return name.startsWith("c") || name.startsWith("s");
    }

    /** Packets need a moment, also over loopback. */
    private void settle(String name) {
        if (name.startsWith("u") || isTcp(name)) {
            pause(settleMillis);
        }
    }

    private static void pause(long millis) {
        try {
            TimeUnit.MILLISECONDS.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() throws IOException {
        descriptors.close();
    }
}
