package org.kqueue;

import com.sun.jna.Native;

/** Whether JNA works here. For this library's own packages. */
public final class Jna {

    private Jna() {
    }

    /**
     * Loads JNA's native part.
     *
     * @throws KqueueUnavailableException where it, or JNA itself, is missing; says how to supply it
     */
    public static void require() throws KqueueUnavailableException {
        try {
            if (Native.POINTER_SIZE != Long.BYTES) {
                throw new KqueueUnavailableException("JNA runs with pointers of " + Native.POINTER_SIZE
                        + " bytes; 8 are needed");
            }
        } catch (LinkageError e) {
            throw new KqueueUnavailableException(message(e, isPresent()), e);
        }
    }

    private static boolean isPresent() {
        try {
            Class.forName("com.sun.jna.Native", false, Jna.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }

    static String message(LinkageError error, boolean present) {
        if (!present) {
            return "JNA is not on the class path: add net.java.dev.jna:jna, or use kqueue-nio's -all.jar";
        }
        return "JNA's native part cannot be loaded on " + System.getProperty("os.name") + "/"
                + System.getProperty("os.arch") + ": JNA ships none for NetBSD and for OpenBSD on ARM, and elsewhere"
                + " needs a folder that it may unpack to. Install or build libjnidispatch of the same JNA version and"
                + " start java with -Djna.boot.library.path=<its folder> -Djna.nosys=false (" + error + ")";
    }
}
