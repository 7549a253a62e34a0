package org.kqueue.nio;

import java.lang.instrument.Instrumentation;
import java.util.Map;
import java.util.Set;
import org.kqueue.nio.jdk.JdkChannels;

/**
 * Installs {@link KqueueSelectorProvider} in applications whose class path cannot be changed:
 * {@code java -javaagent:kqueue-nio-<version>-all.jar -jar app.jar}.
 *
 * <p>Opens the package of the JDK's channels, and nothing else, to this library through {@link
 * Instrumentation#redefineModule}. A provider that the system property names already is left in place.
 */
public final class KqueueAgent {

    private static final String PROPERTY = "java.nio.channels.spi.SelectorProvider";

    private KqueueAgent() {
    }

    /**
     * Called by the JVM before {@code main}.
     *
     * @param arguments not used
     * @param instrumentation what opens the package
     */
    @SuppressWarnings("exports")
    public static void premain(String arguments, Instrumentation instrumentation) {
        Module library = KqueueAgent.class.getModule();
        instrumentation.redefineModule(Object.class.getModule(), Set.of(), Map.of(),
                Map.of(JdkChannels.INTERNAL_PACKAGE, Set.of(library)), Set.of(), Map.of());
        if (System.getProperty(PROPERTY) == null) {
            System.setProperty(PROPERTY, KqueueSelectorProvider.class.getName());
        }
    }

    /**
     * Called by the JVM when the agent is loaded into a running one. Has no effect where
     * {@link java.nio.channels.spi.SelectorProvider#provider()} was called before, as by the first selector or socket
     * channel.
     *
     * @param arguments not used
     * @param instrumentation what opens the package
     */
    @SuppressWarnings("exports")
    public static void agentmain(String arguments, Instrumentation instrumentation) {
        premain(arguments, instrumentation);
    }
}
