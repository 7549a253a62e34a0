package org.kqueue;

import java.util.Objects;

/**
 * What kind of kqueue to open. Immutable; {@link #fromSystemProperties()} reads {@code org.kqueue.backend},
 * {@code org.kqueue.library} and {@code org.kqueue.abi}.
 *
 * @param backend {@code "auto"} or a backend's name: {@code "system"}, {@code "embedded"}
 * @param library name or path of a library that exports {@code kqueue} and {@code kevent}, null for the system's own
 * @param abi the name of a {@link KeventLayout}, null for the backend's own choice
 * @param detail how much an event says
 */
public record KqueueConfig(String backend, String library, String abi, Detail detail) {

    /** The property that names the backend. */
    public static final String BACKEND = "org.kqueue.backend";
    /** The property that names a library. */
    public static final String LIBRARY = "org.kqueue.library";
    /** The property that names the ABI. */
    public static final String ABI = "org.kqueue.abi";
    /** The property that says how C functions are called: {@code auto}, {@code jna} or {@code foreign}. */
    public static final String CALLS = "org.kqueue.calls";
    /** The value of {@link #BACKEND} that leaves the choice to us. */
    public static final String AUTO = "auto";

    /** How much an event of a descriptor says. A system's kqueue always says all; an emulation may save calls. */
    public enum Detail {
        /** {@code data}, {@code EV_EOF} and {@code fflags} as documented; descriptors may be closed at any time. */
        FULL,
        /**
         * Only that the descriptor is ready: {@code data} and {@code udata} are 0, and so is {@code fflags}, unless the
         * descriptor has an error: which one, only the next operation tells, so an emulation may say {@code EIO}.
         *
         * <p>For a caller that finds what it wants by {@code ident}, calls {@link Kqueue#forget} before a descriptor is
         * closed or replaced, registers {@code EVFILT_READ} and {@code EVFILT_WRITE} only, level triggered or with
         * {@code EV_DISPATCH}, makes one {@link Wakeup}, and finds out the rest by reading and writing, as a selector
         * does. An emulation may refuse other filters ({@link Kqueue#supports}), may round timeouts up to milliseconds,
         * and need not close a kqueue that is collected.
         *
         * <p>Its calls come one at a time, each seeing what the one before has done, as under a lock of the caller's;
         * so does {@link Kqueue#close}, but for one that ends a wait. Only {@link Wakeup#signal} is for any thread. An
         * emulation need not lock then, and may refuse a call during another with {@link IllegalStateException}.
         */
        READINESS
    }

    /**
     * Checks the components.
     *
     * @param backend not null
     * @param library may be null
     * @param abi may be null
     * @param detail not null
     */
    public KqueueConfig {
        Objects.requireNonNull(backend, "backend");
        Objects.requireNonNull(detail, "detail");
    }

    /**
     * What the system properties say. An empty value counts as not set.
     *
     * @return the configuration, with full detail
     * @throws IllegalArgumentException for a value of {@link #CALLS} that is not allowed
     */
    public static KqueueConfig fromSystemProperties() {
        calls();
        String backend = property(BACKEND);
        return new KqueueConfig(backend == null ? AUTO : backend, property(LIBRARY), property(ABI), Detail.FULL);
    }

    /**
     * What the system property {@link #CALLS} says: {@code jna}, {@code foreign} ({@code java.lang.foreign}), or the
     * shortest way that there is. For a backend, which asks once.
     *
     * @return {@code "auto"}, {@code "jna"} or {@code "foreign"}
     * @throws IllegalArgumentException for another value; the message names those that are allowed
     */
    public static String calls() {
        String calls = property(CALLS);
        if (calls == null) {
            return AUTO;
        }
        if (!calls.equals(AUTO) && !calls.equals("jna") && !calls.equals("foreign")) {
            throw new IllegalArgumentException(CALLS + "=" + calls + "; allowed: auto, jna, foreign");
        }
        return calls;
    }

    private static String property(String name) {
        String value = System.getProperty(name);
        return value == null || value.isBlank() ? null : value.strip();
    }

    /**
     * The same with another detail.
     *
     * @param newDetail how much an event says
     * @return a new configuration
     */
    public KqueueConfig withDetail(Detail newDetail) {
        return new KqueueConfig(backend, library, abi, newDetail);
    }
}
