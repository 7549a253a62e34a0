package org.kqueue.it.app;

import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Posts bodies to a server on loopback with the JDK's HTTP client, which runs on a selector of its own, and checks the
 * echo.
 */
final class JdkHttpClients {

    private static final int AT_ONCE = 50;
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    private JdkHttpClients() {
    }

    static HttpClient newClient(HttpClient.Version version) {
        return HttpClient.newBuilder().version(version).connectTimeout(TIMEOUT).build();
    }

    static void post(HttpClient client, int port) throws Exception {
        URI uri = new URI("http", null, InetAddress.getLoopbackAddress().getHostAddress(), port, "/echo", null, null);
        requireVersion(client.version(), client.send(request(uri, new byte[0]),
                HttpResponse.BodyHandlers.ofByteArray()));
        for (int first = 0; first < HttpBodies.REQUESTS; first += AT_ONCE) {
            List<CompletableFuture<Void>> answers = new ArrayList<>();
            for (int number = first; number < first + AT_ONCE; number++) {
                int n = number;
                answers.add(client.sendAsync(request(uri, HttpBodies.body(n)), HttpResponse.BodyHandlers.ofByteArray())
                        .thenAccept(answer -> {
                            requireVersion(client.version(), answer);
                            HttpBodies.requireEqual(n, answer.statusCode(), answer.body());
                        }));
            }
            for (CompletableFuture<Void> answer : answers) {
                answer.get(TIMEOUT.toSeconds() * 2, TimeUnit.SECONDS);
            }
        }
    }

    private static HttpRequest request(URI uri, byte[] body) {
        HttpRequest.BodyPublisher publisher = body.length == 0 ? HttpRequest.BodyPublishers.noBody()
                : HttpRequest.BodyPublishers.ofByteArray(body);
        return HttpRequest.newBuilder(uri).timeout(TIMEOUT).POST(publisher).build();
    }

    private static void requireVersion(HttpClient.Version expected, HttpResponse<?> answer) {
        if (answer.version() != expected) {
            throw new AssertionError("expected " + expected + ": " + answer + " " + answer.version());
        }
    }
}
