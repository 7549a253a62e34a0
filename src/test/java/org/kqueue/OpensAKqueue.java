package org.kqueue;

import java.io.IOException;

/** Opens a kqueue as the properties say; prints which it is, or why there is none. As a JVM of its own. */
final class OpensAKqueue {

    private OpensAKqueue() {
    }

    public static void main(String[] args) {
        try (Kqueue kqueue = Kqueue.open()) {
            System.out.println("opened " + kqueue);
        } catch (IOException e) {
            System.out.println(e.getMessage());
        }
    }
}
