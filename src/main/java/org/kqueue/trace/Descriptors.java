package org.kqueue.trace;

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
final class Descriptors implements AutoCloseable {

    private static final int F_DUPFD = 0;
    private static final int F_SETFD = 2;
    private static final int F_SETFL = 4;
    /** The number of the first name: as high as the limit on descriptors allows, which can be low on a BSD. */
    static final int FIRST = first(3000, 900, 400, 200);
    private static final int BAD = FIRST - 1;
    /** Names that a trace can have. */
    private static final int NAMES = 96;

    private final HostConstants host;
    private final Map<String, Integer> numbers = new HashMap<>();
    private final Map<Integer, String> names = new HashMap<>();
    private final Set<String> open = new HashSet<>();
    private int next = FIRST;

    Descriptors(HostConstants host) {
        this.host = host;
        numbers.put("bad", BAD);
        names.put(BAD, "bad");
    }

    private static int first(int... candidates) {
        int some = PosixLibrary.socket(1, 1, 0);
        try {
            for (int candidate : candidates) {
                int fd = PosixLibrary.VARIADIC.fcntl(some, F_DUPFD, candidate + NAMES);
                if (fd >= 0) {
                    PosixLibrary.close(fd);
                    return candidate;
                }
            }
            return candidates[candidates.length - 1];
        } finally {
            PosixLibrary.close(some);
        }
    }

    /** The errno of the call that just failed, as a BSD numbers it. */
    int errno() {
        return Errno.translate(Native.getLastError(), host.errnos(), Errno.Numbering.BSD);
    }

    IOException failure(String call) {
        return new IOException(call + ": " + Errno.name(Native.getLastError(), host.errnos()));
    }

    /** The number of a name; one that is not open where the name never was. */
    int number(String name) {
        return numbers.computeIfAbsent(name, key -> {
            names.put(next, key);
            return next++;
        });
    }

    String name(long number) {
        return names.getOrDefault((int) number, "?" + number);
    }

    boolean isOpen(String name) {
        return open.contains(name);
    }

    /** Gives a new descriptor its name's number, non-blocking; consumes it. */
    void adopt(String name, int fd) throws IOException {
        try {
            if (!numbers.containsKey(name)) {
                int number = PosixLibrary.VARIADIC.fcntl(fd, F_DUPFD, next);
                if (number < 0) {
                    throw failure("fcntl(F_DUPFD " + next + ")");
                }
                numbers.put(name, number);
                names.put(number, name);
                next = number + 1;
            } else if (PosixLibrary.dup2(fd, number(name)) < 0) {
                throw failure("dup2 to " + name);
            }
            open.add(name);
        } finally {
            PosixLibrary.close(fd);
        }
        int number = number(name);
        if (PosixLibrary.VARIADIC.fcntl(number, F_SETFL, host.nonBlock()) < 0) {
            throw failure("fcntl(O_NONBLOCK) of " + name);
        }
        if (PosixLibrary.VARIADIC.fcntl(number, F_SETFD, 1) < 0) {
            throw failure("fcntl(FD_CLOEXEC) of " + name);
        }
    }

    void dup2(String from, String to) {
        if (PosixLibrary.dup2(number(from), number(to)) >= 0) {
            open.add(to);
        }
    }

    /** Closes; a name that is not open stays as it is. */
    void close(String name) throws IOException {
        if (open.remove(name) && PosixLibrary.close(number(name)) < 0) {
            throw failure("close " + name);
        }
    }

    @Override
    public void close() throws IOException {
        for (String name : Set.copyOf(open)) {
            close(name);
        }
    }
}
