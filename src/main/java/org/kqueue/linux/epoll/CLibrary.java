package org.kqueue.linux.epoll;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import org.kqueue.Jna;
import org.kqueue.KqueueUnavailableException;

/** Binds classes of native methods to the C library that this process runs with. */
public final class CLibrary {

    private CLibrary() {
    }

    /**
     * Binds all native methods of a class, found by name.
     *
     * @param library the class
     * @throws UnsatisfiedLinkError if a function or JNA itself is missing
     */
    public static void bind(Class<?> library) {
        try {
            Jna.require();
        } catch (KqueueUnavailableException e) {
            throw (Error) new UnsatisfiedLinkError(e.getMessage()).initCause(e);
        }
        Native.register(library, NativeLibrary.getProcess());
    }
}
