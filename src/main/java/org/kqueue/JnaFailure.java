package org.kqueue;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What is said where JNA's native part cannot be loaded: the case at hand, and what to do. Stateless. */
final class JnaFailure {

    /** What the dynamic linkers of glibc, musl, FreeBSD, OpenBSD and macOS say of a symbol or version they lack. */
    private static final Pattern MISSING_SYMBOL = Pattern.compile(
            "[Uu]ndefined symbol:? [\"'`]?([\\w.@]+)|Error relocating [^:]+: ([\\w.@]+): symbol not found"
            + "|Symbol not found: ([\\w.@$]+)|version [`'\"]?([\\w.]+)[`'\"]? (?:not found|required by)"
            + "|symbol [\"'`]?([\\w.@]+)[\"'`]? lookup failed");
    /** What they say where memory of a file may not be executed. */
    private static final Pattern NOT_EXECUTABLE = Pattern.compile(
            "failed to map segment|mmap of|[Oo]peration not permitted|[Pp]ermission denied");
    private static final Pattern NO_TEMPORARY_FILE = Pattern.compile(
            "JNA temporary directory|Failed to create temporary file");

    private JnaFailure() {
    }

    static String message(LinkageError error) {
        Class<?> jna;
        try {
            jna = Class.forName("com.sun.jna.Native", false, JnaFailure.class.getClassLoader());
        } catch (ClassNotFoundException e) {
            return "JNA is not on the class path: add net.java.dev.jna:jna, or use kqueue-nio's -all.jar";
        }
        String module = jna.getModule().isNamed() ? jna.getModule().getName() : "ALL-UNNAMED";
        return "JNA's native part cannot be loaded: " + remedy(causes(error), System.getProperty("os.name"), module)
                + " (" + System.getProperty("os.name") + " " + System.getProperty("os.version") + ", "
                + System.getProperty("os.arch") + "; " + causes(error) + ")";
    }

    /** The texts of an error and its causes: after the first attempt JNA's own error is the cause of another. */
    private static String causes(Throwable error) {
        StringBuilder text = new StringBuilder(error.toString());
        for (Throwable cause = error.getCause(); cause != null; cause = cause.getCause()) {
            text.append(", caused by ").append(cause);
        }
        return text.toString();
    }

    /**
     * What is wrong and what to do.
     *
     * @param error the texts of what JNA threw
     * @param osName {@code os.name}
     * @param module JNA's module, as {@code --enable-native-access} takes it
     * @return one sentence
     */
    static String remedy(String error, String osName, String module) {
        String system = osName.toLowerCase(Locale.ROOT);
        if (error.contains("IllegalCallerException") || error.contains("Illegal native access")) {
            return "native access is denied to it; start java with --enable-native-access=" + module;
        }
        if (error.contains("java/util/logging")) {
            return "it needs the module java.logging, which this Java runtime does not have";
        }
        if (error.contains("Could not find JNA native support")) {
            return "it may not unpack it (jna.nounpack=true); start java without that, or with"
                    + " -Djna.boot.library.path=<folder of libjnidispatch>";
        }
        if (error.contains("not found in resource path") || error.contains("Unable to locate JNA")) {
            return "JNA has no prebuilt native for this system and architecture; build or install libjnidispatch of the"
                    + " same JNA version and start java with -Djna.boot.library.path=<its folder>"
                    + (System.getProperty("jna.boot.library.path") == null ? ""
                            : ", which is set but has none that can be loaded");
        }
        if (NO_TEMPORARY_FILE.matcher(error).find()) {
            return "JNA cannot write the folder that it unpacks it to; name another with -Djna.tmpdir=<folder>";
        }
        Matcher symbol = MISSING_SYMBOL.matcher(error);
        if (symbol.find()) {
            String name = "";
            for (int i = 1; i <= symbol.groupCount(); i++) {
                name = symbol.group(i) != null ? symbol.group(i) : name;
            }
            return "it needs " + name + ", which this system lacks: " + release(system)
                    + ", or libjnidispatch built here, with -Djna.boot.library.path=<its folder>";
        }
        if (NOT_EXECUTABLE.matcher(error).find()) {
            return "nothing in the folder that JNA unpacks it to may be executed, as on a file system mounted noexec;"
                    + " name another with -Djna.tmpdir=<folder>";
        }
        if (error.contains("libffi")) {
            return "it needs libffi; install the package";
        }
        return "start java with -Djna.debug_load.jna=true to see why";
    }

    /** Which release JNA's native part needs, as read from that of JNA 5.19.1. */
    private static String release(String system) {
        if (system.startsWith("freebsd")) {
            return "FreeBSD 13 or newer is needed";
        }
        if (system.startsWith("openbsd")) {
            return "the OpenBSD release that it was built on is needed, with the package libffi";
        }
        if (system.startsWith("dragonfly")) {
            return "DragonFly 4.6 or newer is needed";
        }
        return "a newer release of the system's C library is needed";
    }
}
