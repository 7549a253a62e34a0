package org.kqueue.it;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.zip.CRC32;

/** A client of the echo server, blocking, on a plain socket. */
final class EchoClient implements AutoCloseable {

    private static final int TIMEOUT_MILLIS = 30_000;
    private static final int CHUNK_BYTES = 64 * 1024;

    private final Socket socket;
    private final int seed;

    EchoClient(int port, int seed) throws IOException {
        this.seed = seed;
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(TIMEOUT_MILLIS);
    }

    /** Sends a few bytes and waits for them. */
    void exchange(int length) throws IOException {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        socket.getOutputStream().write(bytes);
        byte[] answer = new byte[length];
        new DataInputStream(socket.getInputStream()).readFully(answer);
        if (!Arrays.equals(bytes, answer)) {
            throw new AssertionError("client " + seed + ": what came back is not what was sent");
        }
    }

    /** Sends from one thread and reads in another, so that both directions are full at once. */
    void transfer(long length) throws IOException {
        CompletableFuture<Long> sent = CompletableFuture.supplyAsync(() -> {
            try {
                return send(length);
            } catch (IOException e) {
                throw new AssertionError("cannot send", e);
            }
        });
        CRC32 received = new CRC32();
        byte[] buffer = new byte[CHUNK_BYTES];
        InputStream in = socket.getInputStream();
        long count = 0;
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
            received.update(buffer, 0, n);
            count += n;
        }
        if (count != length || received.getValue() != sent.join()) {
            throw new AssertionError(count + " of " + length + " bytes came back, or others than were sent");
        }
    }

    private long send(long length) throws IOException {
        Random random = new Random(seed);
        CRC32 checksum = new CRC32();
        OutputStream out = socket.getOutputStream();
        byte[] buffer = new byte[CHUNK_BYTES];
        for (long left = length; left > 0;) {
            int n = (int) Math.min(left, buffer.length);
            random.nextBytes(buffer);
            checksum.update(buffer, 0, n);
            out.write(buffer, 0, n);
            left -= n;
        }
        socket.shutdownOutput();
        return checksum.getValue();
    }

    /** Ends the sending side and waits for the server to end its own. */
    void finish() throws IOException {
        socket.shutdownOutput();
        if (socket.getInputStream().read() != -1) {
            throw new AssertionError("client " + seed + ": more came back than was sent");
        }
    }

    /** Closes with a reset. */
    void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
