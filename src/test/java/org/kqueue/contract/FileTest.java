package org.kqueue.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kqueue.Filter;
import org.kqueue.Note;

/** Regular files and directories: EVFILT_VNODE, and READ and WRITE on them. */
class FileTest extends Contract {

    @TempDir
    Path directory;
    private Path file;

    @BeforeEach
    void makeFile() throws IOException {
        needs(Filter.EVFILT_VNODE);
        file = directory.resolve("file");
        Files.write(file, new byte[10]);
        open("f", file, Posix.O_RDWR);
    }

    /** Fflags of one VNODE event with EV_CLEAR. */
    private static String event(String name, int fflags) {
        return name + " VNODE CLEAR f=" + Integer.toHexString(fflags);
    }

    @Test
    void eachAction() throws IOException {
        freebsdRule();
        Path two = directory.resolve("two");
        Path three = directory.resolve("three");
        assertEquals("", kevent("f VNODE ADD|CLEAR f=7f"));
        write("f", 5);
        assertEquals(event("f", 2), poll());
        write("f", 10);
        assertEquals(event("f", 6), poll());
        ok(Posix.ftruncate(fd("f"), 3));
        assertEquals(kq.layout().has(Note.NOTE_TRUNCATE) ? "" : event("f", 8), poll());
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
        assertTrue(poll().endsWith("8"));
        Files.createLink(two, file);
        assertEquals(event("f", 0x10), poll());
        Files.delete(two);
        assertEquals(event("f", 1), poll(), "one of two names is gone");
        Files.move(file, two);
        assertEquals(event("f", 0x20), poll());
        Files.write(three, new byte[1]);
        assertEquals("", poll());
        Files.move(three, two, StandardCopyOption.REPLACE_EXISTING);
        assertEquals(event("f", 1), poll());
        write("f", 40);
        assertEquals(event("f", 6), poll(), "it lives on without a name");
    }

    @Test
    void openingReadingAndClosing() throws IOException {
        freebsdRule();
        org.junit.jupiter.api.Assumptions.assumeTrue(kq.layout().has(Note.NOTE_OPEN), "NOTE_OPEN is not in this ABI");
        assertEquals("", kevent("f VNODE ADD|CLEAR f=7ff"));
        open("g", file, Posix.O_RDWR);
        assertEquals(event("f", 0x80), poll());
        close("g");
        assertEquals(event("f", 0x200), poll());
        open("g", file, Posix.O_RDONLY);
        assertEquals(event("f", 0x80), poll());
        assertEquals(4, read("g", 4));
        assertEquals(event("f", 0x400), poll());
        close("g");
        assertEquals(event("f", 0x100), poll());
    }

    @Test
    void unlinked() throws IOException {
        assertEquals("", kevent("f VNODE ADD|CLEAR f=DELETE"));
        Files.delete(file);
        assertEquals(event("f", 1), await());
    }

    @Test
    void accumulatesAndReportsWhatWasAskedForOnly() throws IOException {
        assertEquals("", kevent("f VNODE ADD|CLEAR f=WRITE"));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
        assertEquals("", poll());
        freebsdRule();
        assertEquals("", kevent("f VNODE ADD|CLEAR f=WRITE|ATTRIB"));
        write("f", 1);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        assertEquals(event("f", 0xa), poll());
        assertEquals("", poll());
        assertEquals("", kevent("f VNODE ADD|CLEAR f=EXTEND"));
        write("f", 1);
        assertEquals("", poll());
        Files.write(file, new byte[5], StandardOpenOption.APPEND);
        assertEquals(event("f", 6), poll(), "what comes along is shown");
    }

    @Test
    void everyChangeGivesTheMaskAnew() throws IOException {
        freebsdRule();
        assertEquals("", kevent("f VNODE ADD|CLEAR f=WRITE", "f VNODE DISABLE f=WRITE"));
        write("f", 1);
        assertEquals("", poll());
        assertEquals(event("f", 2), kevent("f VNODE ENABLE f=WRITE"));
        assertEquals("", kevent("f VNODE ENABLE"));
        write("f", 1);
        assertEquals("", poll());
        assertEquals("", kevent("f VNODE ENABLE f=WRITE"));
        write("f", 1);
        assertEquals(event("f", 2), poll());
    }

    @Test
    void levelAndOneshot() {
        freebsdRule();
        assertEquals("", kevent("f VNODE ADD f=WRITE"));
        write("f", 1);
        assertEquals("f VNODE 0 f=2", poll());
        assertEquals("f VNODE 0 f=2", poll());
        assertEquals("", kevent("f VNODE DELETE"));
        assertEquals("", kevent("f VNODE ADD|ONESHOT f=WRITE"));
        write("f", 1);
        assertEquals("f VNODE ONESHOT f=2", poll());
        assertEquals("f VNODE ERROR ENOENT", kevent("f VNODE DELETE"));
    }

    @Test
    void directories() throws IOException {
        freebsdRule();
        Path watched = Files.createDirectory(directory.resolve("watched"));
        open("d", watched, Posix.O_RDONLY);
        assertEquals("", kevent("d VNODE ADD|CLEAR f=7f"));
        Files.write(watched.resolve("a"), new byte[1]);
        assertEquals(event("d", 2), poll());
        Files.setPosixFilePermissions(watched.resolve("a"), PosixFilePermissions.fromString("rw-r-----"));
        assertEquals("", poll());
        Files.move(watched.resolve("a"), watched.resolve("b"));
        assertEquals(event("d", 2), poll());
        Files.move(watched.resolve("b"), directory.resolve("b"));
        assertEquals(event("d", 6), poll(), "to another directory");
        Files.move(directory.resolve("b"), watched.resolve("b"));
        assertEquals(event("d", 6), poll());
        Files.delete(watched.resolve("b"));
        assertEquals(event("d", 2), poll());
        Files.createDirectory(watched.resolve("sub"));
        assertEquals(event("d", 0x12), poll());
        Files.delete(watched.resolve("sub"));
        assertEquals(event("d", 0x12), poll());
    }

    @Test
    void aDirectoryThatIsRemovedWasDeletedWhereverItIs() throws IOException {
        freebsdRule();
        Path watched = Files.createDirectory(directory.resolve("watched"));
        Path other = Files.createDirectory(directory.resolve("other"));
        open("d", watched, Posix.O_RDONLY);
        assertEquals("", kevent("d VNODE ADD|CLEAR f=7f"));
        Files.createDirectory(watched.resolve("sub"));
        assertEquals(event("d", 0x12), poll());
        Files.setPosixFilePermissions(watched, PosixFilePermissions.fromString("rwxr-x---"));
        assertEquals(event("d", 8), poll(), "a link that was reported is not reported again");
        Files.delete(watched.resolve("sub"));
        assertEquals(event("d", 0x12), poll());
        Files.move(watched, other.resolve("watched"));
        assertTrue(poll().startsWith("d VNODE CLEAR f=2"));
        Files.createDirectory(other.resolve("sibling"));
        Files.delete(other.resolve("sibling"));
        assertEquals("", poll(), "what happens beside it is not its own");
        Files.delete(other.resolve("watched"));
        assertEquals(event("d", 1), await());
        assertEquals("", poll());
    }

    @Test
    void twoDescriptorsOfOneFile() {
        open("g", file, Posix.O_RDWR);
        assertEquals("", kevent("f VNODE ADD|CLEAR f=WRITE", "g VNODE ADD|CLEAR f=WRITE"));
        write("f", 1);
        String both = poll();
        assertTrue(both.contains(event("f", 2)) && both.contains(event("g", 2)), both);
        close("g");
        write("f", 1);
        assertEquals(event("f", 2), poll());
    }

    @Test
    void whatIsNoFileIsRefused() {
        freebsdRule();
        pair();
        pipe();
        assertEquals("a VNODE ERROR EINVAL", kevent("a VNODE ADD f=WRITE"));
        assertEquals("r VNODE ERROR EINVAL", kevent("r VNODE ADD f=WRITE"));
        int bad = badFd();
        assertEquals(bad + " VNODE ERROR EBADF", kevent(bad + " VNODE ADD f=WRITE"));
        assertEquals(bad + " VNODE ERROR EBADF", kevent(bad + " VNODE DELETE"));
    }

    @Test
    void readIsReadyAwayFromTheEnd() throws IOException {
        assertEquals("f READ 0 d=10 u=7", kevent("f READ ADD u=7"));
        read("f", 4);
        assertEquals("f READ 0 d=6 u=7", poll());
        read("f", 100);
        assertEquals("", poll());
        Files.write(file, new byte[3], StandardOpenOption.APPEND);
        assertEquals("f READ 0 d=3 u=7", await());
        freebsdRule();
        ok(Posix.ftruncate(fd("f"), 8));
        assertEquals("f READ 0 d=-2 u=7", poll());
        assertEquals("f WRITE 0 u=8", kevent("f READ DELETE", "f WRITE ADD u=8"));
        assertEquals("f WRITE 0 u=8", poll());
    }

    @Test
    void readWithClearFollowsAppends() throws IOException {
        freebsdRule();
        read("f", 100);
        assertEquals("", kevent("f READ ADD|CLEAR"));
        Files.write(file, new byte[3], StandardOpenOption.APPEND);
        assertEquals("f READ CLEAR d=3", await());
        assertEquals("", poll());
    }

    @Test
    void filePollIsAlwaysReady() {
        freebsdRule();
        org.junit.jupiter.api.Assumptions.assumeTrue(kq.layout().has(Note.NOTE_FILE_POLL),
                "NOTE_FILE_POLL is FreeBSD's");
        read("f", 100);
        assertEquals("f READ 0", kevent("f READ ADD f=FILE_POLL"));
        assertEquals("f READ 0", poll());
    }

    @Test
    void aClosedFilesKnotesAreGone() {
        freebsdRule();
        moveAway("f");
        assertEquals("f READ 0 d=10", kevent("f READ ADD", "f VNODE ADD|CLEAR f=WRITE"));
        int number = fd("f");
        close("f");
        assertEquals("", poll());
        open("g", directory.resolve("another"), Posix.O_RDWR | Posix.O_CREAT);
        ok(Posix.dup2(fd("g"), number));
        name("h", number);
        assertEquals("h VNODE ERROR ENOENT", kevent("h VNODE DELETE"));
    }

    @Test
    void devicesWithoutReadiness() {
        freebsdRule();
        open("null", Path.of("/dev/null"), Posix.O_RDWR);
        assertEquals("null READ ERROR ENODEV; null WRITE ERROR ENODEV", kevent("null READ ADD", "null WRITE ADD"));
    }

    @Test
    void withoutANoteItNeverFiresAndASecondAddGivesOne() {
        freebsdRule();
        assertEquals("", kevent("f VNODE ADD|CLEAR"));
        write("f", 1);
        assertEquals("", poll());
        assertEquals("", kevent("f VNODE ADD|CLEAR f=WRITE"));
        write("f", 1);
        assertEquals(event("f", 2), poll());
        assertEquals("", kevent("f VNODE ADD|CLEAR f=WRITE"));
        write("f", 20);
        assertEquals(event("f", 6), poll(), "asked for WRITE only, and EXTEND comes along");
    }

    @Test
    void levelAccumulates() throws IOException {
        freebsdRule();
        assertEquals("", kevent("f VNODE ADD f=WRITE|ATTRIB|EXTEND"));
        write("f", 1);
        assertEquals("f VNODE 0 f=2", poll());
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
        assertEquals("f VNODE 0 f=a", poll());
        write("f", 20);
        assertEquals("f VNODE 0 f=e", poll());
        assertEquals("f VNODE 0 f=e", poll());
    }

    @Test
    void attributesWhileDisabledAreKeptWithTheMask() throws IOException {
        freebsdRule();
        assertEquals("", kevent("f VNODE ADD|CLEAR f=ATTRIB", "f VNODE DISABLE f=ATTRIB"));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
        assertEquals("", poll());
        assertEquals(event("f", 8), kevent("f VNODE ENABLE f=ATTRIB"));
    }

    @Test
    void whatWasWrittenBeforeItWasAskedForIsNoExtension() {
        freebsdRule();
        assertEquals("", kevent("f VNODE ADD|CLEAR f=ATTRIB"));
        write("f", 30);
        assertEquals("", kevent("f VNODE ADD|CLEAR f=WRITE"));
        ok((int) Posix.lseek(fd("f"), 0, 0));
        write("f", 1);
        assertEquals(event("f", 2), poll());
    }

    @Test
    void truncations() {
        freebsdRule();
        assertEquals("", kevent("f VNODE ADD|CLEAR f=7f"));
        boolean named = kq.layout().has(Note.NOTE_TRUNCATE);
        assertEquals("", named ? kevent("f VNODE ADD|CLEAR f=ff") : poll());
        ok(Posix.ftruncate(fd("f"), 3));
        assertEquals(event("f", named ? 0x80 : 8), poll());
        ok(Posix.ftruncate(fd("f"), 3));
        assertEquals(event("f", 2), poll(), "as a write inside the size: inotify tells no more");
        ok(Posix.ftruncate(fd("f"), 30));
        assertEquals(event("f", 6), poll(), "as a write past the end");
    }

    @Test
    void aDirectoryThatIsRemoved() throws IOException {
        freebsdRule();
        Path watched = Files.createDirectory(directory.resolve("watched"));
        open("d", watched, Posix.O_RDONLY);
        assertEquals("", kevent("d VNODE ADD|CLEAR f=DELETE|ATTRIB"));
        Files.setPosixFilePermissions(watched, PosixFilePermissions.fromString("rwx------"));
        assertEquals(event("d", 8), poll());
        Files.delete(watched);
        assertEquals(event("d", 1), await(), "told by the directory that it was in");
    }

    @Test
    void unlinkedOrRenamedItGoesOn() throws IOException {
        freebsdRule();
        assertEquals("f READ 0 d=10", kevent("f READ ADD"));
        Files.move(file, directory.resolve("other"));
        assertEquals("f READ 0 d=10", poll());
        Files.delete(directory.resolve("other"));
        read("f", 10);
        assertEquals("", poll());
        write("f", 5);
        ok((int) Posix.lseek(fd("f"), 12, 0));
        assertEquals("f READ 0 d=3", poll());
    }

    @Test
    void aDirectoryAndATerminal() {
        freebsdRule();
        open("d", directory, Posix.O_RDONLY);
        assertTrue(kevent("d READ ADD").startsWith("d READ 0 d="), "the size of a directory is the file system's");
        assertEquals("", kevent(kq, 0, 0, "d READ DELETE"));
        open("t", Path.of("/dev/ptmx"), Posix.O_RDWR);
        assertEquals("t WRITE 0", kevent("t READ ADD", "t WRITE ADD"));
    }
}
