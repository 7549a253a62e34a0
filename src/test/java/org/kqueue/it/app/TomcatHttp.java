package org.kqueue.it.app;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.InetAddress;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.catalina.Context;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.startup.Tomcat;

/**
 * Tomcat's NIO connector, which takes the interest off a key for each request and puts it back, and the JDK's HTTP
 * client.
 */
public final class TomcatHttp {

    private TomcatHttp() {
    }

    public static void main(String[] args) throws Exception {
        OnKqueue.requireProvider();
        Path base = Files.createDirectories(Path.of("target", "tomcat").toAbsolutePath());
        Tomcat tomcat = new Tomcat();
        tomcat.setBaseDir(base.toString());
        Connector connector = new Connector("org.apache.coyote.http11.Http11NioProtocol");
        connector.setPort(0);
        connector.setMaxPostSize(2 * HttpBodies.BYTES);
        if (!connector.setProperty("address", InetAddress.getLoopbackAddress().getHostAddress())) {
            throw new IllegalStateException("the connector has no address");
        }
        tomcat.setConnector(connector);
        Context context = tomcat.addContext("", base.toString());
        Tomcat.addServlet(context, "echo", new Echo()).addMapping("/echo");
        tomcat.start();
        HttpClient client = JdkHttpClients.newClient(HttpClient.Version.HTTP_1_1);
        JdkHttpClients.post(client, connector.getLocalPort());
        OnKqueue.requireSelecting(2);
        tomcat.stop();
        tomcat.destroy();
        System.out.println("OK " + HttpBodies.REQUESTS + " requests");
        System.exit(0);
    }

    private static final class Echo extends HttpServlet {
        private static final long serialVersionUID = 1;

        @Override
        protected void doPost(HttpServletRequest request, HttpServletResponse response) throws IOException {
            byte[] body = request.getInputStream().readAllBytes();
            response.setContentLength(body.length);
            response.getOutputStream().write(body);
        }
    }
}
