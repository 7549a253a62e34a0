package org.kqueue.it.app;

import java.net.InetAddress;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.eclipse.jetty.client.BufferingResponseListener;
import org.eclipse.jetty.client.BytesRequestContent;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.Result;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/** Jetty's server and client: selectors of their own, keys whose interest goes off and on for each read. */
public final class JettyHttp {

    private static final int AT_ONCE = 50;
    private static final long TIMEOUT_SECONDS = 30;

    private JettyHttp() {
    }

    public static void main(String[] args) throws Exception {
        OnKqueue.requireProvider();
        Server server = new Server();
        ServerConnector connector = new ServerConnector(server);
        connector.setHost(InetAddress.getLoopbackAddress().getHostAddress());
        server.addConnector(connector);
        server.setHandler(new JettyEcho());
        server.start();
        HttpClient client = new HttpClient();
        client.start();
        post(client, connector.getLocalPort());
        OnKqueue.requireSelecting(2);
        client.stop();
        server.stop();
        System.out.println("OK " + HttpBodies.REQUESTS + " requests");
        System.exit(0);
    }

    private static void post(HttpClient client, int port) throws Exception {
        Semaphore room = new Semaphore(AT_ONCE);
        AtomicReference<Throwable> failure = new AtomicReference<>();
        for (int i = 0; i < HttpBodies.REQUESTS; i++) {
            int number = i;
            acquire(room, 1);
            client.POST("http://" + InetAddress.getLoopbackAddress().getHostAddress() + ":" + port + "/echo")
                    .body(new BytesRequestContent(HttpBodies.body(number)))
                    .send(new BufferingResponseListener(2 * HttpBodies.BYTES) {
                        @Override
                        public void onComplete(Result result) {
                            try {
                                if (result.isFailed()) {
                                    throw new AssertionError("request " + number, result.getFailure());
                                }
                                HttpBodies.requireEqual(number, result.getResponse().getStatus(), getContent());
                            } catch (AssertionError e) {
                                failure.compareAndSet(null, e);
                            } finally {
                                room.release();
                            }
                        }
                    });
        }
        acquire(room, AT_ONCE);
        if (failure.get() != null) {
            throw new AssertionError("a request failed", failure.get());
        }
    }

    private static void acquire(Semaphore room, int permits) throws InterruptedException {
        if (!room.tryAcquire(permits, TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("no answer within " + TIMEOUT_SECONDS + " s");
        }
    }
}
