package org.kqueue.nio;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.concurrent.atomic.AtomicInteger;
import org.kqueue.robust.ReadyChannel;
import org.kqueue.robust.ReadyChannel.Kind;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * The smallest interleavings of a select that delivers an event with a thread that makes the channel ready and changes
 * its key, the one before the other or after it. The key was served by a worker before, so that a kqueue that
 * dispatches has its READ knote silenced by delivery. Whatever comes first, the event is found by the selects of the
 * arbiter at the latest. States differ by turns: bit 0 of the last number of a result is 0 for a pipe that is read
 * (EVFILT_READ) and 1 for one that is written (EVFILT_WRITE), bit 1 is set where the key is changed before the event.
 */
public final class DeliveryStress {

    private static final KqueueSelectorProvider PROVIDER = new KqueueSelectorProvider();
    private static final AtomicInteger STATES = new AtomicInteger();

    private DeliveryStress() {
    }

    /** A selector and a channel that is registered and not ready; both closed by the arbiter. */
    private static class Fixture {
        final int variant = STATES.getAndIncrement() & 3;
        final Selector selector;
        final ReadyChannel channel;
        SelectionKey key;

        Fixture() {
            try {
                selector = PROVIDER.openSelector();
                channel = ReadyChannel.open(PROVIDER, kind());
                key = channel.register(selector);
                channel.serve(key);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        Kind kind() {
            return (variant & 1) == 0 ? Kind.PIPE_READ : Kind.PIPE_WRITE;
        }

        /** What the other thread does. */
        void makeReadyAnd(Runnable change) {
            if ((variant & 2) == 0) {
                makeReady(channel);
                change.run();
            } else {
                change.run();
                makeReady(channel);
            }
        }

        void makeReady(ReadyChannel which) {
            try {
                which.makeReady();
            } catch (IOException e) {
                // A pipe without a reader.
                if (key.isValid()) {
                    throw new UncheckedIOException(e);
                }
            }
        }

        int selectNow() {
            try {
                int n = selector.selectNow();
                selector.selectedKeys().clear();
                return n;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** Whether selects find the channel ready. One may return early. */
        int find() {
            return selectNow() + selectNow() + selectNow() > 0 ? 1 : 0;
        }

        /** Registers the channel, whose key is cancelled. */
        void registerAgain() {
            selectNow();
            try {
                channel.register(selector);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        void close() {
            try {
                channel.close();
                selector.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** The key is cancelled. Registered again, the channel is found ready. */
    @JCStressTest
    @State
    @Outcome(id = {"1, 0", "1, 1", "1, 2", "1, 3"}, expect = Expect.ACCEPTABLE, desc = "found")
    @Outcome(expect = Expect.FORBIDDEN, desc = "lost")
    public static class CancelAndDelivery extends Fixture {

        /** Selects. */
        @Actor
        public void select() {
            selectNow();
        }

        /** Cancels. */
        @Actor
        public void cancel() {
            makeReadyAnd(key::cancel);
        }

        /** Flushes, registers again and selects. */
        @Arbiter
        public void look(II_Result r) {
            registerAgain();
            r.r1 = find();
            r.r2 = variant;
            close();
        }
    }

    /** The key is cancelled and the channel registered again, if the select has flushed the key between the two. */
    @JCStressTest
    @State
    @Outcome(id = {"1, 0", "1, 1", "1, 2", "1, 3"}, expect = Expect.ACCEPTABLE, desc = "found")
    @Outcome(expect = Expect.FORBIDDEN, desc = "lost")
    public static class RegisterAndDelivery extends Fixture {

        private boolean registered;

        /** Selects. */
        @Actor
        public void select() {
            selectNow();
        }

        /** Cancels and registers again. */
        @Actor
        public void change() {
            makeReadyAnd(this::register);
        }

        private void register() {
            key.cancel();
            try {
                channel.register(selector);
                registered = true;
            } catch (CancelledKeyException e) {
                // Not flushed yet: the arbiter registers it.
                registered = false;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** Registers it if that was too early, and selects. */
        @Arbiter
        public void look(II_Result r) {
            if (!registered) {
                registerAgain();
            }
            r.r1 = find();
            r.r2 = variant;
            close();
        }
    }

    /** Interest is taken away and given back. The channel stays ready, so the last selects find it. */
    @JCStressTest
    @State
    @Outcome(id = {"1, 0", "1, 1", "1, 2", "1, 3"}, expect = Expect.ACCEPTABLE, desc = "found")
    @Outcome(expect = Expect.FORBIDDEN, desc = "lost")
    public static class InterestAndDelivery extends Fixture {

        /** Selects. */
        @Actor
        public void select() {
            selectNow();
        }

        /** Takes and gives. */
        @Actor
        public void change() {
            makeReadyAnd(() -> {
                key.interestOps(0);
                key.interestOps(channel.ops());
            });
        }

        /** Selects. */
        @Arbiter
        public void look(II_Result r) {
            r.r1 = find();
            r.r2 = variant;
            close();
        }
    }

    /** The channel is closed. Its key leaves, and another is found ready, maybe under the number of its descriptor. */
    @JCStressTest
    @State
    @Outcome(id = {"0, 1, 0", "0, 1, 1", "0, 1, 2", "0, 1, 3"}, expect = Expect.ACCEPTABLE,
            desc = "gone, and the next is found")
    @Outcome(expect = Expect.FORBIDDEN, desc = "a key is left, or the next is lost")
    public static class CloseAndDelivery extends Fixture {

        /** Selects. */
        @Actor
        public void select() {
            selectNow();
        }

        /** Closes. */
        @Actor
        public void change() {
            makeReadyAnd(() -> {
                try {
                    channel.closeNear();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }

        /** Counts keys, opens the next channel and selects. */
        @Arbiter
        public void look(III_Result r) {
            selectNow();
            r.r1 = selector.keys().size();
            try (ReadyChannel next = ReadyChannel.open(PROVIDER, kind())) {
                next.register(selector);
                selectNow();
                makeReady(next);
                r.r2 = find();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            r.r3 = variant;
            close();
        }
    }
}
