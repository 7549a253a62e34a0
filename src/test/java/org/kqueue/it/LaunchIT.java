package org.kqueue.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.kqueue.examples.EchoServer;
import org.kqueue.it.app.FatJar;

/** The run lines of the README, and what is said where they cannot work. */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class LaunchIT {

    private static final Path EXAMPLES = Path.of("src", "examples", "java", "org", "kqueue", "examples");
    private static final String MISSING_LIBRARY = "/nonexistent/libkqueue.so";

    @TempDir
    Path temp;

    @Test
    void startsFromSourceWithTheFlag() throws Exception {
        try (ForkedJvm server = ForkedJvm.java(ForkedJvm.FLAG, "-cp", ForkedJvm.allJar().toString(),
                EXAMPLES.resolve("EchoServer.java").toString(), "0")) {
            requireEcho(server.echoPort());
        }
    }

    @Test
    void demoServesThousandClients() throws Exception {
        try (ForkedJvm demo = ForkedJvm.java(EXAMPLES.resolve("EchoDemo.java").toString())) {
            assertEquals(0, demo.exitStatus(), demo::toString);
            assertTrue(demo.output().contains("server: selector " + ForkedJvm.SELECTOR + "@"), demo::toString);
        }
    }

    @Test
    void needsOnlyTheClassPath() throws Exception {
        try (ForkedJvm server = ForkedJvm.java("-cp", ForkedJvm.classPath(), EchoServer.class.getName(), "0")) {
            requireEcho(server.echoPort());
        }
    }

    @Test
    void worksOnTheModulePath() throws Exception {
        try (ForkedJvm server = ForkedJvm.java(ForkedJvm.FLAG, "-p", ForkedJvm.allJar().toString(), "--add-modules",
                "org.kqueue.nio", "-cp", testClasses().toString(), EchoServer.class.getName(), "0")) {
            requireEcho(server.echoPort());
        }
    }

    @Test
    void worksAsANamedModuleBesideJna() throws Exception {
        String modulePath = ForkedJvm.plainJar() + File.pathSeparator + ForkedJvm.jnaJar();
        try (ForkedJvm server = ForkedJvm.java("-p", modulePath, "--add-modules", "org.kqueue.nio", "-cp",
                testClasses().toString(), EchoServer.class.getName(), "0")) {
            requireEcho(server.echoPort());
        }
        try (ForkedJvm described = ForkedJvm.java("-p", modulePath, "--describe-module", "org.kqueue.nio")) {
            assertEquals(0, described.exitStatus(), described::toString);
            assertEquals(List.of("org.kqueue", "org.kqueue.nio", "org.kqueue.nio.channels", "org.kqueue.nio.jmx"),
                    described.output().lines().filter(line -> line.startsWith("exports "))
                            .map(line -> line.substring("exports ".length())).sorted().toList());
        }
    }

    @Test
    void agentServesFatJarWhoseClassPathCannotBeChanged() throws Exception {
        Path jar = fatJar();
        try (ForkedJvm server = ForkedJvm.java("-javaagent:" + ForkedJvm.allJar(), "-jar", jar.toString(), "0")) {
            requireEcho(server.echoPort());
        }
    }

    @Test
    void explicitProviderNamesTheBackendsThatExist() throws Exception {
        try (ForkedJvm server = ForkedJvm.java("-Dorg.kqueue.backend=nonsense", ForkedJvm.FLAG, "-cp",
                ForkedJvm.classPath(), EchoServer.class.getName(), "0")) {
            assertNotEquals(0, server.exitStatus(), server::toString);
            for (String word : List.of("org.kqueue.backend", "nonsense", "auto", "system", "embedded")) {
                assertTrue(server.output().contains(word), server::toString);
            }
        }
    }

    @Test
    void explicitProviderFailsWhereItCannotServe() throws Exception {
        try (ForkedJvm server = ForkedJvm.java("-Dorg.kqueue.library=" + MISSING_LIBRARY, ForkedJvm.FLAG, "-cp",
                ForkedJvm.classPath(), EchoServer.class.getName(), "0")) {
            assertNotEquals(0, server.exitStatus(), server::toString);
            assertTrue(server.output().contains(MISSING_LIBRARY), server::toString);
        }
    }

    @Test
    void explicitProviderSaysHowToSupplyTheNativePartOfJna() throws Exception {
        try (ForkedJvm server = ForkedJvm.java("-Dorg.kqueue.calls=jna", "-Djna.nounpack=true",
                "-Djna.nosys=true", "-Djna.boot.library.path=/nonexistent", ForkedJvm.FLAG, "-cp",
                ForkedJvm.classPath(), EchoServer.class.getName(), "0")) {
            assertNotEquals(0, server.exitStatus(), server::toString);
            assertTrue(server.output().contains("jna.boot.library.path"), server::toString);
        }
    }

    @Test
    void jarOnTheClassPathBreaksNoApplicationWhereItCannotServe() throws Exception {
        try (ForkedJvm server = ForkedJvm.java("-Dorg.kqueue.calls=jna", "-Djna.nounpack=true",
                "-Djna.nosys=true", "-Djna.boot.library.path=/nonexistent", "-cp", ForkedJvm.classPath(),
                EchoServer.class.getName(), "0")) {
            String selector = server.await("selector ");
            assertTrue(selector.startsWith("sun.nio.ch."), selector);
            requireEcho(server.listeningPort());
            assertEquals(1, server.output().lines().filter(line -> line.startsWith("WARNING: ")
                    && line.contains("kqueue"))
                    .count(), server::toString);
        }
    }

    private static void requireEcho(int port) throws IOException {
        try (EchoClient client = new EchoClient(port, 1)) {
            client.exchange(20_000);
            client.finish();
        }
    }

    private static Path testClasses() throws URISyntaxException {
        return Path.of(EchoServer.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    }

    private Path fatJar() throws IOException, URISyntaxException {
        Path inner = temp.resolve(FatJar.INNER);
        try (JarOutputStream jar = new JarOutputStream(Files.newOutputStream(inner))) {
            addClasses(jar, FatJar.MAIN);
        }
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, FatJar.class.getName());
        Path outer = temp.resolve("app.jar");
        try (OutputStream file = Files.newOutputStream(outer);
                JarOutputStream jar = new JarOutputStream(file, manifest)) {
            addClasses(jar, FatJar.class.getName());
            add(jar, FatJar.INNER, inner);
        }
        return outer;
    }

    /** Adds a class and those nested in it. */
    private static void addClasses(JarOutputStream jar, String name) throws IOException, URISyntaxException {
        String path = name.replace('.', '/');
        String simpleName = path.substring(path.lastIndexOf('/') + 1);
        Path directory = testClasses().resolve(path).getParent();
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                String fileName = file.getFileName().toString();
                if (fileName.equals(simpleName + ".class") || fileName.startsWith(simpleName + "$")) {
                    add(jar, path.substring(0, path.lastIndexOf('/') + 1) + fileName, file);
                }
            }
        }
    }

    private static void add(JarOutputStream jar, String name, Path content) throws IOException {
        jar.putNextEntry(new JarEntry(name));
        Files.copy(content, jar);
        jar.closeEntry();
    }
}
