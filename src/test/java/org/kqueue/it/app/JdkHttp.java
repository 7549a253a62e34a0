package org.kqueue.it.app;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpClient;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** The JDK's HTTP server and client: a selector each. */
public final class JdkHttp {

    private JdkHttp() {
    }

    public static void main(String[] args) throws Exception {
        OnKqueue.requireProvider();
        ExecutorService workers = Executors.newFixedThreadPool(4);
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(workers);
        server.createContext("/echo", JdkHttp::echo);
        server.start();
        HttpClient client = JdkHttpClients.newClient(HttpClient.Version.HTTP_1_1);
        JdkHttpClients.post(client, server.getAddress().getPort());
        OnKqueue.requireSelecting(2);
        server.stop(0);
        workers.shutdown();
        System.out.println("OK " + HttpBodies.REQUESTS + " requests");
        System.exit(0);
    }

    private static void echo(HttpExchange exchange) throws IOException {
        byte[] body = exchange.getRequestBody().readAllBytes();
        exchange.sendResponseHeaders(200, body.length);
        try (OutputStream answer = exchange.getResponseBody()) {
            answer.write(body);
        }
    }
}
