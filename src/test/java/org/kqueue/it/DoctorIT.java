package org.kqueue.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.kqueue.examples.EchoServer;

/** The -all.jar when it is run itself, and a Java that has few modules. */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class DoctorIT {

    /** Neither Flight Recorder nor management. JNA itself needs java.logging. */
    private static final String[] FEW_MODULES = {"--limit-modules", "java.base,java.logging,jdk.unsupported"};

    @Test
    void theJarSaysWhetherItCanServe() throws Exception {
        try (ForkedJvm doctor = ForkedJvm.java("-jar", ForkedJvm.allJar().toString())) {
            assertEquals(0, doctor.exitStatus(), doctor::toString);
            assertTrue(doctor.output().contains("can serve"), doctor::toString);
            assertTrue(doctor.output().contains("kqueue-nio  0."), doctor::toString);
        }
        try (ForkedJvm doctor = ForkedJvm.java("-Dorg.kqueue.calls=jna", "-Djna.nounpack=true",
                "-Djna.nosys=true", "-jar", ForkedJvm.allJar().toString())) {
            assertEquals(1, doctor.exitStatus(), doctor::toString);
            assertTrue(doctor.output().contains("cannot serve: ") && doctor.output().contains("jna.boot.library.path"),
                    doctor::toString);
        }
        try (ForkedJvm doctor = ForkedJvm.java("-jar", ForkedJvm.allJar().toString(), "--nonsense")) {
            assertEquals(2, doctor.exitStatus(), doctor::toString);
        }
    }

    @Test
    void theJarEchoes() throws Exception {
        try (ForkedJvm echo = ForkedJvm.java("-jar", ForkedJvm.allJar().toString(), "echo")) {
            String address = echo.await("echoing on ");
            requireEcho(Integer.parseInt(address.substring(address.lastIndexOf(':') + 1)));
        }
    }

    @Test
    void needsNeitherFlightRecorderNorManagement() throws Exception {
        try (ForkedJvm doctor = ForkedJvm.java(FEW_MODULES[0], FEW_MODULES[1], "-jar", ForkedJvm.allJar().toString())) {
            assertEquals(0, doctor.exitStatus(), doctor::toString);
            assertTrue(doctor.output().contains("no java.management"), doctor::toString);
        }
        try (ForkedJvm server = ForkedJvm.java(FEW_MODULES[0], FEW_MODULES[1], ForkedJvm.FLAG, "-cp",
                ForkedJvm.classPath(),
                EchoServer.class.getName(), "0")) {
            requireEcho(server.echoPort());
        }
    }

    private static void requireEcho(int port) throws IOException {
        try (EchoClient client = new EchoClient(port, 1)) {
            client.exchange(20_000);
            client.finish();
        }
    }
}
