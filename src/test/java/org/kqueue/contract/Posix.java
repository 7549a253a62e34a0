package org.kqueue.contract;

import com.sun.jna.Native;
import com.sun.jna.Platform;

/** What the tests themselves call in the C library, by C names; numbers are Linux's. */
final class Posix {

    static final int AF_UNIX = 1;
    static final int AF_INET = 2;
    static final int SOCK_STREAM = 1;
    static final int SOCK_DGRAM = 2;
    static final int SOCK_NONBLOCK = 0x800;
    static final int SOCK_CLOEXEC = 0x80000;
    static final int SOL_SOCKET = 1;
    static final int SO_ERROR = 4;
    static final int SO_LINGER = 13;
    static final int SHUT_RD = 0;
    static final int SHUT_WR = 1;
    static final int SHUT_RDWR = 2;
    static final int O_NONBLOCK = 0x800;
    static final int O_CLOEXEC = 0x80000;
    static final int F_GETFD = 1;

    static {
        Native.register(Posix.class, Platform.C_LIBRARY_NAME);
    }

    private Posix() {
    }

    static native int socketpair(int domain, int type, int protocol, int[] fds);

    static native int pipe2(int[] fds, int flags);

    static native int socket(int domain, int type, int protocol);

    static native int bind(int fd, byte[] address, int length);

    static native int listen(int fd, int backlog);

    static native int connect(int fd, byte[] address, int length);

    static native int accept(int fd, byte[] address, int[] length);

    static native int getsockname(int fd, byte[] address, int[] length);

    static native int getsockopt(int fd, int level, int name, int[] value, int[] length);

    static native int setsockopt(int fd, int level, int name, int[] value, int length);

    static native int shutdown(int fd, int how);

    static native long read(int fd, byte[] buffer, long count);

    static native long write(int fd, byte[] buffer, long count);

    static native long send(int fd, byte[] buffer, long count, int flags);

    static native int close(int fd);

    static native int dup(int fd);

    static native int dup2(int from, int to);

    static native int fcntl(int fd, int command, int argument);

    static native int poll(byte[] fds, long n, int timeoutMillis);

    static native int open(String path, int flags, int mode);

    static native int kill(int pid, int signal);

    static native int unlink(String path);

    static native int ftruncate(int fd, long length);
}
