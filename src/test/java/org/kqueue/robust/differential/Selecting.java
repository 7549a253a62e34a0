package org.kqueue.robust.differential;

import java.io.IOException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.kqueue.robust.differential.Outcome.End;

/**
 * The selects of one side. A select may return 0 at any time, the JDK's too, so one that has found nothing is repeated
 * until its time is over. If it returns 0 too often, its end is {@link End#SPUN}.
 */
final class Selecting {

    private static final long LONG_MILLIS = 60_000;
    private static final long AGAIN_MILLIS = 10;
    /** How long a worker may need on a busy machine before its wakeup counts as lost. */
    private static final long WORKER_MILLIS = 2_000;
    /** So many selects of a millisecond must take their time before a selector is said to wait. */
    private static final int WAITS = 3;
    private static final int READ_WRITE = SelectionKey.OP_READ | SelectionKey.OP_WRITE;

    private final Side side;
    private final Deadlines deadlines;
    // the select under way, or the last one
    private Selector selector;
    private String form;
    private boolean waits;
    /** What the action was called with, by key, in all calls of the step. */
    private final Map<SelectionKey, Integer> offered = new HashMap<>();
    /** What is wrong with a call by itself, without comparing; null if nothing is. */
    private String wrong;
    private int emptyReturns;

    Selecting(Side side, Deadlines deadlines) {
        this.side = side;
        this.deadlines = deadlines;
    }

    /** The method of {@link Selector} that is called; without an action if that is null. */
    private interface Method {
        int call(Consumer<SelectionKey> action) throws IOException;
    }

    Outcome select(int number, Step step) throws IOException {
        boolean interrupted = step.op() == Op.SELECT_INTERRUPTED;
        begin(number, step.op().variants.get(step.variant()), step.op() != Op.SELECT_NOW);
        boolean mustReturn = side.woken[number] || interrupted;
        side.woken[number] = false;
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        try {
            End end = switch (step.op()) {
                case SELECT_NOW -> {
                    selectNow();
                    yield End.RETURNED;
                }
                case SELECT_TIMED -> selectTimed(mustReturn);
                default -> selectWatched(step.op(), deadlines.waitMillis(), mustReturn);
            };
            return outcome(interrupted ? "interrupted " + Thread.interrupted() : "selected", end);
        } finally {
            Thread.interrupted();
        }
    }

    /** A select that a worker's wakeup ends. */
    Outcome selectWhileWorking(int number) throws IOException {
        begin(number, "plain", true);
        side.woken[number] = false;
        return outcome("selected", selectWatched(Op.SELECT, WORKER_MILLIS, true));
    }

    /**
     * Selects again in the form of the last select, to find what that has missed. Does not change how that ended.
     */
    Outcome again(Outcome last) throws IOException {
        if (waits) {
            call(action -> action == null ? selector.select(AGAIN_MILLIS) : selector.select(action, AGAIN_MILLIS));
        } else {
            selectNow();
        }
        return outcome(last.said(), last.end());
    }

    private void begin(int number, String newForm, boolean newWaits) throws IOException {
        selector = side.selector(number);
        form = newForm;
        waits = newWaits;
        offered.clear();
        wrong = null;
        emptyReturns = 0;
    }

    private Outcome outcome(String said, End end) {
        if (form.equals("plain")) {
            return new Outcome(wrong == null ? said : wrong, end, null);
        }
        Map<Integer, Integer> byNumber = new TreeMap<>();
        offered.forEach((key, ops) -> byNumber.put(side.numberOf(key), ops));
        return new Outcome(wrong == null ? said : wrong, end, byNumber);
    }

    private int selectNow() throws IOException {
        return call(action -> action == null ? selector.selectNow() : selector.selectNow(action));
    }

    private End selectTimed(boolean mustReturn) throws IOException {
        long millis = deadlines.waitMillis();
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        return repeat(action -> action == null ? selector.select(millis) : selector.select(action, millis), mustReturn,
                () -> System.nanoTime() - end >= 0);
    }

    private End selectWatched(Op op, long waitMillis, boolean mustReturn) throws IOException {
        Method method = op == Op.SELECT_LONG
                ? action -> action == null ? selector.select(LONG_MILLIS) : selector.select(action, LONG_MILLIS)
                : action -> action == null ? selector.select() : selector.select(action);
        EndOfWait watch = new EndOfWait(selector, op, waitMillis);
        End end;
        try {
            end = repeat(method, mustReturn, watch::isOver);
            if (end == End.SPUN) {
                watch.awaitOver();
            }
        } catch (ClosedSelectorException e) {
            if (op != Op.SELECT_UNTIL_CLOSE || !watch.isOver()) {
                throw e;
            }
            // Between two calls of the loop, or a select with an action.
            end = End.WAITED;
        } finally {
            watch.finish();
        }
        // A wakeup after the return is pending. That makes the next wait return early, as any may.
        if (watch.isLost()) {
            wrong = "a wait could not be ended";
        }
        if (op == Op.SELECT_UNTIL_INTERRUPT && end != End.RETURNED && !Thread.currentThread().isInterrupted()) {
            wrong = "the interrupt status is lost";
        }
        return end;
    }

    private End repeat(Method method, boolean mustReturn, BooleanSupplier over) throws IOException {
        while (true) {
            if (call(method) > 0 || mustReturn && !over.getAsBoolean()) {
                return End.RETURNED;
            }
            if (over.getAsBoolean()) {
                wrong = mustReturn ? "a pending wakeup has not ended the wait" : wrong;
                return emptyReturns > 0 && selector.isOpen() && !Thread.currentThread().isInterrupted()
                        ? waitsOrSpins() : End.WAITED;
            }
            if (++emptyReturns > deadlines.mostEmptyReturns()) {
                return End.SPUN;
            }
        }
    }

    /** The time was too short to tell, on a busy machine. Finds out whether a select waits now. */
    private End waitsOrSpins() throws IOException {
        int waits = 0;
        while (waits < WAITS && emptyReturns <= deadlines.mostEmptyReturns()) {
            long start = System.nanoTime();
            if (call(action -> action == null ? selector.select(1) : selector.select(action, 1)) > 0) {
                return End.RETURNED;
            }
            if (System.nanoTime() - start >= TimeUnit.MILLISECONDS.toNanos(1)) {
                waits++;
            } else {
                emptyReturns++;
            }
        }
        return waits < WAITS ? End.SPUN : End.WAITED;
    }

    /** One call, whose result must be the number of keys that were updated, or that the action was called for. */
    private int call(Method method) throws IOException {
        boolean plain = form.equals("plain");
        Map<SelectionKey, Integer> before = new HashMap<>();
        Map<SelectionKey, Integer> hidden = new HashMap<>();
        Map<SelectionKey, Integer> now = new HashMap<>();
        if (selector.isOpen()) {
            side.beforeSelect(selector);
            before = readySets();
            hidden = side.isOracle() ? hide() : hidden;
        }
        int n;
        try {
            n = method.call(plain ? null : key -> act(key, now));
        } finally {
            hidden.forEach((key, ops) -> {
                if (key.isValid()) {
                    key.interestOpsOr(ops);
                }
            });
        }
        if (selector.isOpen()) {
            int expected = plain ? updated(before) : now.size();
            wrong = n == expected ? wrong : "counted " + n + " keys instead of " + expected;
            if (plain) {
                readySets().forEach(side::found);
            }
        }
        return n;
    }

    private Map<SelectionKey, Integer> readySets() {
        Map<SelectionKey, Integer> ready = new HashMap<>();
        for (SelectionKey key : selector.selectedKeys()) {
            if (key.isValid()) {
                ready.put(key, key.readyOps());
            }
        }
        return ready;
    }

    /**
     * Takes interest away from the JDK's keys, for one select, in what no kqueue reports. A selected key that was ready
     * for OP_CONNECT and is connected keeps its interest: it ends every select of both sides with 0.
     */
    private Map<SelectionKey, Integer> hide() {
        Map<SelectionKey, Integer> hidden = new HashMap<>();
        for (SelectionKey key : selector.keys()) {
            if (key.isValid()) {
                int interest = key.interestOps();
                int selectedFor = selector.selectedKeys().contains(key) ? key.readyOps() : 0;
                int shown = interest & ~(side.slot(side.numberOf(key)).notOnKqueue()
                        & ~(selectedFor & SelectionKey.OP_CONNECT));
                if (shown != interest) {
                    hidden.put(key, interest & ~shown);
                    key.interestOps(shown);
                }
            }
        }
        return hidden;
    }

    private int updated(Map<SelectionKey, Integer> before) {
        int count = 0;
        for (SelectionKey key : selector.selectedKeys()) {
            if (key.isValid() && (!before.containsKey(key) || (key.readyOps() & ~before.get(key)) != 0)) {
                count++;
            }
        }
        return count;
    }

    /** The action of a select: records the key, and changes it as the form says. */
    private void act(SelectionKey key, Map<SelectionKey, Integer> now) {
        int ops = key.readyOps();
        if ((now.getOrDefault(key, 0) & ops) != 0) {
            wrong = "offered c" + side.numberOf(key) + " twice with the same operations";
        }
        now.merge(key, ops, (a, b) -> a | b);
        offered.merge(key, ops, (a, b) -> a | b);
        side.found(key, ops);
        switch (form) {
            case "action-off" -> key.interestOpsAnd(~ops);
            case "action-on" -> key.interestOpsOr(READ_WRITE & key.channel().validOps());
            case "action-cancel" -> {
                // An action may be called once for each operation, and this call ends that.
                offered.put(key, 0);
                key.cancel();
            }
            case "action-close", "action-close-selector" -> {
                offered.put(key, 0);
                close(form.equals("action-close") ? key.channel() : selector);
            }
            default -> {
                // Only records.
            }
        }
    }

    private static void close(AutoCloseable what) {
        try {
            what.close();
        } catch (Exception e) {
            throw new AssertionError("close failed", e);
        }
    }
}
