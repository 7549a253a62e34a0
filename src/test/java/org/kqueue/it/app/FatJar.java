package org.kqueue.it.app;

import java.io.InputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * What the launcher of a fat jar does: the application lies in a jar inside the jar, and has a class loader of its own.
 */
public final class FatJar {

    /** The inner jar's name. */
    public static final String INNER = "inner.jar";
    /** The main class in the inner jar. */
    public static final String MAIN = "org.kqueue.examples.EchoServer";

    private FatJar() {
    }

    public static void main(String[] args) throws Exception {
        Path inner = Files.createTempFile("inner", ".jar");
        inner.toFile().deleteOnExit();
        try (InputStream in = FatJar.class.getResourceAsStream("/" + INNER)) {
            Files.copy(in, inner, StandardCopyOption.REPLACE_EXISTING);
        }
        try (URLClassLoader loader = new URLClassLoader(new URL[] {inner.toUri().toURL()})) {
            Thread.currentThread().setContextClassLoader(loader);
            loader.loadClass(MAIN).getMethod("main", String[].class).invoke(null, (Object) args);
        }
    }
}
