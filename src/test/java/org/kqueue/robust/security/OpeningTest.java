package org.kqueue.robust.security;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.jna.Native;
import com.sun.jna.Platform;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.kqueue.robust.Forked;

/** What is opened of java.base, looked at from inside a JVM of its own. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class OpeningTest {

    @Test
    void opensOnePackageToOneModuleAndNoMore() throws Exception {
        Forked.Result result = Forked.java(OpenedPackages.class);
        assertEquals(0, result.status(), result.output());
        assertEquals("opened: [java.base/sun.nio.ch to the unnamed module]", result.lastLine());
    }

    @Test
    void opensNothingWhereTheFlagHasOpenedIt() throws Exception {
        Forked.Result result = Forked.java(OpenedPackages.class, "--add-opens", "java.base/sun.nio.ch=ALL-UNNAMED");
        assertEquals(0, result.status(), result.output());
        assertEquals("opened: []", result.lastLine());
    }

    /**
     * As the page on security tells it: JNA's native part from a folder of one's own, and nothing is written or loaded
     * elsewhere.
     */
    @Test
    void needsNoTemporaryFolder(@TempDir Path folder, @TempDir Path empty) throws Exception {
        String name = System.mapLibraryName("jnidispatch");
        Path library = Files.createDirectory(folder.resolve("jna")).resolve(name);
        String resource = "/com/sun/jna/" + Platform.RESOURCE_PREFIX + "/" + name;
        try (InputStream in = Native.class.getResourceAsStream(resource)) {
            assumeTrue(in != null, "this JNA has no native part for " + Platform.RESOURCE_PREFIX);
            Files.copy(in, library);
        }
        Forked.Result result = Forked.java(OpenedPackages.class, "-Djna.nounpack=true",
                "-Djna.boot.library.path=" + library.getParent(), "-Djava.io.tmpdir=" + empty);
        assertEquals(0, result.status(), result.output());
        try (var files = Files.list(empty)) {
            assertEquals(List.of(), files.toList());
        }
    }
}
