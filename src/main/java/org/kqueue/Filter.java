package org.kqueue;

/**
 * What a knote watches: the {@code EVFILT_} constants of all systems, by name. Numbers differ from system to system
 * ({@code EVFILT_READ} is -1 on most and 0 on NetBSD) and are asked of the {@link KeventLayout}.
 */
public enum Filter {
    /** Descriptor readable; {@code data} is the number of bytes, or of waiting connections on a listener. */
    EVFILT_READ,
    /** Descriptor writable; {@code data} is the free space in bytes. */
    EVFILT_WRITE,
    /** An asynchronous I/O request has ended. */
    EVFILT_AIO,
    /** A file was written, extended, renamed, removed, ... */
    EVFILT_VNODE,
    /** A process exited, forked or called exec; ident is the pid. */
    EVFILT_PROC,
    /** The same by process descriptor (FreeBSD). */
    EVFILT_PROCDESC,
    /** A signal was delivered to this process; ident is its number, {@code data} the count since the last event. */
    EVFILT_SIGNAL,
    /** A timer expired; ident is free, {@code data} the number of expirations. */
    EVFILT_TIMER,
    /** An event published by the program itself; ident is free. */
    EVFILT_USER,
    /** A file system was mounted, unmounted, ... */
    EVFILT_FS,
    /** A list of asynchronous I/O requests has ended (FreeBSD). */
    EVFILT_LIO,
    /** A {@code sendfile} buffer was filled (FreeBSD). */
    EVFILT_SENDFILE,
    /** A send buffer is empty (FreeBSD, NetBSD). */
    EVFILT_EMPTY,
    /** Exceptional condition, such as out-of-band data. */
    EVFILT_EXCEPT,
    /** A device changed (OpenBSD). */
    EVFILT_DEVICE,
    /** A Mach port received a message (macOS). */
    EVFILT_MACHPORT,
    /** Memory pressure (macOS). */
    EVFILT_VM;

    /** The constants, in ordinal order, without the copy that {@code values()} makes. */
    static final Filter[] ALL = values();
}
