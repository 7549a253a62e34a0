package org.kqueue;

import java.io.IOException;

/**
 * Where kqueues come from. There are two, {@code system} and {@code embedded}. Others are found by
 * {@link java.util.ServiceLoader} where {@code org.kqueue.backend} names them. Thread-safe, with a public constructor
 * without arguments that does nothing costly.
 */
public interface KqueueBackend {

    /**
     * The value of {@code org.kqueue.backend} that selects this backend.
     *
     * @return a lower-case name
     */
    String name();

    /**
     * The ABI this backend speaks where none is named.
     *
     * @param config what is to be opened
     * @return the name of a layout
     */
    String defaultAbi(KqueueConfig config);

    /**
     * Why this backend cannot serve here. Cheap: looks at the platform, opens nothing.
     *
     * @param config what is to be opened
     * @return what is missing and what to do, or null where {@link #open} may be tried
     */
    String whyNot(KqueueConfig config);

    /**
     * Whether {@link #open} needs JNA. Where it does and JNA cannot be loaded, a message says what to do about that.
     *
     * @param config what is to be opened
     * @return true, unless a backend knows better
     */
    default boolean needsJna(KqueueConfig config) {
        return true;
    }

    /**
     * Opens a kqueue. A failed open leaves nothing open.
     *
     * @param config what to open
     * @param layout the ABI to speak
     * @return a new kqueue
     * @throws KqueueUnavailableException where something is missing, such as a library or a symbol
     * @throws KeventException where the system refuses, such as {@code EMFILE}
     * @throws IOException for other failures
     */
    Kqueue open(KqueueConfig config, KeventLayout layout) throws IOException;
}
