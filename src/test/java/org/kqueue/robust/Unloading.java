package org.kqueue.robust;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ref.PhantomReference;
import java.lang.ref.ReferenceQueue;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.channels.Selector;
import java.util.concurrent.TimeUnit;
import org.kqueue.Kqueue;

/** Runs an application in a class loader of its own, drops it, and prints whether the loader could be collected. */
public final class Unloading {

    static final String SELECTOR = "selector";
    static final String KQUEUE = "kqueue";

    /** Public for the application, whose loader makes it another package. */
    public static final InheritableThreadLocal<Object> INHERITED = new InheritableThreadLocal<>();

    private static final long DEADLINE_NANOS = TimeUnit.SECONDS.toNanos(30);

    private Unloading() {
    }

    /** What is loaded by the loader that is to be collected, so that it is on the stack when the kqueue is opened. */
    public static final class Application implements Runnable {
        private final String what;

        /** Opens a selector or a kqueue. */
        public Application(String what) {
            this.what = what;
        }

        @Override
        public void run() {
            INHERITED.set(this);
            try (AutoCloseable opened = what.equals(SELECTOR) ? Selector.open() : Kqueue.open()) {
                System.out.println(opened);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private static final class ApplicationLoader extends URLClassLoader {
        ApplicationLoader() {
            super(new URL[] {Unloading.class.getProtectionDomain().getCodeSource().getLocation()},
                    Unloading.class.getClassLoader());
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (!name.equals(Application.class.getName())) {
                return super.loadClass(name, resolve);
            }
            Class<?> loaded = findLoadedClass(name);
            return loaded != null ? loaded : findClass(name);
        }
    }

    /** Prints "collected", or which threads hold the loader. */
    public static void main(String[] args) throws Exception {
        ReferenceQueue<ClassLoader> collected = new ReferenceQueue<>();
        PhantomReference<ClassLoader> loader = new PhantomReference<>(run(args[0]), collected);
        long deadline = System.nanoTime() + DEADLINE_NANOS;
        while (System.nanoTime() < deadline) {
            System.gc();
            if (collected.remove(100) == loader) {
                System.out.println("collected");
                return;
            }
        }
        // Or by an inheritable thread local, which cannot be asked for.
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            if (thread.getContextClassLoader() instanceof ApplicationLoader) {
                System.out.println("context class loader of " + thread);
            }
        }
        System.out.println("not collected");
    }

    private static ClassLoader run(String what) throws Exception {
        ApplicationLoader loader = new ApplicationLoader();
        Class<?> application = loader.loadClass(Application.class.getName());
        if (application.getClassLoader() != loader) {
            throw new AssertionError(application + " was loaded by " + application.getClassLoader());
        }
        Thread thread = new Thread((Runnable) application.getConstructor(String.class).newInstance(what));
        thread.setContextClassLoader(loader);
        thread.setUncaughtExceptionHandler((failed, e) -> {
            e.printStackTrace();
            System.exit(1);
        });
        thread.start();
        thread.join();
        return loader;
    }
}
