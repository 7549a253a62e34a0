package org.kqueue.it.app;

import java.net.InetAddress;
import java.net.http.HttpClient;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/** HTTP/2 without TLS: many requests in both directions of one connection, between Jetty and the JDK's client. */
public final class JettyHttp2 {

    private JettyHttp2() {
    }

    public static void main(String[] args) throws Exception {
        OnKqueue.requireProvider();
        HttpConfiguration configuration = new HttpConfiguration();
        Server server = new Server();
        ServerConnector connector = new ServerConnector(server, new HttpConnectionFactory(configuration),
                new HTTP2CServerConnectionFactory(configuration));
        connector.setHost(InetAddress.getLoopbackAddress().getHostAddress());
        server.addConnector(connector);
        server.setHandler(new JettyEcho());
        server.start();
        JdkHttpClients.post(JdkHttpClients.newClient(HttpClient.Version.HTTP_2), connector.getLocalPort());
        OnKqueue.requireSelecting(2);
        server.stop();
        System.out.println("OK " + HttpBodies.REQUESTS + " requests");
        System.exit(0);
    }
}
