package org.kqueue.nio.jdk;

/** Opens the package in a JVM of its own, and prints whether it is open and whether that loaded JNA. */
public final class OpensPackage {

    private OpensPackage() {
    }

    /** Prints the outcome, or the message that a user would get. */
    public static void main(String[] args) {
        try {
            JdkChannels.open();
            System.out.println(JdkChannels.access() + ", JNA " + (isJnaLoaded() ? "loaded" : "not loaded"));
        } catch (UnsupportedOperationException e) {
            System.out.println(e.getMessage());
        }
    }

    private static boolean isJnaLoaded() {
        return Boolean.getBoolean("jna.loaded");
    }
}
