package org.kqueue.doctor;

import java.io.BufferedReader;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.management.JMException;
import javax.management.ObjectName;

/** What the system allows this process. Apart, because it needs the module java.management, which may be missing. */
final class Limits {

    private static final String[] LINUX = {
        "fs/epoll/max_user_watches", "fs/inotify/max_user_instances", "fs/inotify/max_user_watches",
    };

    private Limits() {
    }

    static void addTo(Report report) {
        try {
            report.add("limits", "descriptors open", system("OpenFileDescriptorCount"));
            report.add("limits", "descriptors allowed", system("MaxFileDescriptorCount"));
        } catch (JMException | RuntimeException e) {
            // Linux counts them in /proc, which need not be there.
            report.add("limits", "descriptors", "unknown: " + e.toString().strip());
        }
        for (String name : LINUX) {
            // Line by line: such a file has to be read in one go, and Files.readString begins with one byte.
            try (BufferedReader lines = Files.newBufferedReader(Path.of("/proc/sys", name))) {
                report.add("limits", name, Long.parseLong(lines.readLine()));
            } catch (IOException | NumberFormatException e) {
                // Not Linux, or not shown to this process.
                continue;
            }
        }
    }

    private static Object system(String attribute) throws JMException {
        return ManagementFactory.getPlatformMBeanServer().getAttribute(
                new ObjectName(ManagementFactory.OPERATING_SYSTEM_MXBEAN_NAME), attribute);
    }
}
