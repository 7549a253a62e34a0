package org.kqueue.robust.differential;

import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.kqueue.robust.differential.World.Slot;

/** Every form of select, with a watchdog that ends those that block and says that they did. */
final class Selections {

    private static final long LONG_WAIT_MILLIS = 60_000;
    private static final ScheduledExecutorService WATCHDOG = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "differential-watchdog");
        thread.setDaemon(true);
        return thread;
    });

    private final World world;
    private final boolean oracle;
    private final Pace pace;

    Selections(World world, boolean oracle, Pace pace) {
        this.world = world;
        this.oracle = oracle;
        this.pace = pace;
    }

    private interface Form {
        int run(Consumer<SelectionKey> action) throws IOException;
    }

    String select(Selector selector, Step step) throws IOException, InterruptedException {
        boolean withAction = step.c() % 4 == 3;
        Form form = switch (step.op()) {
            case SELECT_NOW -> withAction ? selector::selectNow : action -> selector.selectNow();
            case SELECT_TIMED -> withAction ? action -> selector.select(action, pace.watchdogMillis())
                    : action -> selector.select(pace.watchdogMillis());
            default -> step.c() % 8 == 1 ? action -> selector.select(LONG_WAIT_MILLIS)
                    : withAction ? selector::select : action -> selector.select();
        };
        if (step.op() == Op.INTERRUPT) {
            Thread.currentThread().interrupt();
        }
        try {
            return step.op() == Op.SELECT ? watched(selector, form, withAction, step.a() % 8)
                    : finish(selector, form, withAction)
                    + (step.op() == Op.INTERRUPT ? " " + Thread.interrupted() : "");
        } finally {
            Thread.interrupted();
        }
    }

    /**
     * With a channel about for which the oracle returns at once and we do not, nothing is said on who ended the wait.
     */
    private boolean vague(Selector selector) {
        return selector.isOpen() && selector.keys().stream().anyMatch(key -> key.isValid() && key.interestOps() != 0
                && (isFresh(key) || returnsWithNothing(key)));
    }

    /** Rule "no empty return": the filter of an operation fires, and its channel's state makes it ready for nothing. */
    private static boolean returnsWithNothing(SelectionKey key) {
        if (!(key.channel() instanceof SocketChannel stream)) {
            return false;
        }
        int ops = key.interestOps();
        return stream.isConnected() && (ops & SelectionKey.OP_CONNECT) != 0
                || stream.isConnectionPending() && (ops & SelectionKey.OP_CONNECT) == 0;
    }

    private String watched(Selector selector, Form form, boolean withAction, int chance)
            throws IOException, InterruptedException {
        boolean vague = vague(selector);
        Thread selecting = Thread.currentThread();
        AtomicBoolean over = new AtomicBoolean();
        Future<?> watchdog = WATCHDOG.schedule(() -> {
            if (over.compareAndSet(false, true)) {
                if (chance == 0 && !vague) {
                    selecting.interrupt();
                } else if (chance == 1 && !vague) {
                    selector.close();
                } else {
                    selector.wakeup();
                }
            }
            return null;
        }, pace.watchdogMillis(), TimeUnit.MILLISECONDS);
        String result;
        boolean blocked;
        try {
            result = finish(selector, form, withAction);
        } catch (IOException | RuntimeException e) {
            result = e.getClass().getName();
        } finally {
            blocked = !over.compareAndSet(false, true);
        }
        boolean interrupted = Thread.interrupted();
        if (blocked) {
            try {
                watchdog.get();
            } catch (ExecutionException e) {
                throw new AssertionError("the watchdog's own call failed", e);
            }
            interrupted |= Thread.interrupted();
        } else {
            watchdog.cancel(false);
        }
        return result + (vague ? "" : blocked ? " blocked" : " at once") + (interrupted ? " interrupted" : "");
    }

    private String finish(Selector selector, Form form, boolean withAction) throws IOException {
        Map<SelectionKey, Integer> before = selector.isOpen() ? ready(selector) : Map.of();
        Map<SelectionKey, Integer> offered = new HashMap<>();
        int n = form.run(key -> {
            int again = offered.getOrDefault(key, 0) & key.readyOps();
            if (again != 0) {
                throw new AssertionError("offered twice with the same ops " + again);
            }
            offered.merge(key, key.readyOps(), (a, b) -> a | b);
        });
        String result = withAction ? offered(n, offered) : updated(selector, n, before);
        // Where an event makes nothing ready, the JDK empties the ready set of a key that it does not select, and we do
        // not touch it. So such keys leave the selected set in both worlds, and their ready sets say nothing until they
        // are selected again.
        for (SelectionKey key : selector.keys()) {
            if (key.isValid() && returnsWithNothing(key)) {
                selector.selectedKeys().remove(key);
                world.unsure.add(key);
            }
        }
        return result;
    }

    private String offered(int n, Map<SelectionKey, Integer> offered) {
        Map<Integer, Integer> byNumber = new TreeMap<>();
        offered.forEach((key, ops) -> {
            world.lost.remove(key);
            int expected = World.withoutLateConnect(key, ops);
            if (oracle && (isFresh(key) || expected == 0)) {
                world.unsure.add(key);
            } else {
                byNumber.put(world.numberOf(key), expected);
                world.unsure.remove(key);
            }
        });
        return "offered " + byNumber + (n == offered.size() ? "" : " but counted " + n);
    }

    /**
     * The count must be that of the keys whose ready sets changed; which those are, the two pictures of the set say.
     */
    private String updated(Selector selector, int n, Map<SelectionKey, Integer> before) {
        Map<Integer, Integer> updated = new TreeMap<>();
        int count = 0;
        for (Iterator<SelectionKey> keys = selector.selectedKeys().iterator(); keys.hasNext();) {
            SelectionKey key = keys.next();
            if (!key.isValid()) {
                continue;
            }
            Integer old = before.get(key);
            int fresh = old == null ? key.readyOps() : key.readyOps() & ~old;
            if (old == null) {
                world.lost.remove(key);
            } else if (oracle) {
                world.lost.merge(key, old & ~key.readyOps(), (a, b) -> a | b);
            }
            if (fresh == 0) {
                continue;
            }
            count++;
            int ops = World.withoutLateConnect(key, fresh);
            if (oracle && old == null && (isFresh(key) || ops == 0)) {
                keys.remove();
                world.unsure.add(key);
            } else if (ops != 0) {
                updated.put(world.numberOf(key), ops);
                if (old == null) {
                    world.unsure.remove(key);
                }
            }
        }
        return "updated " + updated + (n == count ? "" : " but counted " + n);
    }

    private boolean isFresh(SelectionKey key) {
        Slot slot = world.slots.get(world.numberOf(key));
        return slot.isFresh();
    }

    private static Map<SelectionKey, Integer> ready(Selector selector) {
        Map<SelectionKey, Integer> ready = new HashMap<>();
        for (SelectionKey key : selector.selectedKeys()) {
            if (key.isValid()) {
                ready.put(key, key.readyOps());
            }
        }
        return ready;
    }
}
