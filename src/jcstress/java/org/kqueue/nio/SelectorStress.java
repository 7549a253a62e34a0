package org.kqueue.nio;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/** The smallest interleavings of what two threads may do to one selector. */
public final class SelectorStress {

    private static final KqueueSelectorProvider PROVIDER = new KqueueSelectorProvider();

    private SelectorStress() {
    }

    /** A selector and a pipe whose sink is always writable; both closed by the arbiter. */
    private static class Fixture {
        final Selector selector;
        final Pipe pipe;
        final SelectionKey key;

        Fixture(int interest) {
            try {
                selector = PROVIDER.openSelector();
                pipe = PROVIDER.openPipe();
                pipe.sink().configureBlocking(false);
                key = pipe.sink().register(selector, interest);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        int selectNow() {
            try {
                return selector.selectNow();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        void close() {
            try {
                pipe.sink().close();
                pipe.source().close();
                selector.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** Two threads change different bits of one interest set: none is lost, and the next select sees both. */
    @JCStressTest
    @State
    @Outcome(id = "4, 1", expect = Expect.ACCEPTABLE, desc = "OP_WRITE stays and is selected")
    @Outcome(expect = Expect.FORBIDDEN, desc = "a change is lost")
    public static class InterestOfTwoThreads extends Fixture {

        /** Starts without interest. */
        public InterestOfTwoThreads() {
            super(0);
        }

        /** Adds. */
        @Actor
        public void or() {
            key.interestOpsOr(SelectionKey.OP_WRITE);
        }

        /** Takes away what is not there. */
        @Actor
        public void and() {
            key.interestOpsAnd(SelectionKey.OP_WRITE);
        }

        /** Looks. */
        @Arbiter
        public void look(II_Result r) {
            r.r1 = key.interestOps();
            r.r2 = selectNow();
            close();
        }
    }

    /** An interest change that races with a select is seen by that one or by the next. */
    @JCStressTest
    @State
    @Outcome(id = {"1, 0", "0, 1"}, expect = Expect.ACCEPTABLE, desc = "seen once")
    @Outcome(expect = Expect.FORBIDDEN, desc = "lost, or counted twice")
    public static class InterestAndSelect extends Fixture {

        private int first;

        /** Starts without interest. */
        public InterestAndSelect() {
            super(0);
        }

        /** Changes. */
        @Actor
        public void change() {
            key.interestOps(SelectionKey.OP_WRITE);
        }

        /** Selects. */
        @Actor
        public void select() {
            first = selectNow();
        }

        /** Selects again. */
        @Arbiter
        public void look(II_Result r) {
            r.r1 = first;
            r.r2 = selectNow();
            close();
        }
    }

    /**
     * A wakeup that races with a select ends that one: it comes back, and a select after it has nothing left over to
     * end it.
     */
    @JCStressTest
    @State
    @Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "came back")
    @Outcome(expect = Expect.FORBIDDEN, desc = "something was selected")
    public static class WakeupAndSelect extends Fixture {

        /** Starts without interest. */
        public WakeupAndSelect() {
            super(0);
        }

        /** Wakes. */
        @Actor
        public void wake() {
            selector.wakeup();
        }

        /** Waits; if the wakeup is lost, for ever, which the harness reports as a hang. */
        @Actor
        public void select(I_Result r) {
            try {
                r.r1 = selector.select();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** Closes. */
        @Arbiter
        public void end() {
            close();
        }
    }

    /** A cancelled key is gone after the next select, whatever the one it raced with did. */
    @JCStressTest
    @State
    @Outcome(id = "0, 0", expect = Expect.ACCEPTABLE, desc = "gone from both sets")
    @Outcome(expect = Expect.FORBIDDEN, desc = "a key is left")
    public static class CancelAndSelect extends Fixture {

        /** Starts writable. */
        public CancelAndSelect() {
            super(SelectionKey.OP_WRITE);
        }

        /** Cancels. */
        @Actor
        public void cancel() {
            key.cancel();
        }

        /** Selects. */
        @Actor
        public void select() {
            selectNow();
        }

        /** Flushes and counts. */
        @Arbiter
        public void look(II_Result r) {
            selectNow();
            r.r1 = selector.keys().size();
            r.r2 = selector.selectedKeys().size();
            close();
        }
    }
}
