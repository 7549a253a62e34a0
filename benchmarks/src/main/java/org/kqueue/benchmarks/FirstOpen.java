package org.kqueue.benchmarks;

import java.io.IOException;
import java.nio.channels.Selector;

/** Opens one selector and ends. Prints the nanoseconds that it took. */
final class FirstOpen {

    private FirstOpen() {
    }

    /** Opens. */
    public static void main(String[] args) throws IOException {
        long start = System.nanoTime();
        Selector.open();
        long nanos = System.nanoTime() - start;
        Provider.requireInUse();
        System.out.println("nanoseconds " + nanos);
    }
}
