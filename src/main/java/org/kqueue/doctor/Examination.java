package org.kqueue.doctor;

import com.sun.jna.Native;
import java.io.IOException;
import java.nio.channels.Selector;
import java.nio.channels.spi.SelectorProvider;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceConfigurationError;
import org.kqueue.Filter;
import org.kqueue.Kqueue;
import org.kqueue.KqueueConfig;
import org.kqueue.nio.KqueueSelectorProvider;
import org.kqueue.nio.jdk.JdkChannels;

/** Looks at this machine and this Java, from the bottom up. Each part that fails is a finding; the verdict comes. */
final class Examination {

    private final Report report = new Report();
    private final List<String> working = new ArrayList<>();
    private final List<String> failing = new ArrayList<>();
    private final List<String> notTried = new ArrayList<>();
    private final List<String> notSupported = new ArrayList<>();

    Report report() {
        return report;
    }

    /** Returns whether the selector can serve. */
    boolean run() {
        platform();
        SelectorProvider provider = null;
        String reason = null;
        try {
            provider = new KqueueSelectorProvider();
        } catch (RuntimeException | LinkageError e) {
            reason = String.valueOf(e.getMessage());
        }
        report.add("jdk channels", "access", access(provider));
        kqueue();
        if (provider != null) {
            reason = selector(provider);
        }
        limits();
        report.add("verdict", "selector", reason == null ? "can serve" : "cannot serve: " + reason);
        report.add("verdict", "filters", filters());
        return reason == null;
    }

    private String filters() {
        String verdict = !failing.isEmpty() ? "not all work: " + String.join(", ", failing)
                : working.isEmpty() ? "none was tried" : "all tried work";
        return verdict + (notTried.isEmpty() ? "" : "; not tried: " + String.join(", ", notTried))
                + (notSupported.isEmpty() ? "" : "; not supported: " + String.join(", ", notSupported));
    }

    private void platform() {
        String version = Doctor.class.getPackage().getImplementationVersion();
        report.add("platform", "kqueue-nio", version == null ? "development" : version);
        report.add("platform", "system", property("os.name") + " " + property("os.version") + ", "
                + property("os.arch"));
        report.add("platform", "java", property("java.vendor") + " " + property("java.runtime.version") + ", "
                + property("java.vm.name"));
        report.add("platform", "jna", jna());
        report.add("platform", "provider", provider());
    }

    private static String jna() {
        try {
            return Native.VERSION + ", native part " + Native.VERSION_NATIVE;
        } catch (LinkageError e) {
            return "cannot be used: " + e;
        }
    }

    /** What serves a program that is started as this one was: a provider may hand out the JDK's selectors. */
    private static String provider() {
        try {
            SelectorProvider provider = SelectorProvider.provider();
            try (Selector selector = provider.openSelector()) {
                return provider.getClass().getName() + ", opens " + selector.getClass().getName();
            }
        } catch (IOException | RuntimeException | LinkageError | ServiceConfigurationError e) {
            return "none: " + e;
        }
    }

    private static String property(String name) {
        return System.getProperty(name);
    }

    private static String access(SelectorProvider provider) {
        if (provider != null) {
            return JdkChannels.access();
        }
        try {
            JdkChannels.open();
            return JdkChannels.access();
        } catch (UnsupportedOperationException | LinkageError e) {
            return "cannot be opened: " + e.getMessage();
        }
    }

    private void kqueue() {
        try {
            KqueueConfig config = KqueueConfig.fromSystemProperties();
            try (Kqueue kqueue = Kqueue.open(config)) {
                report.add("kqueue", "backend", kqueue.toString());
                report.add("kqueue", "abi", kqueue.layout() + ", a kevent of " + kqueue.layout().size() + " bytes");
            }
            for (Filter filter : FilterTrial.FILTERS) {
                String result = FilterTrial.of(filter, config);
                report.add("kqueue", filter.name(), result);
                (result.startsWith(FilterTrial.WORKS) ? working : result.startsWith(FilterTrial.FAILS) ? failing
                        : result.startsWith(FilterTrial.NOT_TRIED) ? notTried : notSupported).add(filter.name());
            }
        } catch (IOException | RuntimeException | LinkageError e) {
            report.add("kqueue", "backend", "none: " + e.getMessage());
        }
    }

    /** Returns what keeps the selector from serving, null if nothing. */
    private String selector(SelectorProvider provider) {
        SelectorTrial trial = new SelectorTrial(provider);
        try {
            trial.serve();
            report.add("selector", "accept, connect, write, read", "over loopback: works");
            long[] nanos = trial.wakeups();
            report.add("selector", "wakeup of a waiting select", "median " + nanos[nanos.length / 2] / 1000
                    + " \u00b5s, 99 % within "
                    + nanos[nanos.length * 99 / 100] / 1000 + " \u00b5s, of " + nanos.length);
            return null;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "interrupted";
        } catch (IOException | RuntimeException | LinkageError e) {
            report.add("selector", "failure", e.toString());
            return e.toString();
        }
    }

    private void limits() {
        try {
            Limits.addTo(report);
        } catch (LinkageError e) {
            report.add("limits", "descriptors", "unknown: this Java has no java.management");
        }
    }
}
