package org.kqueue.doctor;

import com.sun.jna.Native;
import java.io.IOException;
import java.nio.channels.spi.SelectorProvider;
import java.util.ArrayList;
import java.util.List;
import org.kqueue.Filter;
import org.kqueue.Kqueue;
import org.kqueue.KqueueConfig;
import org.kqueue.nio.KqueueSelectorProvider;
import org.kqueue.nio.jdk.JdkChannels;

/** Looks at this machine and this Java, from the bottom up. */
final class Examination {

    private final Report report = new Report();
    private final List<String> failing = new ArrayList<>();

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
        kqueue(provider);
        if (provider != null) {
            reason = selector(provider);
        }
        limits();
        report.add("verdict", "selector", reason == null ? "can serve" : "cannot serve: " + reason);
        report.add("verdict", "filters", failing.isEmpty() ? "all tried work" : "not all work: " + String.join(", ",
                failing));
        return reason == null;
    }

    private void platform() {
        String version = Doctor.class.getPackage().getImplementationVersion();
        report.add("platform", "kqueue-nio", version == null ? "development" : version);
        report.add("platform", "system", property("os.name") + " " + property("os.version") + ", "
                + property("os.arch"));
        report.add("platform", "java", property("java.vendor") + " " + property("java.runtime.version") + ", "
                + property("java.vm.name"));
        report.add("platform", "jna", jna());
        report.add("platform", "provider", SelectorProvider.provider().getClass().getName());
    }

    private static String jna() {
        try {
            return Native.VERSION + ", native part " + Native.VERSION_NATIVE;
        } catch (LinkageError e) {
            return "cannot be used: " + e;
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

    private void kqueue(SelectorProvider provider) {
        try (Kqueue kqueue = Kqueue.open(KqueueConfig.fromSystemProperties())) {
            report.add("kqueue", "backend", kqueue.toString());
            report.add("kqueue", "abi", kqueue.layout().name() + ", a kevent of " + kqueue.layout().size() + " bytes");
            if (provider != null) {
                for (Filter filter : FilterTrial.FILTERS) {
                    String result = FilterTrial.of(filter, kqueue, provider);
                    report.add("kqueue", filter.name(), result);
                    if (!result.startsWith(FilterTrial.WORKS)) {
                        failing.add(filter.name());
                    }
                }
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
