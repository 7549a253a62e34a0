package org.kqueue.it.app;

import io.undertow.Handlers;
import io.undertow.Undertow;
import io.undertow.UndertowOptions;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpClient;
import java.nio.ByteBuffer;

/**
 * Undertow on XNIO, whose threads own a selector each and hand a key from one to another, and the JDK's HTTP client.
 */
public final class UndertowHttp {

    private UndertowHttp() {
    }

    public static void main(String[] args) throws Exception {
        OnKqueue.requireProvider();
        Undertow server = Undertow.builder().addHttpListener(0, InetAddress.getLoopbackAddress().getHostAddress())
                .setIoThreads(2).setServerOption(UndertowOptions.ENABLE_HTTP2, true)
                .setHandler(Handlers.path().addExactPath("/echo", exchange -> exchange.getRequestReceiver()
                        .receiveFullBytes((echo, body) -> echo.getResponseSender().send(ByteBuffer.wrap(body)))))
                .build();
        server.start();
        int port = ((InetSocketAddress) server.getListenerInfo().get(0).getAddress()).getPort();
        for (HttpClient.Version version : HttpClient.Version.values()) {
            JdkHttpClients.post(JdkHttpClients.newClient(version), port);
        }
        // Two that read and write, one that accepts, and the clients'.
        OnKqueue.requireSelecting(4);
        server.stop();
        System.out.println("OK " + HttpBodies.REQUESTS + " requests");
        System.exit(0);
    }
}
