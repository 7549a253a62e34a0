package org.kqueue.trace;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import org.kqueue.KqueueConfig;

/**
 * The C functions that make and use descriptors, by their C names. No logic. They are those of the library that {@code
 * org.kqueue.library} names, because such a library may have descriptors of its own; a look-up in it goes on in libc.
 */
final class PosixLibrary {

    /** Variadic: only an interface mapping tells JNA which arguments are. */
    interface Variadic extends Library {

        int fcntl(int fd, int command, Object... argument);
    }

    static final Variadic VARIADIC;

    static {
        String name = KqueueConfig.fromSystemProperties().library();
        Native.register(PosixLibrary.class, NativeLibrary.getInstance(name));
        VARIADIC = Native.load(name, Variadic.class);
    }

    private PosixLibrary() {
    }

    static native int socketpair(int domain, int type, int protocol, long sv);

    static native int pipe(long fds);

    static native int dup2(int oldfd, int newfd);

    static native int close(int fd);

    static native int shutdown(int fd, int how);

    static native long read(int fd, long buffer, long count);

    static native long write(int fd, long buffer, long count);

    static native int poll(long fds, long nfds, int timeout);

    static native int socket(int domain, int type, int protocol);

    static native int bind(int fd, long address, int length);

    static native int listen(int fd, int backlog);

    static native int connect(int fd, long address, int length);

    static native int accept(int fd, long address, long length);

    static native int getsockname(int fd, long address, long length);

    static native int getsockopt(int fd, int level, int name, long value, long length);

    static native int setsockopt(int fd, int level, int name, long value, int length);

    static native long send(int fd, long buffer, long count, int flags);

    static native long sendto(int fd, long buffer, long count, int flags, long address, int length);
}
