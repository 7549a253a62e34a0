package org.kqueue;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The ABIs of the systems, from each system's {@code <sys/event.h>}.
 *
 * <pre>
 *              ident  filter  flags  fflags  data  udata  ext    size
 *  macos       0      8 i16   10     12      16    24            32
 *  freebsd     0      8 i16   10     12      16    24     32..   64   12 and later
 *  freebsd11   0      8 i16   10     12      16    24            32   11 and before
 *  netbsd      0      8 u32   12     16      24    32            40   __kevent50, 6 to 10
 *  netbsd11    0      8 u32   12     16      24    32     40..   72   __kevent100, 11 and later
 *  openbsd     0      8 i16   10     12      16    24            32   5.5 and later
 *  dragonfly   0      8 i16   10     12      16    24            32
 *  libkqueue   0      8 i16   10     12      16    24            32   its include/sys/event.h of 2026
 * </pre>
 */
final class Layouts {

    /** In the order in which they are listed to a user. */
    static final List<String> NAMES = List.of("macos", "freebsd", "freebsd11", "netbsd", "netbsd11", "openbsd",
            "dragonfly", "libkqueue");

    /** Those that were asked for; guarded by itself. */
    private static final Map<String, KeventLayout> BUILT = new HashMap<>();

    private Layouts() {
    }

    /** Returns null where there is none of this name. */
    static KeventLayout of(String name) {
        synchronized (BUILT) {
            KeventLayout layout = BUILT.get(name);
            if (layout == null && NAMES.contains(name)) {
                layout = builder(name).build();
                BUILT.put(name, layout);
            }
            return layout;
        }
    }

    private static KeventLayoutBuilder builder(String name) {
        return switch (name) {
            case "macos" -> macos();
            case "freebsd" -> freebsd(name).size(64).reportsUnixClose(false);
            case "freebsd11" -> freebsd(name).size(32);
            case "netbsd" -> netbsd(name).size(40).keventSymbol("__kevent50");
            case "netbsd11" -> netbsd(name).size(72).keventSymbol("__kevent100").filter(Filter.EVFILT_EMPTY, 9);
            case "openbsd" -> openbsd();
            case "dragonfly" -> dragonfly();
            case "libkqueue" -> libkqueue();
            default -> throw new IllegalArgumentException(name);
        };
    }

    private static KeventLayoutBuilder macos() {
        return classic("macos", -10)
                .filter(Filter.EVFILT_MACHPORT, -8).filter(Filter.EVFILT_FS, -9).filter(Filter.EVFILT_VM, -12)
                .filter(Filter.EVFILT_EXCEPT, -15)
                .note(Note.NOTE_OOB, 2).note(Note.NOTE_FUNLOCK, 0x100).note(Note.NOTE_EXITSTATUS, 0x04000000)
                .note(Note.NOTE_SECONDS, 1).note(Note.NOTE_MSECONDS, 0).note(Note.NOTE_USECONDS, 2)
                .note(Note.NOTE_NSECONDS, 4).note(Note.NOTE_ABSTIME, 8)
                .timerHints(0x70);
    }

    private static KeventLayoutBuilder openbsd() {
        return classic("openbsd", -10)
                .filter(Filter.EVFILT_DEVICE, -8).filter(Filter.EVFILT_EXCEPT, -9)
                .note(Note.NOTE_EOF, 2).note(Note.NOTE_OOB, 4).note(Note.NOTE_TRUNCATE, 0x80)
                .note(Note.NOTE_TRACK, 1).note(Note.NOTE_TRACKERR, 2).note(Note.NOTE_CHILD, 4)
                .note(Note.NOTE_SECONDS, 1).note(Note.NOTE_MSECONDS, 0).note(Note.NOTE_USECONDS, 2)
                .note(Note.NOTE_NSECONDS, 3).note(Note.NOTE_ABSTIME, 0x10);
    }

    private static KeventLayoutBuilder dragonfly() {
        return classic("dragonfly", -9)
                .filter(Filter.EVFILT_EXCEPT, -8).filter(Filter.EVFILT_FS, -10)
                .note(Note.NOTE_OOB, 2)
                .note(Note.NOTE_TRACK, 1).note(Note.NOTE_TRACKERR, 2).note(Note.NOTE_CHILD, 4)
                .note(Note.NOTE_MSECONDS, 0);
    }

    /** Libkqueue 2 on Linux: FreeBSD 11's struct and filters, notes of its own, the errors of Linux. */
    private static KeventLayoutBuilder libkqueue() {
        return classic("libkqueue", -11).errnos(Errno.Numbering.LINUX)
                .filter(Filter.EVFILT_FS, -9).filter(Filter.EVFILT_LIO, -10)
                .note(Note.NOTE_TRUNCATE, 0x80)
                .note(Note.NOTE_TRACK, 1).note(Note.NOTE_TRACKERR, 2).note(Note.NOTE_CHILD, 4)
                .note(Note.NOTE_SECONDS, 1).note(Note.NOTE_MSECONDS, 0).note(Note.NOTE_USECONDS, 2)
                .note(Note.NOTE_NSECONDS, 4).note(Note.NOTE_ABSTIME, 8);
    }

    /** The negative filter numbers and the notes that macOS, FreeBSD, OpenBSD and DragonFly share. */
    private static KeventLayoutBuilder classic(String name, int user) {
        return shared(name)
                .filter(Filter.EVFILT_READ, -1).filter(Filter.EVFILT_WRITE, -2).filter(Filter.EVFILT_AIO, -3)
                .filter(Filter.EVFILT_VNODE, -4).filter(Filter.EVFILT_PROC, -5).filter(Filter.EVFILT_SIGNAL, -6)
                .filter(Filter.EVFILT_TIMER, -7).filter(Filter.EVFILT_USER, user);
    }

    private static KeventLayoutBuilder freebsd(String name) {
        return openAndClose(classic(name, -11)).forceOneshot(0x0100).takesAnySignal(true)
                .filter(Filter.EVFILT_PROCDESC, -8).filter(Filter.EVFILT_FS, -9).filter(Filter.EVFILT_LIO, -10)
                .filter(Filter.EVFILT_SENDFILE, -12).filter(Filter.EVFILT_EMPTY, -13)
                .note(Note.NOTE_FILE_POLL, 2)
                .note(Note.NOTE_TRACK, 1).note(Note.NOTE_TRACKERR, 2).note(Note.NOTE_CHILD, 4)
                .note(Note.NOTE_SECONDS, 1).note(Note.NOTE_MSECONDS, 2).note(Note.NOTE_USECONDS, 4)
                .note(Note.NOTE_NSECONDS, 8).note(Note.NOTE_ABSTIME, 0x10);
    }

    private static KeventLayoutBuilder netbsd(String name) {
        return openAndClose(shared(name)).filterWidth(4).countsInSizeT(true).dispatches(false)
                .filter(Filter.EVFILT_READ, 0).filter(Filter.EVFILT_WRITE, 1).filter(Filter.EVFILT_AIO, 2)
                .filter(Filter.EVFILT_VNODE, 3).filter(Filter.EVFILT_PROC, 4).filter(Filter.EVFILT_SIGNAL, 5)
                .filter(Filter.EVFILT_TIMER, 6).filter(Filter.EVFILT_FS, 7).filter(Filter.EVFILT_USER, 8)
                .note(Note.NOTE_TRACK, 1).note(Note.NOTE_TRACKERR, 2).note(Note.NOTE_CHILD, 4)
                .note(Note.NOTE_SECONDS, 1).note(Note.NOTE_MSECONDS, 0).note(Note.NOTE_USECONDS, 2)
                .note(Note.NOTE_NSECONDS, 3).note(Note.NOTE_ABSTIME, 0x10);
    }

    /** Notes with one value on every system that has them. */
    private static KeventLayoutBuilder shared(String name) {
        return new KeventLayoutBuilder(name)
                .note(Note.NOTE_TRIGGER, 0x01000000).note(Note.NOTE_FFNOP, 0).note(Note.NOTE_FFAND, 0x40000000)
                .note(Note.NOTE_FFOR, 0x80000000).note(Note.NOTE_FFCOPY, 0xC0000000)
                .note(Note.NOTE_LOWAT, 1)
                .note(Note.NOTE_DELETE, 1).note(Note.NOTE_WRITE, 2).note(Note.NOTE_EXTEND, 4).note(Note.NOTE_ATTRIB, 8)
                .note(Note.NOTE_LINK, 0x10).note(Note.NOTE_RENAME, 0x20).note(Note.NOTE_REVOKE, 0x40)
                .note(Note.NOTE_EXIT, 0x80000000).note(Note.NOTE_FORK, 0x40000000).note(Note.NOTE_EXEC, 0x20000000);
    }

    private static KeventLayoutBuilder openAndClose(KeventLayoutBuilder builder) {
        return builder
                .note(Note.NOTE_OPEN, 0x80).note(Note.NOTE_CLOSE, 0x100).note(Note.NOTE_CLOSE_WRITE, 0x200)
                .note(Note.NOTE_READ, 0x400);
    }
}
