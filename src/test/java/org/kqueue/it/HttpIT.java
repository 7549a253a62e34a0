package org.kqueue.it;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.kqueue.it.app.JdkHttp;
import org.kqueue.it.app.JettyHttp;
import org.kqueue.it.app.JettyHttp2;
import org.kqueue.it.app.NettyHttp;
import org.kqueue.it.app.TomcatHttp;
import org.kqueue.it.app.UndertowHttp;

/** Servers and clients that people run, on kqueue by the flag. Each checks from inside that its selectors are ours. */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class HttpIT {

    @Test
    void servesTheJdksHttpServerAndClient() throws Exception {
        requireOk(JdkHttp.class);
    }

    @Test
    void servesNetty() throws Exception {
        requireOk(NettyHttp.class);
    }

    @Test
    void takesNettysOwnSetOfSelectedKeys() throws Exception {
        try (ForkedJvm jvm = ForkedJvm.java(ForkedJvm.FLAG, ForkedJvm.OPEN_SUN_NIO_CH, "-cp", ForkedJvm.classPath(),
                NettyHttp.class.getName(), "selected-key set")) {
            jvm.await("OK ");
            assertEquals(0, jvm.exitStatus(), jvm::toString);
        }
    }

    @Test
    void servesJetty() throws Exception {
        requireOk(JettyHttp.class);
    }

    @Test
    void servesHttp2OverOneConnection() throws Exception {
        requireOk(JettyHttp2.class);
    }

    @Test
    void servesTomcat() throws Exception {
        requireOk(TomcatHttp.class);
    }

    @Test
    void servesUndertow() throws Exception {
        requireOk(UndertowHttp.class);
    }

    private static void requireOk(Class<?> application) throws Exception {
        try (ForkedJvm jvm = ForkedJvm.withFlag(application)) {
            jvm.await("OK ");
            assertEquals(0, jvm.exitStatus(), jvm::toString);
        }
    }
}
