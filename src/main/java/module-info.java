/**
 * A {@code java.nio.channels.spi.SelectorProvider} on kqueue, and the kqueue API for Java.
 *
 * <p>JNA needs {@code java.logging}. {@code jdk.unsupported} is for signals, and the cheapest way to open
 * {@code sun.nio.ch}. Without {@code jdk.jfr} there are no Flight Recorder events, without {@code java.management} no
 * MXBeans, without {@code java.instrument} no agent.
 */
module org.kqueue.nio {
    requires com.sun.jna;
    requires java.logging;
    requires jdk.unsupported;
    requires static java.instrument;
    requires static java.management;
    requires static jdk.jfr;

    exports org.kqueue;
    exports org.kqueue.nio;
    exports org.kqueue.nio.channels;
    exports org.kqueue.nio.jmx;

    uses org.kqueue.KqueueBackend;

    provides java.nio.channels.spi.SelectorProvider with org.kqueue.nio.KqueueSelectorProvider;
}
