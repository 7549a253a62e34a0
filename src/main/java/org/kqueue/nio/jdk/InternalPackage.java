package org.kqueue.nio.jdk;

import java.lang.reflect.Constructor;

/**
 * Opens {@code sun.nio.ch} of {@code java.base}, and nothing else, to the module of this library, and to no other
 * module.
 *
 * <p>The package is open already where the JVM was started with {@code --add-opens java.base/sun.nio.ch=ALL-UNNAMED} or
 * the agent ran; then nothing is done. Otherwise {@link ModuleLayer.Controller#addOpens} opens it. The JDK hands out no
 * controller of the boot layer, so one is made. Its constructor is made accessible by {@link SerializationAccess}, or
 * by {@link JniAccess} where that cannot be done; the first takes a few milliseconds, the second loads JNA.
 */
final class InternalPackage {

    private static final String NAME = JdkChannels.INTERNAL_PACKAGE;

    private static volatile boolean openedHere;

    private InternalPackage() {
    }

    static boolean isOpen() {
        return Object.class.getModule().isOpen(NAME, InternalPackage.class.getModule());
    }

    /** Whether it was {@link #open} that opened the package. */
    static boolean isOpenedHere() {
        return openedHere;
    }

    /**
     * Opens the package.
     *
     * @throws ReflectiveOperationException if this JDK has not got what is needed, or JNA is needed and cannot be
     *     loaded
     * @throws LinkageError if JNI does not find a name
     */
    static void open() throws ReflectiveOperationException {
        if (isOpen()) {
            return;
        }
        Constructor<ModuleLayer.Controller> constructor =
                ModuleLayer.Controller.class.getDeclaredConstructor(ModuleLayer.class);
        makeAccessible(constructor);
        constructor.newInstance(ModuleLayer.boot())
                .addOpens(Object.class.getModule(), NAME, InternalPackage.class.getModule());
        if (!isOpen()) {
            throw new ReflectiveOperationException("addOpens returned, but " + NAME + " is not open");
        }
        openedHere = true;
    }

    private static void makeAccessible(Constructor<ModuleLayer.Controller> constructor)
            throws ReflectiveOperationException {
        try {
            SerializationAccess.makeAccessible(constructor);
        } catch (RuntimeException | LinkageError refused) {
            try {
                JniAccess.makeAccessible(constructor);
            } catch (ReflectiveOperationException | RuntimeException | LinkageError e) {
                e.addSuppressed(refused);
                throw e;
            }
        }
    }
}
