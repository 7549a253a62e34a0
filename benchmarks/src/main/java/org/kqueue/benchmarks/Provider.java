package org.kqueue.benchmarks;

import java.nio.channels.spi.SelectorProvider;
import java.util.Locale;

/** The selector providers that are compared, by short name. */
final class Provider {

    private static final String PROPERTY = "java.nio.channels.spi.SelectorProvider";

    private Provider() {
    }

    /** The class of a provider; {@code jdk} is the one the JDK chooses by itself on this system. */
    static String className(String name) {
        String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        return switch (name) {
            case "jdk" -> "sun.nio.ch." + (os.contains("linux") ? "EPoll" : os.contains("win") ? "WEPoll" : "KQueue")
                    + "SelectorProvider";
            case "poll" -> "sun.nio.ch.PollSelectorProvider";
            case "kqueue" -> "org.kqueue.nio.KqueueSelectorProvider";
            default -> throw new IllegalArgumentException("provider " + name + ": jdk, poll or kqueue");
        };
    }

    /** The option that starts a JVM with a provider. */
    static String option(String name) {
        return "-D" + PROPERTY + "=" + className(name);
    }

    /** Makes a provider the one of this JVM. It must be the first thing that has to do with selectors here. */
    static void use(String name) {
        System.setProperty(PROPERTY, className(name));
        requireInUse(className(name));
    }

    /** Fails if another provider is in use than the options of this JVM say. */
    static void requireInUse() {
        requireInUse(System.getProperty(PROPERTY));
    }

    private static void requireInUse(String className) {
        String used = SelectorProvider.provider().getClass().getName();
        if (!used.equals(className)) {
            throw new IllegalStateException("the provider in use is " + used + ", not " + className);
        }
    }
}
