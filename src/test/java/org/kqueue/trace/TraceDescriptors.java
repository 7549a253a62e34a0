package org.kqueue.trace;

import static org.kqueue.trace.CLibrary.C;

import com.sun.jna.Native;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.kqueue.Errno;

/**
 * The descriptors of a trace. A name has one number for the whole trace, open or closed, out of reach of the numbers
 * that the rest of the process gets: a new descriptor takes the lowest free one.
 */
final class TraceDescriptors implements AutoCloseable {

    static final boolean LINUX = System.getProperty("os.name").equals("Linux");
    static final Errno.Numbering ERRNOS = LINUX ? Errno.Numbering.LINUX : Errno.Numbering.BSD;
    /** Of {@code <fcntl.h>}; macOS and the BSDs agree. */
    static final int O_NONBLOCK = LINUX ? 0x800 : 4;
    private static final int F_DUPFD = 0;
    private static final int F_SETFD = 2;
    private static final int F_SETFL = 4;
    private static final int FD_CLOEXEC = 1;
    /** Names that a trace can have. */
    private static final int NAMES = 96;
    /** The number of the first name: as high as the limit on descriptors allows, which can be low on a BSD. */
    static final int FIRST = first();

    private final Map<String, Integer> numbers = new HashMap<>(Map.of("bad", FIRST - 1));
    private final Set<String> open = new HashSet<>();
    private int next = FIRST;

    private static int first() {
        int some = C.socket(1, 1, 0);
        int first = 6000;
        int fd;
        do {
            first /= 2;
            fd = C.fcntl(some, F_DUPFD, first + NAMES);
        } while (fd < 0 && first > NAMES);
        C.close(fd);
        C.close(some);
        return first;
    }

    /** The errno of the call that just failed, as a BSD numbers it. */
    int errno() {
        return Errno.translate(Native.getLastError(), ERRNOS, Errno.Numbering.BSD);
    }

    /** What a call returned, in the words of a trace. */
    String outcome(long result) {
        return result < 0 ? "-1 err " + errno() : Long.toString(result);
    }

    int check(String call, int result) throws IOException {
        if (result < 0) {
            throw new IOException(call + ": " + Errno.name(Native.getLastError(), ERRNOS));
        }
        return result;
    }

    /** The number of a name; one that is not open where the name never was. */
    int number(String name) {
        return numbers.computeIfAbsent(name, key -> next++);
    }

    /** Gives a name the number of a kqueue, which has another owner; null where it is closed. */
    void kqueue(String name, Integer kqfd) {
        numbers.compute(name, (key, before) -> kqfd);
    }

    /** Gives a new descriptor its name's number, non-blocking; consumes it. */
    String adopt(String name, int fd) throws IOException {
        check("opening " + name, fd);
        try {
            if (!numbers.containsKey(name)) {
                numbers.put(name, check("fcntl(F_DUPFD " + next + ")", C.fcntl(fd, F_DUPFD, next)));
                next = number(name) + 1;
            } else {
                check("dup2 to " + name, C.dup2(fd, number(name)));
            }
            open.add(name);
        } finally {
            C.close(fd);
        }
        check("fcntl(FD_CLOEXEC)", C.fcntl(number(name), F_SETFD, FD_CLOEXEC));
        return setFlags(name, O_NONBLOCK);
    }

    String setFlags(String name, int flags) throws IOException {
        check("fcntl(F_SETFL) of " + name, C.fcntl(number(name), F_SETFL, flags));
        return "0";
    }

    String dup2(String from, String to) {
        if (C.dup2(number(from), number(to)) >= 0) {
            open.add(to);
        }
        return "0";
    }

    /** Closes; a name that is not open stays as it is. */
    String close(String name) throws IOException {
        if (open.remove(name)) {
            check("close " + name, C.close(number(name)));
        }
        return "0";
    }

    @Override
    public void close() throws IOException {
        for (String name : Set.copyOf(open)) {
            close(name);
        }
    }
}
