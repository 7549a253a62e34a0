package org.kqueue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.jna.Platform;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kqueue.bsd.NativeBuild;
import org.kqueue.robust.Forked;

/** What is said where JNA's native part cannot be loaded: the case at hand, and what to do. */
class JnaTest {

    @TempDir
    Path folder;

    /** As the dynamic linkers of the systems word it; where it was not seen, as their sources have it. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "FreeBSD   | /tmp/jna1.tmp: /tmp/jna1.tmp: Undefined symbol \"memfd_create@FBSD_1.6\""
            + " | memfd_create@FBSD_1.6 | FreeBSD 13",
        "FreeBSD   | /lib/libc.so.7: version FBSD_1.6 required by /tmp/jna1.tmp not found | FBSD_1.6 | FreeBSD 13",
        "OpenBSD   | /tmp/jna1.tmp: undefined symbol '__stderr' | __stderr | package libffi",
        "DragonFly | /tmp/jna1.tmp: Undefined symbol \"mkostemp\" | mkostemp | DragonFly 4.6",
        "Linux     | /tmp/jna1.tmp: undefined symbol: statx | statx | C library",
        "Linux     | Error relocating /tmp/jna1.tmp: strtok_r: symbol not found | strtok_r | C library",
        "Linux     | /lib/libc.so.6: version `GLIBC_2.36' not found (required by /tmp/jna1.tmp)"
            + " | GLIBC_2.36 | C library",
        "Mac OS X  | dlopen(/tmp/jna1.tmp, 1): Symbol not found: _abort_report_np | _abort_report_np | C library",
    })
    void aSymbolThatIsMissingIsNamedWithTheReleaseNeeded(String system, String error, String symbol, String release) {
        String remedy = JnaFailure.remedy("java.lang.UnsatisfiedLinkError: " + error, system, "ALL-UNNAMED");
        assertTrue(remedy.startsWith("it needs " + symbol + ", which this system lacks: "), remedy);
        assertTrue(remedy.contains(release), remedy);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "/tmp/jna1.tmp: failed to map segment from shared object | -Djna.tmpdir",
        "/tmp/jna1.tmp: mmap of entire address space failed: Permission denied | -Djna.tmpdir",
        "Error loading shared library /tmp/jna1.tmp: Operation not permitted | -Djna.tmpdir",
        "JNA temporary directory '/home/x' is not writable | -Djna.tmpdir",
        "Could not find JNA native support | -Djna.boot.library.path",
        "can't load library 'libffi.so.2.4' | install the package",
        "something else | -Djna.debug_load.jna=true",
    })
    void whatIsToBeDoneIsSaid(String error, String remedy) {
        String said = JnaFailure.remedy("java.lang.UnsatisfiedLinkError: " + error, "OpenBSD", "ALL-UNNAMED");
        assertTrue(said.contains(remedy), said);
    }

    private static String opening(String... options) throws IOException, InterruptedException {
        Forked.Result result = Forked.java(OpensAKqueue.class, options);
        assertEquals(0, result.status(), result::output);
        return result.lastLine();
    }

    @Test
    void aSystemWithoutAPrebuiltNativeIsToldToBuildOne() throws Exception {
        String said = opening("-Dos.name=NetBSD", "-Dos.version=10.1");
        assertTrue(said.startsWith("JNA's native part cannot be loaded: JNA has no prebuilt native for this system"),
                said);
        assertTrue(said.contains("-Djna.boot.library.path=<its folder> (NetBSD 10.1, "), said);
        assertTrue(said.contains("com/sun/jna/netbsd-"), said);
    }

    @Test
    void aNativeThatWasBuiltIsTakenFromItsFolder() throws Exception {
        assumeTrue(Platform.isLinux(), "takes Linux' own for one that was built");
        Path native64 = folder.resolve(System.mapLibraryName("jnidispatch"));
        try (var resource = com.sun.jna.Native.class.getResourceAsStream(
                "/com/sun/jna/" + Platform.RESOURCE_PREFIX + "/" + native64.getFileName())) {
            Files.copy(resource, native64);
        }
        String said = opening("-Djna.noclasspath=true", "-Djna.boot.library.path=" + folder);
        assertTrue(said.startsWith("opened "), said);
        Files.write(native64, new byte[1]);
        said = opening("-Djna.noclasspath=true", "-Djna.boot.library.path=" + folder);
        assertTrue(said.contains("which is set but has none that can be loaded"), said);
    }

    @Test
    void aModuleThatIsMissingIsNamed() throws Exception {
        String said = opening("--limit-modules", "java.base");
        assertTrue(said.contains("it needs the module java.logging"), said);
    }

    @Test
    void deniedNativeAccessIsSaid() throws Exception {
        assumeTrue(Runtime.version().feature() >= 24, "native access can be denied from Java 24 on");
        String said = opening("--illegal-native-access=deny");
        assertTrue(said.contains("native access is denied to it; start java with --enable-native-access=ALL-UNNAMED"),
                said);
        said = opening("--illegal-native-access=deny", "--enable-native-access=ALL-UNNAMED");
        assertTrue(said.startsWith("opened "), said);
    }

    @Test
    void aFolderWhereNothingMayBeExecutedIsSaid() throws Exception {
        assumeTrue(Platform.isLinux(), "mounts a file system of its own as Linux does");
        List<String> command = List.of("unshare", "-rm", "sh", "-c", "mount -t tmpfs -o noexec none " + folder
                + " && exec \"$@\"", "sh", System.getProperty("java.home") + "/bin/java", "-Djna.tmpdir=" + folder,
                "-cp", System.getProperty("java.class.path"), OpensAKqueue.class.getName());
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes());
        assertTrue(process.waitFor(1, TimeUnit.MINUTES));
        assumeTrue(process.exitValue() == 0, "no namespace of its own is to be had here: " + output);
        assertTrue(output.contains("noexec; name another with -Djna.tmpdir=<folder>"), output);
    }

    @Test
    void aFolderThatCannotBeWrittenIsSaid() throws Exception {
        Path file = Files.createFile(folder.resolve("file"));
        String said = opening("-Djna.tmpdir=" + file.resolve("below"));
        assertTrue(said.contains("JNA cannot write the folder that it unpacks it to"), said);
    }

    @Test
    void aNativeWithASymbolOfANewerReleaseIsSaid() throws Exception {
        Path library = NativeBuild.compiled("empty.c", "-DUNDEFINED", "-Wl,-z,now");
        Path resource = folder.resolve("com/sun/jna/" + Platform.RESOURCE_PREFIX + "/libjnidispatch.so");
        Files.createDirectories(resource.getParent());
        Files.copy(library, resource);
        String said = opening("-Xbootclasspath/a:" + folder);
        assertTrue(said.contains("it needs call_of_the_next_release, which this system lacks"), said);
    }
}
