package org.kqueue.bsd;

import com.sun.jna.FunctionMapper;
import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.kqueue.Errno;
import org.kqueue.KeventException;
import org.kqueue.KeventLayout;
import org.kqueue.KqueueUnavailableException;

/**
 * A loaded library that exports {@code kqueue} and {@code kevent}: libc, or one that the user named. Thread-safe;
 * loaded once for each name and ABI, and never unloaded.
 *
 * <p>A named library may keep descriptors of its own, as a kernel in a library does. Then a number from its {@code
 * kqueue()} means something else to libc, and handing it to libc's {@code close} would close a file of this JVM. So
 * libc stands in for functions that the library does not export only if the library's descriptors are the process's.
 */
final class SystemLibrary {

    /** Bound classes by library name and ABI. */
    // guarded by itself
    private static final Map<String, SystemLibrary> LOADED = new HashMap<>();
    private static final System.Logger LOG = System.getLogger("org.kqueue");

    private final String name;
    private final KeventLayout layout;
    private final KqueueLibrary calls;
    private final Fcntl fcntl;
    private final boolean ownFcntl;
    private final boolean ownClose;
    private final boolean ownPipe;
    private final boolean foreign;
    /** Kept: JNA unloads a library when its object is collected. */
    private final NativeLibrary handle;
    private final FilterProbe filters = new FilterProbe(this);
    private final AnswerProbe answers = new AnswerProbe(this);
    /** Whether the library's descriptors are the process's; null until its first kqueue shows it. */
    // writes guarded by this
    private volatile Boolean hostDescriptors;

    private SystemLibrary(String name, KeventLayout layout, NativeLibrary handle, String kevent)
            throws KqueueUnavailableException {
        this.name = name;
        this.layout = layout;
        this.handle = handle;
        foreign = name != null && !(HostSystem.CURRENT.hasKqueue() && !isOwn(handle, "kqueue"));
        calls = bind(handle, layout);
        ownFcntl = foreign && isOwn(handle, "fcntl");
        ownClose = foreign && isOwn(handle, "close");
        ownPipe = foreign && isOwn(handle, "pipe");
        fcntl = Native.load(ownFcntl ? name : null, Fcntl.class);
        hostDescriptors = foreign && HostSystem.listsDescriptors() ? null : Boolean.TRUE;
        LOG.log(System.Logger.Level.DEBUG, () -> "bound kqueue and " + kevent + " of " + this);
    }

    /**
     * Loads a library.
     *
     * @param name name or path, null for libc
     * @param layout the ABI of its {@code kevent}
     * @throws KqueueUnavailableException where the library, a symbol or JNA is missing
     */
    static SystemLibrary load(String name, KeventLayout layout) throws KqueueUnavailableException {
        String key = layout.name() + ' ' + (name == null ? "" : name);
        synchronized (LOADED) {
            SystemLibrary library = LOADED.get(key);
            if (library == null) {
                library = open(name, layout);
                LOADED.put(key, library);
            }
            return library;
        }
    }

    private static SystemLibrary open(String name, KeventLayout layout) throws KqueueUnavailableException {
        NativeLibrary plain = openHandle(name, Map.of());
        requireSymbol(plain, name, "kqueue");
        String kevent = keventSymbol(plain, name, layout);
        FunctionMapper mapper = (library, method) -> method.getName().equals("kevent") ? kevent : method.getName();
        NativeLibrary handle = openHandle(name, Map.of(Library.OPTION_FUNCTION_MAPPER, mapper));
        return new SystemLibrary(name, layout, handle, kevent);
    }

    private static NativeLibrary openHandle(String name, Map<String, ?> options) throws KqueueUnavailableException {
        try {
            return NativeLibrary.getInstance(name, options);
        } catch (UnsatisfiedLinkError e) {
            throw new KqueueUnavailableException("org.kqueue.library=" + name
                    + " cannot be loaded; searched jna.library.path=" + System.getProperty("jna.library.path", "")
                    + ", then the system's own library path; "
                    + String.join("; ", e.getMessage().strip().split("\\s*\\R\\s*")), e);
        }
    }

    /**
     * NetBSD's plain {@code kevent} takes the timespec of before release 6; the header renames it. A library that is no
     * libc has no such past, so there a plain {@code kevent} will do.
     */
    private static String keventSymbol(NativeLibrary handle, String name, KeventLayout layout)
            throws KqueueUnavailableException {
        if (!isNetbsd(layout)) {
            requireSymbol(handle, name, "kevent");
            return "kevent";
        }
        String versioned = layout.name().equals("netbsd11") ? "__kevent100" : "__kevent50";
        boolean onNetbsd = HostSystem.CURRENT == HostSystem.NETBSD;
        boolean libc = name == null || onNetbsd && !isOwn(handle, "kqueue");
        boolean plain = !libc && (onNetbsd ? !isOwn(handle, versioned) : address(handle, versioned) == 0);
        String kevent = plain ? "kevent" : versioned;
        requireSymbol(handle, name, kevent);
        return kevent;
    }

    /** Whether libc of this system has a symbol. */
    static boolean libcExports(String symbol) {
        return address(NativeLibrary.getProcess(), symbol) != 0;
    }

    private static boolean isNetbsd(KeventLayout layout) {
        return layout.filterWidth() == Integer.BYTES;
    }

    private static void requireSymbol(NativeLibrary handle, String name, String symbol)
            throws KqueueUnavailableException {
        if (address(handle, symbol) == 0) {
            throw new KqueueUnavailableException((name == null ? "libc" : "org.kqueue.library=" + name)
                    + " does not export " + symbol);
        }
    }

    /**
     * Whether the library itself has a symbol that libc has too: a look-up goes on in the libraries that it needs, libc
     * among them. Meaningless for a symbol that libc lacks, since the process then finds the library's.
     */
    private static boolean isOwn(NativeLibrary handle, String symbol) {
        long address = address(handle, symbol);
        return address != 0 && address != address(NativeLibrary.getProcess(), symbol);
    }

    private static long address(NativeLibrary handle, String symbol) {
        try {
            return Pointer.nativeValue(handle.getGlobalVariableAddress(symbol));
        } catch (UnsatisfiedLinkError e) {
            return 0;
        }
    }

    /**
     * Binds the native methods of a class of its own to the library. JNA binds a class to one library for good, so each
     * library gets a hidden copy of the mapping class.
     */
    private static KqueueLibrary bind(NativeLibrary handle, KeventLayout layout) throws KqueueUnavailableException {
        Class<?> mapping = isNetbsd(layout) ? NetbsdKqueueLibrary.class : BsdKqueueLibrary.class;
        try (InputStream in = mapping.getResourceAsStream(mapping.getSimpleName() + ".class")) {
            MethodHandles.Lookup copy = MethodHandles.lookup().defineHiddenClass(in.readAllBytes(), true);
            Native.register(copy.lookupClass(), handle);
            return (KqueueLibrary) copy.findConstructor(copy.lookupClass(), MethodType.methodType(void.class)).invoke();
        } catch (UnsatisfiedLinkError e) {
            throw new KqueueUnavailableException(handle.getName() + " lacks a function: " + e.getMessage(), e);
        } catch (Throwable e) {
            throw new AssertionError("cannot define a copy of " + mapping, e);
        }
    }

    /** The functions. A descriptor may be closed only by {@link #close}. */
    KqueueLibrary calls() {
        return calls;
    }

    KeventLayout layout() {
        return layout;
    }

    FilterProbe filters() {
        return filters;
    }

    /** Whether its kqueue is the system's own, by whichever name it was loaded. */
    boolean isKernel() {
        return !foreign;
    }

    /** Whether {@code kevent} may wait although it has answered a change, which no kernel does. */
    boolean waitsAfterAnswers() {
        return foreign && answers.goesOn();
    }

    /** Makes a kqueue that is closed on exec. */
    int kqueue() throws KeventException {
        int kqfd = hostDescriptors == null ? firstKqueue() : calls.kqueue();
        if (kqfd < 0) {
            throw failure("kqueue", -1, errno(), null);
        }
        closeOnExec(kqfd);
        return kqfd;
    }

    private synchronized int firstKqueue() {
        if (hostDescriptors != null) {
            return calls.kqueue();
        }
        Set<Integer> before = HostSystem.openDescriptors();
        int kqfd = calls.kqueue();
        if (kqfd >= 0) {
            hostDescriptors = !before.contains(kqfd) && HostSystem.isOpenDescriptor(kqfd);
        }
        return kqfd;
    }

    private boolean isHosted() {
        return Boolean.TRUE.equals(hostDescriptors);
    }

    /** Sets FD_CLOEXEC, or closes the descriptor and throws. */
    private void closeOnExec(int fd) throws KeventException {
        try {
            setDescriptor(fd, Fcntl.F_SETFD, Fcntl.FD_CLOEXEC);
        } catch (KeventException e) {
            close(fd);
            throw e;
        }
    }

    private void setDescriptor(int fd, int command, int value) throws KeventException {
        if (!ownFcntl && !isHosted()) {
            return;
        }
        if (fcntl.fcntl(fd, command, value) < 0) {
            int errno = errno();
            String flag = command == Fcntl.F_SETFD ? "FD_CLOEXEC" : "O_NONBLOCK";
            KeventException failure = failure("fcntl", fd, errno, flag);
            if (!foreign) {
                throw failure;
            }
            // A library's own descriptors need not know the flag; what is lost is that a child process may inherit
            // them.
            LOG.log(System.Logger.Level.DEBUG, () -> this + ": " + failure.getMessage());
        }
    }

    /** Whether a pipe can be had whose ends the library's kqueue can watch. */
    boolean hasPipe() {
        return ownPipe || isHosted();
    }

    /**
     * Makes a pipe, non-blocking and closed on exec.
     *
     * @return the read end and the write end
     */
    int[] pipe() throws KeventException {
        ByteBuffer memory = ByteBuffer.allocateDirect(2 * Integer.BYTES).order(ByteOrder.nativeOrder());
        if (calls.pipe(Pointer.nativeValue(Native.getDirectBufferPointer(memory))) < 0) {
            throw failure("pipe", -1, errno(), null);
        }
        int[] ends = {memory.getInt(0), memory.getInt(Integer.BYTES)};
        try {
            HostSystem numbers = isHosted() ? HostSystem.CURRENT : HostSystem.FREEBSD;
            for (int end : ends) {
                setDescriptor(end, Fcntl.F_SETFD, Fcntl.FD_CLOEXEC);
                setDescriptor(end, Fcntl.F_SETFL, numbers.nonBlock());
            }
            return ends;
        } catch (KeventException e) {
            close(ends[0]);
            close(ends[1]);
            throw e;
        }
    }

    /**
     * Closes a descriptor of the library. Not repeated after {@code EINTR}: the descriptor is gone then too.
     *
     * @return 0, or the errno
     */
    int close(int fd) {
        if (!ownClose && !isHosted()) {
            return 0;
        }
        return calls.close(fd) < 0 ? errno() : 0;
    }

    /**
     * Why the native call just made on this thread failed, as the ABI numbers it. A library on Linux may give Linux's
     * numbers or the ABI's own. Up to 34 they are the same but for 11; beyond, one is taken for Linux's where the ABI
     * has no such number.
     */
    int errno() {
        int errno = Native.getLastError();
        Errno.Numbering host = HostSystem.CURRENT.errnos();
        boolean known = !Errno.name(errno, layout.errnos()).startsWith("errno");
        return host == layout.errnos() || known ? errno : Errno.translate(errno, host, layout.errnos());
    }

    KeventException failure(String call, int fd, int errno, String detail) {
        return new KeventException(call, fd, errno, Errno.name(errno, layout.errnos()), detail);
    }

    @Override
    public String toString() {
        return "system (" + (name == null ? "libc" : name) + "), " + layout + " ABI";
    }
}
