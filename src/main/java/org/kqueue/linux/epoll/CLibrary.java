package org.kqueue.linux.epoll;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;

/** Binds classes of native methods to the C library that this process runs with. */
final class CLibrary {

    private CLibrary() {
    }

    /**
     * Binds all native methods of a class, found by name.
     *
     * @throws UnsatisfiedLinkError if one is missing
     */
    static void bind(Class<?> library) {
        Thread thread = Thread.currentThread();
        ClassLoader caller = thread.getContextClassLoader();
        // The first library that JNA opens starts its cleaner thread, which inherits this loader and never ends.
        thread.setContextClassLoader(null);
        try {
            Native.register(library, NativeLibrary.getProcess());
        } finally {
            thread.setContextClassLoader(caller);
        }
    }
}
