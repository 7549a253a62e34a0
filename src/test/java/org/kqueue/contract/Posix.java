package org.kqueue.contract;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;

/**
 * What the tests themselves call in the C library, by C names, with the numbers of the system they run on. Only what
 * every system has: a class is bound as a whole. No logic.
 */
public final class Posix {

    /** Whether the numbers are Linux's. Those of macOS and the BSDs are one another's. */
    public static final boolean LINUX = System.getProperty("os.name").equals("Linux");

    public static final int AF_UNIX = 1;
    public static final int AF_INET = 2;
    public static final int SOCK_STREAM = 1;
    public static final int SOCK_DGRAM = 2;
    public static final int SOL_SOCKET = LINUX ? 1 : 0xffff;
    public static final int SO_ERROR = LINUX ? 4 : 0x1007;
    public static final int SO_LINGER = LINUX ? 13 : 0x80;
    public static final int MSG_OOB = 1;
    public static final int SHUT_RD = 0;
    public static final int SHUT_WR = 1;
    public static final int SHUT_RDWR = 2;
    public static final int O_RDONLY = 0;
    public static final int O_RDWR = 2;
    public static final int O_CREAT = LINUX ? 0x40 : 0x200;
    public static final int O_NONBLOCK = LINUX ? 0x800 : 4;
    public static final int F_DUPFD = 0;
    public static final int F_GETFD = 1;
    public static final int F_SETFD = 2;
    public static final int F_SETFL = 4;
    public static final int FD_CLOEXEC = 1;
    public static final int SIGCHLD = LINUX ? 17 : 20;
    public static final int SIGURG = LINUX ? 23 : 16;
    public static final int SIGWINCH = 28;
    public static final int ECONNREFUSED = LINUX ? 111 : 61;

    static {
        Native.register(Posix.class, NativeLibrary.getProcess());
    }

    private Posix() {
    }

    public static native int socketpair(int domain, int type, int protocol, int[] fds);

    public static native int pipe(int[] fds);

    public static native int socket(int domain, int type, int protocol);

    public static native int bind(int fd, byte[] address, int length);

    public static native int listen(int fd, int backlog);

    public static native int connect(int fd, byte[] address, int length);

    public static native int accept(int fd, byte[] address, int[] length);

    public static native int getsockname(int fd, byte[] address, int[] length);

    public static native int getsockopt(int fd, int level, int name, int[] value, int[] length);

    public static native int setsockopt(int fd, int level, int name, int[] value, int length);

    public static native int shutdown(int fd, int how);

    public static native long read(int fd, byte[] buffer, long count);

    public static native long write(int fd, byte[] buffer, long count);

    public static native long send(int fd, byte[] buffer, long count, int flags);

    public static native int close(int fd);

    public static native int dup(int fd);

    public static native int dup2(int from, int to);

    public static native int poll(byte[] fds, long n, int timeoutMillis);

    public static native int kill(int pid, int signal);

    public static native int ftruncate(int fd, long length);

    public static native long lseek(int fd, long offset, int whence);

    public static int fcntl(int fd, int command, int argument) {
        return ByInterface.LIBRARY.fcntl(fd, command, argument);
    }

    public static int open(String path, int flags, int mode) {
        return ByInterface.LIBRARY.open(path, flags, mode);
    }

    /** Returns the errno. */
    static int posix_spawn(int[] pid, String path, Pointer actions, Pointer attributes, String[] argv, String[] envp) {
        return ByInterface.LIBRARY.posix_spawn(pid, path, actions, attributes, argv, envp);
    }

    static int waitid(int idtype, int id, byte[] info, int options) {
        return ByInterface.LIBRARY.waitid(idtype, id, info, options);
    }

    /**
     * For arrays of strings, for variadic functions, whose arguments macOS on ARM passes otherwise, and for what not
     * every system has: each is looked up when it is called.
     */
    private interface ByInterface extends Library {
        ByInterface LIBRARY = Native.load(null, ByInterface.class);

        int fcntl(int fd, int command, Object... argument);

        int open(String path, int flags, Object... mode);

        int posix_spawn(int[] pid, String path, Pointer actions, Pointer attributes, String[] argv, String[] envp);

        int waitid(int idtype, int id, byte[] info, int options);
    }

    public static native int waitpid(int pid, int[] status, int options);
}
