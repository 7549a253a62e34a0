package org.kqueue.nio.jdk;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.ByteBuffer;
import java.security.AccessController;
import java.security.PrivilegedAction;
import org.kqueue.Errno;
import org.kqueue.KqueueConfig;
import org.kqueue.linux.epoll.EpollCalls;
import org.kqueue.linux.epoll.LentCalls;
import sun.nio.ch.DirectBuffer;
import sun.nio.ch.IOUtil;
import sun.nio.ch.Net;

/**
 * The native methods that the JDK's own selectors call on Linux, lent to the embedded kqueue. A JDK without one of them
 * has the C library called through JNA instead.
 *
 * <p>They say why a call failed as the text of an exception only. The JDK's eventfd is not close-on-exec, nor are its
 * sockets.
 */
final class JdkEpoll implements EpollCalls {

    private JdkEpoll() {
    }

    /** To be called when the package is open. Does nothing where {@link KqueueConfig#calls()} names another way. */
    static void lend() {
        if (!System.getProperty("os.name").equals("Linux") || !KqueueConfig.calls().equals(KqueueConfig.AUTO)) {
            return;
        }
        try {
            // EPoll of JDK 17 calls a native method of the library before it has it loaded.
            IOUtil.load();
            Epoll.CREATE.getClass();
            Net.class.getDeclaredMethod("poll", FileDescriptor.class, int.class, long.class);
            LentCalls.lend(new JdkEpoll());
        } catch (NoSuchMethodException | LinkageError e) {
            System.getLogger("org.kqueue").log(System.Logger.Level.DEBUG, "epoll is called through JNA", e);
        }
    }

    /** Found when the calls are lent. */
    private static final class Epoll {
        static final MethodHandle CREATE = find("EPoll", "create", int.class);
        static final MethodHandle CTL = find("EPoll", "ctl", int.class, int.class, int.class, int.class, int.class);
        static final MethodHandle WAIT = find("EPoll", "wait", int.class, int.class, long.class, int.class, int.class);
        static final MethodHandle EVENTFD = find("EventFD", "eventfd0", int.class);
        static final MethodHandle SET = find("EventFD", "set0", int.class, int.class);
    }

    /** Found when it is first needed: few selectors ever do. */
    private static final class Poll {
        static final MethodHandle POLL =
                find("Net", "poll", int.class, FileDescriptor.class, int.class, long.class);
    }

    /** With this library's rights: a security manager may allow nothing to the program that needs it first. */
    @SuppressWarnings("removal")
    private static MethodHandle find(String owner, String name, Class<?> result, Class<?>... parameters) {
        return AccessController.doPrivileged(new PrivilegedAction<MethodHandle>() {
            @Override
            public MethodHandle run() {
                return findWithOwnRights(owner, name, result, parameters);
            }
        });
    }

    private static MethodHandle findWithOwnRights(String owner, String name, Class<?> result, Class<?>... parameters) {
        try {
            Class<?> holder = Class.forName("sun.nio.ch." + owner);
            return MethodHandles.privateLookupIn(holder, MethodHandles.lookup()).findStatic(holder, name,
                    MethodType.methodType(result, parameters));
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    @Override
    public int create() throws IOException {
        try {
            return (int) Epoll.CREATE.invokeExact();
        } catch (Throwable e) {
            throw failure("epoll_create1", e);
        }
    }

    @Override
    public int ctl(int epfd, int op, int fd, int events) {
        try {
            return (int) Epoll.CTL.invokeExact(epfd, op, fd, events);
        } catch (Throwable e) {
            throw Rethrow.asUnchecked(e);
        }
    }

    @Override
    public int await(int epfd, long events, int maxevents, int timeoutMillis) {
        try {
            int n = (int) Epoll.WAIT.invokeExact(epfd, events, maxevents, timeoutMillis);
            // IOStatus.INTERRUPTED, the one error that is not thrown.
            return n >= 0 ? n : -Errno.EINTR;
        } catch (IOException e) {
            // EBADF, or EINVAL where the number is another file's.
            return -Errno.EBADF;
        } catch (Throwable e) {
            throw Rethrow.asUnchecked(e);
        }
    }

    @Override
    public int poll(int fd, int events) {
        try {
            return (int) Poll.POLL.invokeExact(IOUtil.newFD(fd), events, 0L);
        } catch (IOException e) {
            return 0;
        } catch (Throwable e) {
            throw Rethrow.asUnchecked(e);
        }
    }

    @Override
    public int eventfd() throws IOException {
        try {
            return (int) Epoll.EVENTFD.invokeExact();
        } catch (Throwable e) {
            throw failure("eventfd", e);
        }
    }

    @Override
    public void signal(int eventfd) throws IOException {
        try {
            int written = (int) Epoll.SET.invokeExact(eventfd);
            if (written != Long.BYTES) {
                throw new IOException("it returned " + written);
            }
        } catch (Throwable e) {
            throw failure("write(eventfd=" + eventfd + ")", e);
        }
    }

    @Override
    public void close(int fd) throws IOException {
        try {
            stream(IOUtil.newFD(fd)).close();
        } catch (Throwable e) {
            throw failure("close(" + fd + ")", e);
        }
    }

    /** To close a descriptor by, as a handle of a method that closes takes 10 ms to make. */
    @SuppressWarnings("removal")
    private static FileOutputStream stream(FileDescriptor descriptor) {
        return AccessController.doPrivileged(new PrivilegedAction<FileOutputStream>() {
            @Override
            public FileOutputStream run() {
                return new FileOutputStream(descriptor);
            }
        });
    }

    private static IOException failure(String call, Throwable e) {
        return new IOException(call + ": " + Rethrow.asIOException(e).getMessage(), e);
    }

    @Override
    public long address(ByteBuffer direct) {
        return ((DirectBuffer) direct).address();
    }
}
