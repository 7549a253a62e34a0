package org.kqueue.nio.channels;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import java.io.Closeable;
import java.io.IOException;
import java.lang.ref.Cleaner;
import java.nio.charset.Charset;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.ProviderMismatchException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.kqueue.Errno;

/**
 * A descriptor of a file or directory that is opened to be watched: the ident of {@link org.kqueue.Filter#vnode}.
 * Closed also if it is collected without. Thread-safe.
 */
public final class OpenFile implements Closeable {

    private static final Cleaner CLEANER = Cleaner.create();
    private static final int O_RDONLY = 0;
    private static final int FLAGS = flags();

    /** {@code open(2)} without a mode, and so without a variadic argument. */
    private static final class LibC {
        static {
            Native.register(LibC.class, NativeLibrary.getProcess());
        }

        static native int open(byte[] path, int flags);

        static native int close(int fd);
    }

    private record Closing(int fd, AtomicBoolean closed) implements Runnable {
        @Override
        public void run() {
            if (!closed.getAndSet(true)) {
                // Read-only, so there is nothing that an error could be about; the number is free on all systems.
                LibC.close(fd);
            }
        }
    }

    private final int fd;
    private final Cleaner.Cleanable cleanable;

    private OpenFile(int fd) {
        this.fd = fd;
        cleanable = CLEANER.register(this, new Closing(fd, new AtomicBoolean()));
    }

    /** O_RDONLY, O_NONBLOCK so that no open waits, and O_CLOEXEC: {@code <fcntl.h>} of each system. */
    private static int flags() {
        if (Platform.isLinux()) {
            return O_RDONLY | 0x800 | 0x80000;
        }
        int nonBlock = 0x4;
        if (Platform.isMac()) {
            // O_EVTONLY: the file's volume can be unmounted all the same.
            return 0x8000 | nonBlock | 0x1000000;
        }
        return O_RDONLY | nonBlock | switch (Platform.getOSType()) {
            case Platform.FREEBSD -> 0x100000;
            case Platform.NETBSD -> 0x400000;
            case Platform.OPENBSD -> 0x10000;
            case Platform.DRAGONFLYBSD -> 0x20000;
            default -> throw new UnsupportedOperationException("files cannot be watched on "
                    + System.getProperty("os.name"));
        };
    }

    /**
     * Opens a file or directory, without waiting and not to be inherited by other programs. Opens nothing else, as
     * opening a device or a FIFO may do something.
     *
     * @param path a file or directory that may be read; symbolic links are followed
     * @return the open file
     * @throws NoSuchFileException where there is none
     * @throws FileSystemException if the system refuses, or for an object that is neither
     * @throws ProviderMismatchException for a path that is not the system's
     * @throws IOException for other failures
     */
    public static OpenFile open(Path path) throws IOException {
        if (path.getFileSystem() != FileSystems.getDefault()) {
            throw new ProviderMismatchException("not a path of this system: " + path);
        }
        if (!Files.isRegularFile(path) && !Files.isDirectory(path) && Files.exists(path)) {
            throw new FileSystemException(path.toString(), null, "neither a file nor a directory");
        }
        int fd;
        int errno;
        do {
            fd = LibC.open(bytes(path), FLAGS);
            errno = fd < 0 ? Native.getLastError() : 0;
        } while (errno == Errno.EINTR);
        if (fd < 0) {
            throw failure(path, errno);
        }
        return new OpenFile(fd);
    }

    private static byte[] bytes(Path path) {
        String encoding = System.getProperty("sun.jnu.encoding");
        Charset charset = encoding != null && Charset.isSupported(encoding) ? Charset.forName(encoding)
                : Charset.defaultCharset();
        return (path.toAbsolutePath() + "\0").getBytes(charset);
    }

    private static IOException failure(Path path, int errno) {
        String name = Errno.name(errno, Platform.isLinux() ? Errno.Numbering.LINUX : Errno.Numbering.BSD);
        return switch (name) {
            case "ENOENT" -> new NoSuchFileException(path.toString());
            case "EACCES" -> new AccessDeniedException(path.toString());
            default -> new FileSystemException(path.toString(), null, "open: " + name + " (" + errno + ")");
        };
    }

    /**
     * The descriptor.
     *
     * @return its number, this file's until it is closed
     */
    public int fd() {
        return fd;
    }

    /** Closes the descriptor; a second call does nothing. Its knotes are gone with it. */
    @Override
    public void close() {
        cleanable.clean();
    }
}
