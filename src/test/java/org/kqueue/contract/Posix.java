package org.kqueue.contract;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;

/** What the tests themselves call in the C library, by C names; numbers are Linux's. No logic. */
public final class Posix {

    public static final int AF_UNIX = 1;
    public static final int AF_INET = 2;
    public static final int SOCK_STREAM = 1;
    public static final int SOCK_DGRAM = 2;
    public static final int SOCK_NONBLOCK = 0x800;
    public static final int SOCK_CLOEXEC = 0x80000;
    public static final int SOL_SOCKET = 1;
    public static final int SO_ERROR = 4;
    public static final int SO_LINGER = 13;
    public static final int SHUT_RD = 0;
    public static final int SHUT_WR = 1;
    public static final int SHUT_RDWR = 2;
    public static final int O_NONBLOCK = 0x800;
    public static final int O_CLOEXEC = 0x80000;
    public static final int F_GETFD = 1;
    public static final int F_SETFL = 4;
    public static final int P_PID = 1;
    public static final int WEXITED = 4;
    public static final int WNOWAIT = 0x1000000;

    static {
        Native.register(Posix.class, NativeLibrary.getProcess());
    }

    private Posix() {
    }

    public static native int socketpair(int domain, int type, int protocol, int[] fds);

    public static native int pipe2(int[] fds, int flags);

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

    public static native int fcntl(int fd, int command, int argument);

    public static native int poll(byte[] fds, long n, int timeoutMillis);

    public static native int open(String path, int flags, int mode);

    public static native int kill(int pid, int signal);

    public static native int unlink(String path);

    public static native int ftruncate(int fd, long length);

    public static native long sendto(int fd, byte[] buffer, long count, int flags, byte[] address, int length);

    public static native long lseek(int fd, long offset, int whence);

    public static native int mkfifo(String path, int mode);

    public static native int ioctl(int fd, long request, int[] argument);

    public static native int posix_spawn(int[] pid, String path, Pointer fileActions, Pointer attributes, Pointer argv,
            Pointer envp);

    /** By an interface of JNA's, for the arrays of strings. Returns the errno. */
    static int posix_spawn(int[] pid, String path, Pointer actions, Pointer attributes, String[] argv, String[] envp) {
        return Spawn.LIBRARY.posix_spawn(pid, path, actions, attributes, argv, envp);
    }

    private interface Spawn extends Library {
        Spawn LIBRARY = Native.load(null, Spawn.class);

        int posix_spawn(int[] pid, String path, Pointer actions, Pointer attributes, String[] argv, String[] envp);
    }

    public static native int waitpid(int pid, int[] status, int options);

    public static native int waitid(int idtype, int id, byte[] info, int options);

    public static native int utimes(String path, Pointer times);

    public static native int gettid();

    public static native int tgkill(int tgid, int tid, int signal);

    public static native int pthread_sigmask(int how, byte[] set, byte[] old);
}
