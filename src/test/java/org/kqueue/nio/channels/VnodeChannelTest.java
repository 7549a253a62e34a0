package org.kqueue.nio.channels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.kqueue.Note;
import org.kqueue.robust.OpenDescriptors;

@Timeout(value = 1, unit = TimeUnit.MINUTES)
class VnodeChannelTest {

    private static final String ABIS = "org.kqueue.nio.channels.SelectLoop#abis";

    @TempDir
    Path folder;
    private Path file;

    @BeforeEach
    void create() throws IOException {
        file = folder.resolve("file \u00e9.conf");
        Files.writeString(file, "one");
    }

    private void append() throws IOException {
        Files.writeString(file, "more", StandardOpenOption.APPEND);
    }

    /** All that happens to a path until all that is expected has happened. */
    private static void awaitChanges(SelectLoop loop, SelectionKey key, VnodeChannel files, Path path, Note... expected)
            throws IOException {
        Set<Note> missing = new HashSet<>(List.of(expected));
        while (!missing.isEmpty()) {
            loop.awaitReadable(key);
            VnodeEvent event = files.read();
            assertNotNull(event);
            assertEquals(path, event.path());
            missing.removeAll(event.changes());
        }
        while (files.read() != null) {
            // The kernel tells what one action does in more than one event at times.
            Thread.onSpinWait();
        }
        loop.assertSilent();
    }

    @ParameterizedTest
    @MethodSource(ABIS)
    void readsWhatHappensToFile(String abi) throws Exception {
        try (SelectLoop loop = new SelectLoop(abi); VnodeChannel files = VnodeChannel.open()) {
            SelectionKey key = loop.register(files);
            files.watch(file);
            loop.assertSilent();
            append();
            awaitChanges(loop, key, files, file, Note.NOTE_WRITE, Note.NOTE_EXTEND);
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
            awaitChanges(loop, key, files, file, Note.NOTE_ATTRIB);
            Path link = folder.resolve("link");
            Files.createLink(link, file);
            awaitChanges(loop, key, files, file, Note.NOTE_LINK);
            Path renamed = folder.resolve("renamed");
            Files.move(file, renamed);
            awaitChanges(loop, key, files, file, Note.NOTE_RENAME);
            Files.delete(link);
            Files.delete(renamed);
            awaitChanges(loop, key, files, file, Note.NOTE_DELETE);
        }
    }

    @ParameterizedTest
    @MethodSource(ABIS)
    void readsWhatHappensInDirectory(String abi) throws Exception {
        try (SelectLoop loop = new SelectLoop(abi); VnodeChannel files = VnodeChannel.open()) {
            SelectionKey key = loop.register(files);
            files.watch(folder, Note.NOTE_WRITE);
            Path created = Files.createFile(folder.resolve("new"));
            awaitChanges(loop, key, files, folder, Note.NOTE_WRITE);
            Files.delete(created);
            awaitChanges(loop, key, files, folder, Note.NOTE_WRITE);
        }
    }

    @Test
    void watchingReplacedFileAgainFollowsTheNewOne() throws Exception {
        try (SelectLoop loop = new SelectLoop("freebsd"); VnodeChannel files = VnodeChannel.open()) {
            SelectionKey key = loop.register(files);
            files.watch(file);
            Path next = folder.resolve("next");
            Files.writeString(next, "two");
            Files.move(next, file, StandardCopyOption.REPLACE_EXISTING);
            awaitChanges(loop, key, files, file, Note.NOTE_DELETE);
            files.watch(file);
            append();
            awaitChanges(loop, key, files, file, Note.NOTE_WRITE);
        }
    }

    @Test
    void readsManyFilesInBatches() throws Exception {
        try (SelectLoop loop = new SelectLoop("freebsd"); VnodeChannel files = VnodeChannel.open()) {
            SelectionKey key = loop.register(files);
            Set<Path> expected = new HashSet<>();
            for (int i = 0; i < 20; i++) {
                Path path = Files.createFile(folder.resolve("f" + i));
                files.watch(path, Note.NOTE_WRITE);
                Files.writeString(path, "x");
                expected.add(path);
            }
            List<VnodeEvent> events = new ArrayList<>();
            while (!expected.isEmpty()) {
                loop.awaitReadable(key);
                events.clear();
                files.read(events, 100);
                events.forEach(event -> expected.remove(event.path()));
            }
        }
    }

    @Test
    void watchesNoLongerWhenToldSo() throws Exception {
        try (SelectLoop loop = new SelectLoop("freebsd"); VnodeChannel files = VnodeChannel.open()) {
            loop.register(files);
            files.watch(file);
            assertTrue(files.unwatch(file));
            assertFalse(files.unwatch(file));
            append();
            loop.assertNothingWithin(50, files::read, null);
        }
    }

    @Test
    void refusesWhatIsNeitherFileNorDirectory() throws Exception {
        try (VnodeChannel files = VnodeChannel.open()) {
            assertThrows(NoSuchFileException.class, () -> files.watch(folder.resolve("missing")));
            assertThrows(FileSystemException.class, () -> files.watch(Path.of("/dev/null")));
            assertThrows(IllegalArgumentException.class, () -> files.watch(file, Note.NOTE_EXIT));
            assertThrows(UnsupportedOperationException.class, () -> files.watch(file, Note.NOTE_FUNLOCK));
        }
        VnodeChannel closed = VnodeChannel.open();
        closed.close();
        assertThrows(ClosedChannelException.class, () -> closed.watch(file));
        assertThrows(ClosedChannelException.class, closed::read);
    }

    @Test
    void givesBackAllDescriptors() throws Exception {
        watchAndClose();
        int before = OpenDescriptors.count();
        for (int i = 0; i < 50; i++) {
            watchAndClose();
        }
        OpenDescriptors.assertComesDownTo(before);
    }

    private void watchAndClose() throws IOException {
        try (VnodeChannel files = VnodeChannel.open()) {
            files.watch(file);
            files.watch(folder);
            files.watch(file, Note.NOTE_WRITE);
            assertThrows(NoSuchFileException.class, () -> files.watch(folder.resolve("missing")));
            assertThrows(IllegalArgumentException.class, () -> files.watch(file, Note.NOTE_EXIT));
        }
    }
}
