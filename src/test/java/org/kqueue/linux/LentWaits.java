package org.kqueue.linux;

import java.io.IOException;
import java.nio.channels.Selector;
import org.kqueue.nio.KqueueSelectorProvider;

/**
 * Prints whether a selector waits in the JDK's native methods. A program of its own, because that is settled by the
 * first kqueue for selectors in a JVM, which another test may have opened without a provider.
 */
final class LentWaits {

    private LentWaits() {
    }

    public static void main(String[] arguments) throws IOException {
        try (Selector selector = new KqueueSelectorProvider().openSelector()) {
            selector.selectNow();
            System.out.println(SelectCalls.areLent());
        }
    }
}
