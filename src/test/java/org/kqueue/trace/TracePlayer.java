package org.kqueue.trace;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.kqueue.ChangeList;
import org.kqueue.ClosedKqueueException;
import org.kqueue.Errno;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.KeventException;
import org.kqueue.KeventFlags;
import org.kqueue.KeventLayout;
import org.kqueue.Kqueue;
import org.kqueue.KqueueConfig;

/** Performs one trace's steps on kqueues of its own. Not thread-safe. */
class TracePlayer implements AutoCloseable {

    /** Socket pairs that exist where a trace is not bare. */
    static final int PAIRS = 3;
    private static final int SHOWN = KeventFlags.EV_EOF | KeventFlags.EV_ONESHOT | KeventFlags.EV_ERROR;
    /** More than the programs ever write by W, less than any buffer holds: such data depends on the buffer's size. */
    private static final long BUFFER_DEPENDENT = 512;
    private static final long PATIENCE_SECONDS = 20;
    private static final Result DONE = Result.of("0");

    private final KqueueConfig config;
    private final boolean showsAll;
    private final Instant start = Instant.now();
    private final TraceDescriptors descriptors = new TraceDescriptors();
    private final SocketOperations sockets;
    private final LinuxOperations others = new LinuxOperations(descriptors);
    private final Map<String, Kqueue> kqueues = new HashMap<>();
    /** What the trace calls an ident, by filter and number. */
    private final Map<String, String> names = new ConcurrentHashMap<>();
    private final List<FutureTask<Result>> waiters = new ArrayList<>();
    private final List<FutureTask<Result>> later = new ArrayList<>();
    /** Results of waiters that were not shown yet. */
    private final List<Result> joined = new ArrayList<>();

    /**
     * Makes a player.
     *
     * @param config of the kqueues
     * @param settleMillis how long packets may take over loopback
     */
    TracePlayer(KqueueConfig config, Trace trace, long settleMillis) throws IOException {
        this.config = config;
        showsAll = trace.isCase();
        sockets = new SocketOperations(descriptors, settleMillis);
        boolean done = false;
        try {
            openKqueue("k0");
            for (int pair = 0; pair < (trace.isBare() ? 0 : PAIRS); pair++) {
                perform(Step.operation("", "OPEN", List.of(Integer.toString(pair)), null));
            }
            done = true;
        } finally {
            if (!done) {
                close();
            }
        }
    }

    /** Performs a step, whatever result it was recorded with. */
    Result perform(Step step) throws IOException {
        String x = step.operand(0);
        Kqueue kqueue = kqueues.get(x);
        return switch (step.verb()) {
            case "K" -> kevent(step, kqueue);
            case "START" -> inThread(waiters, () -> kevent(step, kqueue));
            case "JOIN" -> join();
            case "SLEEP" -> sleep(step.number(0));
            case "LATER" -> inThread(later, () -> {
                sleep(step.number(0));
                String[] words = step.operand(1).split(" ");
                return perform(Step.operation("", words[0], List.of(words).subList(1, words.length), null));
            });
            case "KQ" -> openKqueue("k" + x);
            default -> kqueue != null && step.is("CLOSE") ? closeKqueue(x) : operate(step);
        };
    }

    private Result operate(Step step) throws IOException {
        if (step.is("RAN")) {
            awaitLater();
        }
        String result = sockets.perform(step);
        result = result == null ? others.perform(step) : result;
        if (result == null) {
            throw new IOException(step.where() + ": cannot perform " + step.verb());
        }
        return Result.of(result);
    }

    /** Whether poll(2) says that a descriptor is ready for a filter; a kqueue is readable if its queue is not empty. */
    boolean isReady(String name, String filter) {
        return sockets.isReady(name, filter);
    }

    private Result openKqueue(String name) throws IOException {
        kqueues.put(name, Kqueue.open(config));
        descriptors.kqueue(name, kqueues.get(name).fd());
        return DONE;
    }

    private Result closeKqueue(String name) throws IOException {
        descriptors.kqueue(name, null);
        kqueues.remove(name).close();
        return DONE;
    }

    /** Performs a kevent call; the kqueue is null where it was closed. */
    Result kevent(Step step, Kqueue kqueue) throws IOException {
        if (kqueue == null) {
            return Result.of("-1 errno=" + Errno.EBADF);
        }
        KeventLayout layout = kqueue.layout();
        ChangeList changes = kqueue.newChangeList(Math.max(1, step.changes().size()));
        for (Kevent change : step.changes()) {
            int filter = change.filter().startsWith("filt") ? Integer.parseInt(change.filter().substring(4))
                    : layout.number(Filter.valueOf("EVFILT_" + change.filter()));
            long ident = ident(change);
            names.put(filter + " " + ident, change.name());
            changes.add(ident, filter, change.flags(), change.fflags(), data(change), change.udata());
        }
        EventList events = kqueue.newEventList(step.room());
        long waitNanos = step.waitMillis() == Step.FOREVER ? Kqueue.FOREVER
                : TimeUnit.MILLISECONDS.toNanos(step.waitMillis());
        long before = System.nanoTime();
        try {
            int n = kqueue.kevent(changes, events, waitNanos);
            boolean early = n == 0 && step.room() > 0 && System.nanoTime() - before < waitNanos;
            List<Kevent> seen = new ArrayList<>();
            for (int i = 0; i < events.size(); i++) {
                seen.add(seen(events, i, layout));
            }
            return new Result(n + (early ? " too early" : ""), seen);
        } catch (KeventException e) {
            return Result.of("-1 errno=" + bsd(e.errno(), layout));
        } catch (ClosedKqueueException e) {
            return Result.of("-1 errno=" + Errno.EBADF);
        }
    }

    private Kevent seen(EventList events, int i, KeventLayout layout) {
        int number = events.filterNumber(i);
        Filter known = layout.filter(number);
        String filter = known == null ? "" : known.name().substring("EVFILT_".length());
        boolean error = events.isChangeResult(i);
        boolean write = filter.equals("WRITE");
        boolean descriptor = write || filter.equals("READ");
        long data = events.data(i);
        if (error) {
            data = bsd(events.errno(i), layout);
        } else if (!showsAll && !filter.equals("READ")) {
            data = Kevent.NONE;
        } else if (descriptor && data > (write ? 0 : BUFFER_DEPENDENT)) {
            data = Kevent.SOME;
        }
        return new Kevent(names.getOrDefault(number + " " + events.ident(i), "?" + events.ident(i)),
                Grammar.FILTERS.contains(filter) ? filter : "filt" + number, events.flags(i) & (showsAll ? -1 : SHOWN),
                events.udata(i), descriptor && !error ? bsd(events.fflags(i), layout) : events.fflags(i), data);
    }

    private long ident(Kevent change) {
        String name = change.name();
        return switch (change.filter()) {
            case "USER", "TIMER" -> Long.parseLong(name);
            case "PROC" -> others.process(name);
            case "SIGNAL" -> LinuxOperations.signal(name);
            default -> name.startsWith("-") ? Long.parseLong(name) : descriptors.number(name);
        };
    }

    /** A trace gives absolute times in milliseconds after its start; 0 is 1970. */
    private long data(Kevent change) {
        if (!TimerClock.isAbsolute(change) || change.data() == 0) {
            return change.data();
        }
        Instant time = start.plusMillis(change.data());
        return (change.fflags() & TimerClock.NOTE_SECONDS) != 0 ? time.getEpochSecond() : time.toEpochMilli();
    }

    private static int bsd(int errno, KeventLayout layout) {
        return Errno.translate(errno, layout.errnos(), Errno.Numbering.BSD);
    }

    private static Result inThread(List<FutureTask<Result>> tasks, Callable<Result> task) {
        FutureTask<Result> future = new FutureTask<>(task);
        tasks.add(future);
        Thread thread = new Thread(future, "trace");
        thread.setDaemon(true);
        thread.start();
        return DONE;
    }

    /** Which of several waiters gets an event is not promised: all are awaited, and shown by the text of the result. */
    private Result join() throws IOException {
        for (FutureTask<Result> waiter : waiters) {
            joined.add(result(waiter));
        }
        waiters.clear();
        joined.sort(Comparator.comparing(Result::toString));
        if (joined.isEmpty()) {
            throw new IOException("JOIN without START");
        }
        return joined.remove(0);
    }

    private void awaitLater() throws IOException {
        for (FutureTask<Result> task : later) {
            result(task);
        }
    }

    private static Result result(FutureTask<Result> future) throws IOException {
        try {
            return future.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException | ExecutionException | TimeoutException e) {
            throw new IOException(e);
        }
    }

    private static Result sleep(long millis) throws IOException {
        try {
            TimeUnit.MILLISECONDS.sleep(millis);
            return DONE;
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        try (descriptors; others) {
            awaitLater();
            for (String name : List.copyOf(kqueues.keySet())) {
                closeKqueue(name);
            }
        }
    }
}
