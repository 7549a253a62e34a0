package org.kqueue;

import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/**
 * Names of error numbers. 1 to 34 mean the same on every system but for 11 and 35 ({@code EAGAIN} and {@code EDEADLK}
 * change places); above them the BSDs and Linux differ. Source: {@code errno(2)} of the systems, {@code <errno.h>} of
 * Linux.
 */
public final class Errno {

    /** Operation not permitted. */
    public static final int EPERM = 1;
    /** No such knote, file, ... */
    public static final int ENOENT = 2;
    /** No such process. */
    public static final int ESRCH = 3;
    /** Interrupted by a signal. */
    public static final int EINTR = 4;
    /** Input/output error. */
    public static final int EIO = 5;
    /** Bad file descriptor. */
    public static final int EBADF = 9;
    /** Out of memory, or past a limit. */
    public static final int ENOMEM = 12;
    /** Bad address. */
    public static final int EFAULT = 14;
    /** It exists already. */
    public static final int EEXIST = 17;
    /** Operation not supported by the device. */
    public static final int ENODEV = 19;
    /** Invalid argument. */
    public static final int EINVAL = 22;
    /** The system's table of open files is full. */
    public static final int ENFILE = 23;
    /** The process has too many open files. */
    public static final int EMFILE = 24;
    /** No space left, or past a limit. */
    public static final int ENOSPC = 28;
    /** Broken pipe. */
    public static final int EPIPE = 32;

    /** How a system numbers its errors. */
    public enum Numbering {
        /** macOS and the BSDs. */
        BSD,
        /** Linux. */
        LINUX
    }

    private static final String[] COMMON = {
        null, "EPERM", "ENOENT", "ESRCH", "EINTR", "EIO", "ENXIO", "E2BIG", "ENOEXEC", "EBADF", "ECHILD",
        null, "ENOMEM", "EACCES", "EFAULT", "ENOTBLK", "EBUSY", "EEXIST", "EXDEV", "ENODEV", "ENOTDIR", "EISDIR",
        "EINVAL", "ENFILE", "EMFILE", "ENOTTY", "ETXTBSY", "EFBIG", "ENOSPC", "ESPIPE", "EROFS", "EMLINK", "EPIPE",
        "EDOM", "ERANGE",
    };
    /** Each system's own numbers; a class, because few programs need them. */
    private static final class Own {
        static final Map<Integer, String> BSD = names(
                "11 EDEADLK 35 EAGAIN 36 EINPROGRESS 37 EALREADY 38 ENOTSOCK 39 EDESTADDRREQ 40 EMSGSIZE 41 EPROTOTYPE "
                + "42 ENOPROTOOPT 43 EPROTONOSUPPORT 44 ESOCKTNOSUPPORT 45 EOPNOTSUPP 46 EPFNOSUPPORT "
                + "47 EAFNOSUPPORT 48 EADDRINUSE 49 EADDRNOTAVAIL 50 ENETDOWN 51 ENETUNREACH 52 ENETRESET "
                + "53 ECONNABORTED 54 ECONNRESET 55 ENOBUFS 56 EISCONN 57 ENOTCONN 58 ESHUTDOWN 59 ETOOMANYREFS "
                + "60 ETIMEDOUT 61 ECONNREFUSED 62 ELOOP "
                + "63 ENAMETOOLONG 64 EHOSTDOWN 65 EHOSTUNREACH 66 ENOTEMPTY 78 ENOSYS");
        static final Map<Integer, String> LINUX = names(
                "11 EAGAIN 35 EDEADLK 36 ENAMETOOLONG 38 ENOSYS 39 ENOTEMPTY 40 ELOOP 88 ENOTSOCK 89 EDESTADDRREQ "
                + "90 EMSGSIZE 91 EPROTOTYPE 92 ENOPROTOOPT 93 EPROTONOSUPPORT 94 ESOCKTNOSUPPORT 95 EOPNOTSUPP "
                + "96 EPFNOSUPPORT 97 EAFNOSUPPORT 98 EADDRINUSE 99 EADDRNOTAVAIL 100 ENETDOWN 101 ENETUNREACH "
                + "102 ENETRESET 103 ECONNABORTED 104 ECONNRESET 105 ENOBUFS 106 EISCONN 107 ENOTCONN 108 ESHUTDOWN "
                + "109 ETOOMANYREFS 110 ETIMEDOUT 111 ECONNREFUSED 112 EHOSTDOWN 113 EHOSTUNREACH 114 EALREADY "
                + "115 EINPROGRESS");
    }

    private Errno() {
    }

    /**
     * The name of an error number.
     *
     * @param errno the number
     * @param numbering whose number it is
     * @return such as {@code "ENOENT"}, or {@code "errno 200"} for a number without a name here
     */
    public static String name(int errno, Numbering numbering) {
        String name = errno > 0 && errno < COMMON.length ? COMMON[errno] : null;
        if (name == null) {
            name = table(numbering).get(errno);
        }
        return name != null ? name : "errno " + errno;
    }

    /**
     * Translates a number from one system's numbering to another's, by name.
     *
     * @param errno the number
     * @param from whose number it is
     * @param to the numbering wanted
     * @return the number there; the same number where either side has no name for it
     */
    public static int translate(int errno, Numbering from, Numbering to) {
        if (from == to || errno > 0 && errno < COMMON.length && COMMON[errno] != null) {
            return errno;
        }
        String name = table(from).get(errno);
        return name != null && table(to).containsValue(name) ? number(name, to) : errno;
    }

    /**
     * The number of an error.
     *
     * @param name such as {@code "ECONNRESET"}
     * @param numbering whose number is wanted
     * @return the number
     * @throws IllegalArgumentException if the system has no error of that name
     */
    public static int number(String name, Numbering numbering) {
        int common = Arrays.asList(COMMON).indexOf(name);
        if (name != null && common >= 0) {
            return common;
        }
        for (Map.Entry<Integer, String> entry : table(numbering).entrySet()) {
            if (entry.getValue().equals(name)) {
                return entry.getKey();
            }
        }
        throw new IllegalArgumentException(name + " is no error here; give a name of errno(2) such as ENOENT");
    }

    private static Map<Integer, String> table(Numbering numbering) {
        return numbering == Numbering.BSD ? Own.BSD : Own.LINUX;
    }

    private static Map<Integer, String> names(String text) {
        Map<Integer, String> map = new TreeMap<>();
        String[] words = text.split(" ");
        for (int i = 0; i < words.length; i += 2) {
            map.put(Integer.valueOf(words[i]), words[i + 1]);
        }
        return map;
    }
}
