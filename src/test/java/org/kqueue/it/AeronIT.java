package org.kqueue.it;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.kqueue.it.app.AeronEcho;

/**
 * Agrona and Aeron put their own set of selected keys into the JDK's selector by reflection, and fail where they
 * cannot.
 */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class AeronIT {

    @Test
    void anAeronDriverServesUdp() throws Exception {
        try (ForkedJvm jvm = ForkedJvm.java(ForkedJvm.FLAG, ForkedJvm.OPEN_SUN_NIO_CH,
                "--add-opens=java.base/java.util.zip=ALL-UNNAMED",
                "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED", "-cp", ForkedJvm.classPath(),
                AeronEcho.class.getName())) {
            jvm.await("OK ");
            assertEquals(0, jvm.exitStatus(), jvm::toString);
        }
    }
}
