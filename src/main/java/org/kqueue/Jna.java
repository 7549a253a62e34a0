package org.kqueue;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import java.security.AccessController;
import java.security.PrivilegedAction;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * Loads JNA, and starts its cleaner thread, which frees native memory. JNA itself starts that thread with the first
 * {@link Memory}, library or callback, and ends it when none is left. As any new thread it takes over the context class
 * loader, the inheritable thread locals and, before Java 24, the access control context of the thread that starts it,
 * and so would keep the class loader of the application that happened to be first.
 *
 * <p>For this library's own packages. Thread-safe.
 */
public final class Jna {

    /** Never freed: the cleaner thread does not end, and is not started a second time by another thread. */
    // guarded by the class
    private static Memory kept;

    static {
        // JNA knows one of the two names that Java has for DragonFly, and finds its native part by it.
        String name = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        if (name.startsWith("dragonfly") && !name.equals("dragonflybsd") && System.getProperty("jna.prefix") == null) {
            System.setProperty("jna.prefix", "dragonflybsd-x86-64");
        }
    }

    private Jna() {
    }

    /**
     * Loads JNA's native part and starts its cleaner thread, with nothing of the caller's and with the rights of this
     * library alone. To be called before anything else of JNA is used.
     *
     * @throws KqueueUnavailableException where it, or JNA itself, is missing; says how to supply it
     */
    public static synchronized void require() throws KqueueUnavailableException {
        try {
            startCleaner();
            if (Native.POINTER_SIZE != Long.BYTES) {
                throw new KqueueUnavailableException("JNA runs with pointers of " + Native.POINTER_SIZE
                        + " bytes; 8 are needed");
            }
        } catch (LinkageError e) {
            throw new KqueueUnavailableException(JnaFailure.message(e), e);
        }
    }

    @SuppressWarnings("removal")
    private static void startCleaner() {
        if (kept == null) {
            kept = AccessController.doPrivileged((PrivilegedAction<Memory>) Jna::allocateInThread);
        }
    }

    /** In a thread that has nothing of the caller's to hand on to the one it starts. */
    private static Memory allocateInThread() {
        CompletableFuture<Memory> memory = new CompletableFuture<>();
        Thread thread = new Thread(null, () -> {
            try {
                memory.complete(new Memory(1));
            } catch (RuntimeException | Error e) {
                memory.completeExceptionally(e);
            }
        }, "kqueue-load-jna", 0, false);
        thread.setDaemon(true);
        thread.setContextClassLoader(null);
        thread.start();
        try {
            return memory.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw (RuntimeException) e.getCause();
        }
    }
}
