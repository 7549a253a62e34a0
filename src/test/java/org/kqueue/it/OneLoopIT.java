package org.kqueue.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.kqueue.examples.KqueueTour;
import org.kqueue.examples.OneLoopServer;

/** The examples that have everything in one loop. */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class OneLoopIT {

    @TempDir
    Path temp;

    @Test
    void tourMeetsEveryKindOfEvent() throws Exception {
        try (ForkedJvm tour = ForkedJvm.java("-cp", ForkedJvm.classPath(), KqueueTour.class.getName())) {
            assertEquals(0, tour.exitStatus(), tour::toString);
            for (String text : new String[] {"EVFILT_TIMER ident=1", "EVFILT_READ ident=",
                    "5 bytes to read, and no more",
                    "EVFILT_SIGNAL ident=28", "EVFILT_PROC ident=", "exit code OptionalInt[7]", "NOTE_WRITE",
                            "EVFILT_USER ident=1",
                    "data 42"}) {
                assertTrue(tour.output().contains(text), () -> text + " in " + tour);
            }
        }
    }

    private Path settings(String name, String greeting, int idleMillis) throws IOException {
        return Files.writeString(temp.resolve(name), "greeting=" + greeting + "\nidleMillis=" + idleMillis + "\n");
    }

    @Test
    void serverDoesEverythingInOneLoop() throws Exception {
        Path file = settings("server.properties", "first", 60_000);
        try (ForkedJvm server = ForkedJvm.java("-cp", ForkedJvm.classPath(), OneLoopServer.class.getName(),
                file.toString())) {
            String helper = server.await("helper ");
            int port = server.listeningPort();
            try (Client client = new Client(port)) {
                assertEquals("first", client.line());
                client.send("echo");
                assertEquals("echo", client.line());

                // Its settings are replaced, as editors do it.
                Files.move(settings("next", "second", 300), file, StandardCopyOption.REPLACE_EXISTING);
                assertEquals("second", server.await("settings "));
                client.send("still here");
                assertEquals("still here", client.line());
            }
            try (Client idle = new Client(port)) {
                assertEquals("second", idle.line());
                server.await("idle ");
                assertEquals(null, idle.line());
            }

            // Its helper dies, and another takes its place.
            ProcessHandle.of(Long.parseLong(helper)).orElseThrow().destroyForcibly();
            String end = server.await("helper ended, ");
            assertTrue(end.contains("9") || end.contains("137"), end);
            String next = server.awaitAfter("helper ended, ", "helper ");
            assertNotEquals(helper, next);

            // It is told to end while a client is connected.
            try (Client last = new Client(port)) {
                assertEquals("second", last.line());
                ProcessHandle.of(server.pid()).orElseThrow().destroy();
                assertEquals("TERM", server.await("signal "));
                assertEquals(null, last.line());
            }
            assertEquals(0, server.exitStatus(), server::toString);
            assertTrue(server.output().endsWith("bye"), server::toString);
            assertFalse(ProcessHandle.of(Long.parseLong(next)).map(ProcessHandle::isAlive).orElse(false),
                    server::toString);
        }
    }

    private static final class Client implements AutoCloseable {
        private final Socket socket;
        private final BufferedReader reader;

        Client(int port) throws IOException {
            socket = new Socket(InetAddress.getLoopbackAddress(), port);
            socket.setSoTimeout(20_000);
            reader = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
        }

        void send(String line) throws IOException {
            socket.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
        }

        String line() throws IOException {
            return reader.readLine();
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
