package org.kqueue.nio;

import java.io.IOException;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.Objects;
import org.kqueue.nio.jmx.KqueueMXBean;

/**
 * What a selector on kqueue offers beside {@link Selector}: its metrics, and what the kernel knows of a channel.
 * Thread-safe.
 */
public final class KqueueSelectors {

    private KqueueSelectors() {
    }

    /**
     * Whether a selector waits in a kqueue of this library.
     *
     * @param selector any selector
     * @return false for the JDK's own, also where they stand in for ours
     */
    public static boolean isKqueue(Selector selector) {
        return Objects.requireNonNull(selector, "selector") instanceof KqueueBacked;
    }

    private static KqueueBacked require(Selector selector) {
        if (selector instanceof KqueueBacked ours) {
            return ours;
        }
        throw new IllegalArgumentException("not a selector on kqueue: " + selector);
    }

    /**
     * What a selector has done so far. Can be asked at any time, also after the selector is closed.
     *
     * @param selector a selector on kqueue
     * @return counters that go on counting; not a copy
     * @throws IllegalArgumentException for another selector
     */
    public static KqueueMXBean metrics(Selector selector) {
        return require(selector).observation().metrics();
    }

    /**
     * What all selectors of this JVM have done so far, those included that are closed.
     *
     * @return counters that go on counting; not a copy
     */
    public static KqueueMXBean jvmMetrics() {
        return JvmMetrics.INSTANCE;
    }

    /**
     * Registers {@link #metrics} with the platform's MBean server until the selector is closed. A second call does
     * nothing. The system property {@code org.kqueue.jmx=true} does this for every selector.
     *
     * @param selector a selector on kqueue
     * @return the bean's name, {@code org.kqueue:type=KqueueSelector,id=} and a number
     * @throws IllegalArgumentException for another selector
     * @throws java.nio.channels.ClosedSelectorException if the selector is closed
     * @throws IllegalStateException if the MBean server refuses
     */
    public static String registerMXBean(Selector selector) {
        return require(selector).observation().registerBean();
    }

    /**
     * Registers {@link #jvmMetrics()} with the platform's MBean server as {@code org.kqueue:type=Kqueue}. A second call
     * does nothing.
     *
     * @throws IllegalStateException if the MBean server refuses
     */
    public static void registerJvmMXBean() {
        Observation.registerJvmBean();
    }

    /**
     * Asks the kernel what it knows of a key's channel now: bytes to read, room to write, connections to accept, the
     * end of the stream, a pending error. Nothing is read, and a pending error stays. Opens a kqueue for the question,
     * so it costs some system calls and is no part of a select.
     *
     * @param key a valid key of a selector on kqueue
     * @return the condition
     * @throws IllegalArgumentException for a key of another selector
     * @throws CancelledKeyException if the key is not valid
     * @throws IOException if the kernel refuses, such as for want of a descriptor
     */
    public static KeyCondition condition(SelectionKey key) throws IOException {
        KqueueBacked selector = require(key.selector());
        if (!key.isValid()) {
            throw new CancelledKeyException();
        }
        return KeyCondition.of(key, selector.config());
    }
}
