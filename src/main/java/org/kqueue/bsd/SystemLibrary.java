package org.kqueue.bsd;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.kqueue.Errno;
import org.kqueue.KeventException;
import org.kqueue.KeventLayout;
import org.kqueue.KqueueConfig;
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

    /** Bound libraries by name and ABI. */
    // guarded by itself
    private static final Map<String, SystemLibrary> LOADED = new HashMap<>();
    private static final String PLAIN_KEVENT = "kevent";
    private static final int ENOUGH_LEAD = 3;
    private static final int MOST_FIRST_KQUEUES = 16;
    private static final System.Logger LOG = System.getLogger("org.kqueue");

    private final String name;
    private final KeventLayout layout;
    /** Kept, so that the library stays loaded. */
    private final Binding binding;
    private final KqueueLibrary calls;
    private final Kevent kevent;
    private final Fcntl fcntl;
    private final boolean ownFcntl;
    private final boolean ownClose;
    private final boolean ownPipe;
    /** Whether its kqueue is the system's own, by whichever name it was loaded. */
    private final boolean kernel;
    private final FilterProbe filters = new FilterProbe(this);
    private final LibraryHabits habits = new LibraryHabits(this);
    /** Null until the first kqueue that may have timers. */
    // guarded by this
    private KeventLayout probedLayout;
    /** Whether the library's descriptors are the process's; null until its first kqueues show it. */
    // writes guarded by this
    private volatile Boolean hostDescriptors;

    private SystemLibrary(String name, KeventLayout layout) throws KqueueUnavailableException {
        ForeignCalls.requirePossible();
        this.name = name;
        this.layout = layout;
        binding = new Binding(name);
        binding.require("kqueue");
        kernel = name == null || binding.isLibc();
        String symbol = keventSymbol();
        calls = binding.functions();
        kevent = binding.kevent(symbol, layout);
        ownFcntl = !kernel && binding.isOwn("fcntl");
        ownClose = !kernel && binding.isOwn("close");
        ownPipe = ownClose && binding.isOwn("pipe") && binding.isOwn("read") && binding.isOwn("write");
        fcntl = Native.load(ownFcntl ? name : null, Fcntl.class);
        hostDescriptors = !kernel && HostSystem.listsDescriptors() ? null : Boolean.TRUE;
        LOG.log(System.Logger.Level.DEBUG, () -> "bound kqueue and " + symbol + " of " + this + " by "
                + kevent.getClass().getName());
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
                library = new SystemLibrary(name, layout);
                LOADED.put(key, library);
            }
            return library;
        }
    }

    /**
     * NetBSD's plain {@code kevent} takes the timespec of before release 6; the header renames it. A library that is no
     * libc has no such past, so there a plain {@code kevent} will do.
     */
    private String keventSymbol() throws KqueueUnavailableException {
        String symbol = layout.keventSymbol();
        if (kernel || symbol.equals(PLAIN_KEVENT)) {
            return binding.require(symbol);
        }
        // On NetBSD a look-up of a name that the library lacks goes on in libc.
        boolean plain = HostSystem.CURRENT == HostSystem.NETBSD && !binding.isOwn(symbol);
        return plain ? binding.require(PLAIN_KEVENT) : binding.require(symbol, PLAIN_KEVENT);
    }

    /** The functions. A descriptor may be closed only by {@link #close}. */
    KqueueLibrary calls() {
        return calls;
    }

    Kevent kevent() {
        return kevent;
    }

    KeventLayout layout() {
        return layout;
    }

    FilterProbe filters() {
        return filters;
    }

    /**
     * The layout without the notes of timers that the kernel does not take.
     *
     * @throws KeventException if no kqueue can be had to find out
     */
    synchronized KeventLayout probedLayout() throws KeventException {
        if (probedLayout == null) {
            probedLayout = TimerProbe.layout(this);
        }
        return probedLayout;
    }

    boolean isKernel() {
        return kernel;
    }

    /** Refuses a library whose kevents are of another size: the next call could write beyond a list. */
    void requireAbi() throws IOException {
        // FreeBSD's libc has either of two, by the release it was made for.
        List<String> others = !kernel || HostSystem.CURRENT == HostSystem.FREEBSD ? habits.otherAbis() : List.of();
        if (!others.isEmpty()) {
            throw new KqueueUnavailableException((name == null ? "libc" : "org.kqueue.library=" + name)
                    + " does not speak the " + layout + " ABI; set " + KqueueConfig.ABI + " to the one it speaks, "
                    + String.join(" or ", others));
        }
    }

    /** Whether {@code kevent} answers changes otherwise than a kernel's does. */
    boolean answersOtherwise() throws KeventException {
        return !kernel && !habits.answersAsKernel();
    }

    /**
     * Whether one thread's wait may lock out every other that calls {@code kevent}, so that the wait must be ended
     * without it. Libkqueue does that up to version 2.6 (its issue 162). Not tried, but suspected of libraries that
     * answer otherwise.
     */
    boolean mayLockWhileWaiting() throws KeventException {
        return answersOtherwise() && hasPipe();
    }

    /** Whether one kqueue can watch another. */
    boolean watchesKqueues() {
        return kernel || habits.watchesKqueues();
    }

    /** Makes a kqueue that is closed on exec. */
    int kqueue() throws KeventException {
        int kqfd = hostDescriptors == null ? firstKqueue() : newKqueue();
        closeOnExec(kqfd);
        return kqfd;
    }

    private int newKqueue() throws KeventException {
        int kqfd = calls.kqueue();
        if (kqfd < 0) {
            throw failure("kqueue", -1, errno(), null);
        }
        return kqfd;
    }

    /**
     * Makes kqueues, finds out whether their numbers are new descriptors of this process, and returns one. Another
     * thread may close or open a descriptor under the same number just then, so one kqueue proves nothing.
     */
    private synchronized int firstKqueue() throws KeventException {
        if (hostDescriptors != null) {
            return newKqueue();
        }
        List<Integer> kqfds = new ArrayList<>();
        int lead = 0;
        try {
            while (Math.abs(lead) < ENOUGH_LEAD && kqfds.size() < MOST_FIRST_KQUEUES) {
                Set<Integer> before = HostSystem.openDescriptors();
                int kqfd = newKqueue();
                kqfds.add(kqfd);
                lead += !before.contains(kqfd) && HostSystem.isOpenDescriptor(kqfd) ? 1 : -1;
            }
            hostDescriptors = lead > 0;
            return kqfds.remove(0);
        } finally {
            for (int kqfd : kqfds) {
                close(kqfd, lead > 0);
            }
        }
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
            if (kernel) {
                throw failure;
            }
            // A library's own descriptors need not know the flag; what is lost is that a child process may inherit
            // them.
            log("is tolerated", failure);
        }
    }

    /** For what is no failure of the program's call. */
    void log(String what, IOException failure) {
        LOG.log(System.Logger.Level.DEBUG, () -> this + ": " + failure.getMessage() + ": " + what);
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
        return close(fd, isHosted());
    }

    private int close(int fd, boolean hosted) {
        if (!ownClose && !hosted) {
            return 0;
        }
        return calls.close(fd) < 0 ? errno() : 0;
    }

    /** Why the native call just made on this thread failed. */
    int errno() {
        return Native.getLastError();
    }

    KeventException failure(String call, int fd, int errno, String detail) {
        return new KeventException(call, fd, errno, Errno.name(errno, layout.errnos()), detail);
    }

    @Override
    public String toString() {
        return "system (" + (name == null ? "libc" : name) + "), " + layout + " ABI";
    }
}
