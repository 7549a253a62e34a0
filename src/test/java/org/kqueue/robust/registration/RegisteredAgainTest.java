package org.kqueue.robust.registration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.kqueue.robust.ReadyChannel.assertBecomesReady;

import java.io.IOException;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.spi.SelectorProvider;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.kqueue.robust.ReadyChannel;
import org.kqueue.robust.ReadyChannel.Kind;

/**
 * A channel whose key a worker has served (interest off while it works, then on again) is cancelled and registered
 * again. The kernel may have reported the event of the old registration and be silent since. The new key must become
 * ready nevertheless, whenever the event came.
 */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@ParameterizedClass(name = "{0}")
@MethodSource("org.kqueue.nio.Providers#all")
class RegisteredAgainTest {

    /** When the channel becomes ready. */
    enum Event {
        BEFORE_CANCEL, BEFORE_SELECT, AFTER_SELECT, AFTER_REGISTER
    }

    @Parameter
    SelectorProvider provider;

    private Selector selector;
    private Selector other;

    @BeforeEach
    void openSelectors() throws IOException {
        selector = provider.openSelector();
        other = provider.openSelector();
    }

    @AfterEach
    void closeSelectors() throws IOException {
        selector.close();
        other.close();
    }

    @ParameterizedTest
    @EnumSource
    void becomesReadyWheneverTheEventComes(Kind kind) throws IOException {
        for (Event event : Event.values()) {
            try (ReadyChannel channel = ReadyChannel.open(provider, kind)) {
                SelectionKey key = channel.register(selector);
                channel.serve(key);
                makeReadyIf(event == Event.BEFORE_CANCEL, channel);
                key.cancel();
                makeReadyIf(event == Event.BEFORE_SELECT, channel);
                selector.selectNow();
                makeReadyIf(event == Event.AFTER_SELECT, channel);
                selector.selectNow();
                assertEquals(Set.of(), selector.selectedKeys(), "a cancelled key is selected");
                SelectionKey again = channel.register(selector);
                makeReadyIf(event == Event.AFTER_REGISTER, channel);
                assertBecomesReady(again, kind + ", event " + event);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void becomesReadyInAnotherSelectorAndBackInTheFirst(Kind kind) throws IOException {
        try (ReadyChannel channel = ReadyChannel.open(provider, kind)) {
            SelectionKey key = channel.register(selector);
            channel.serve(key);
            key.cancel();
            SelectionKey there = channel.register(other);
            channel.makeReady();
            assertBecomesReady(there, kind + " in another selector");
            assertBecomesReady(registerWhenFlushed(channel), kind + " back in the first");
        }
    }

    /** A channel cannot be registered again before a select has flushed its cancelled key. */
    private SelectionKey registerWhenFlushed(ReadyChannel channel) throws IOException {
        try {
            return channel.register(selector);
        } catch (CancelledKeyException e) {
            selector.selectNow();
            return channel.register(selector);
        }
    }

    private static void makeReadyIf(boolean now, ReadyChannel channel) throws IOException {
        if (now) {
            channel.makeReady();
        }
    }
}
