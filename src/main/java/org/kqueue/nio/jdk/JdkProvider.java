package org.kqueue.nio.jdk;

import java.lang.reflect.Field;
import java.nio.channels.spi.SelectorProvider;

/**
 * The provider that the JDK would use if there were no other. {@link SelectorProvider#provider()} does not tell: it
 * answers with the provider that was installed in its place, and not at all while that one is being made.
 */
public final class JdkProvider {

    /**
     * One per operating system, the most specific first; {@code sun.nio.ch.DefaultSelectorProvider} makes the same
     * choice.
     */
    private static final String[] BY_SYSTEM = {
        "sun.nio.ch.EPollSelectorProvider", "sun.nio.ch.KQueueSelectorProvider", "sun.nio.ch.WEPollSelectorProvider",
        "sun.nio.ch.PollSelectorProvider",
    };

    private JdkProvider() {
    }

    /**
     * Finds the JDK's provider, also where {@code sun.nio.ch} cannot be opened.
     *
     * @return the JDK's own provider
     * @throws IllegalStateException where this JDK has none of the providers known here
     */
    public static SelectorProvider get() {
        try {
            InternalPackage.open();
            Class<?> holder = Class.forName("sun.nio.ch.DefaultSelectorProvider");
            return (SelectorProvider) holder.getMethod("get").invoke(null);
        } catch (ReflectiveOperationException | LinkageError e) {
            return withoutAccess(e);
        }
    }

    /** The providers have no fields, so that one whose constructor was not run is like any other. */
    private static SelectorProvider withoutAccess(Throwable noAccess) {
        try {
            Class<?> unsafe = Class.forName("sun.misc.Unsafe");
            Field instance = unsafe.getDeclaredField("theUnsafe");
            instance.setAccessible(true);
            Object allocator = instance.get(null);
            for (String name : BY_SYSTEM) {
                Class<?> provider = find(name);
                if (provider != null) {
                    return (SelectorProvider) unsafe.getMethod("allocateInstance", Class.class).invoke(allocator,
                            provider);
                }
            }
            throw new IllegalStateException("this JDK has no selector provider of a known name", noAccess);
        } catch (ReflectiveOperationException e) {
            e.addSuppressed(noAccess);
            throw new IllegalStateException("the JDK's own selector provider cannot be reached", e);
        }
    }

    private static Class<?> find(String name) {
        try {
            return Class.forName(name, false, null);
        } catch (ClassNotFoundException e) {
            return null;
        }
    }
}
