package org.kqueue.robust.registration;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.spi.SelectorProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import org.kqueue.robust.Pair;
import org.kqueue.robust.Task;

/**
 * A loop that selects as long as there are keys must end when other threads close or cancel all of them, wherever it
 * ends with the JDK's selectors.
 */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@ParameterizedClass(name = "{0}")
@MethodSource("org.kqueue.nio.Providers#all")
class KeysLoopTest {

    @Parameter
    SelectorProvider provider;

    /**
     * Returns when the loop waits with all keys known to the kernel. A channel that is closed before a wait is
     * deregistered by it, and the wait goes on without keys, the JDK's too.
     */
    private static Task<Integer> waitingLoop(Selector selector) throws IOException {
        selector.selectNow();
        return new Task<>(() -> {
            int selects = 0;
            while (!selector.keys().isEmpty()) {
                selector.select();
                selector.selectedKeys().clear();
                selects++;
            }
            return selects;
        }).awaitSelecting();
    }

    @Test
    void endsWhenBothEndsOfTheLastConnectionAreClosed() throws Exception {
        try (Selector selector = provider.openSelector(); Pair pair = Pair.open(provider)) {
            pair.register(selector, SelectionKey.OP_READ);
            Task<Integer> loop = waitingLoop(selector);
            pair.near().close();
            pair.far().close();
            loop.get();
            assertEquals(0, selector.keys().size());
        }
    }

    /** The peer's end is told before: the connection is closed because it has ended. */
    @Test
    void endsWhenAConnectionIsClosedThatHasEnded() throws Exception {
        try (Selector selector = provider.openSelector(); Pair pair = Pair.open(provider)) {
            pair.register(selector, 0);
            pair.far().close();
            Task<Integer> loop = waitingLoop(selector);
            pair.near().close();
            selector.wakeup();
            loop.get();
            assertEquals(0, selector.keys().size());
        }
    }

    @Test
    void endsWhenTheLastKeyIsCancelledAndTheSelectorIsWoken() throws Exception {
        Pipe pipe = provider.openPipe();
        try (Selector selector = provider.openSelector(); Pipe.SourceChannel source = pipe.source();
                Pipe.SinkChannel sink = pipe.sink()) {
            source.configureBlocking(false);
            sink.configureBlocking(false);
            SelectionKey read = source.register(selector, SelectionKey.OP_READ);
            SelectionKey write = sink.register(selector, 0);
            Task<Integer> loop = waitingLoop(selector);
            read.cancel();
            write.cancel();
            selector.wakeup();
            loop.get();
            assertEquals(0, selector.keys().size());
        }
    }
}
