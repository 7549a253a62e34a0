package org.kqueue.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.kqueue.KeventException;
import org.kqueue.Kqueue;
import org.kqueue.trace.CaseHistory.Deed;

/** Plays one case by its script and compares each recorded line with what is seen here. */
final class CasePlayer {

    private static final long MILLI = 1_000_000;

    private final CaseLine.Case recorded;
    private final List<CaseScript.Step> script;
    private final List<CaseLine> rest;
    private final CaseWorld world;
    private final CaseCalls calls;
    private final CaseTimers timers = new CaseTimers();
    private final Map<String, FutureTask<CaseOutcome>> waiters = new HashMap<>();
    private final Map<CaseDifference, Integer> uses = new EnumMap<>(CaseDifference.class);
    private Instant clock = Instant.now();
    private int compared;
    private int skipped;

    private CasePlayer(CaseLine.Case recorded, List<CaseScript.Step> script, CaseWorld world) {
        this.recorded = recorded;
        this.script = script;
        this.world = world;
        rest = new ArrayList<>(recorded.lines());
        calls = new CaseCalls(world);
    }

    /** What a case came to: each of its lines is compared or has a reason not to be. */
    record Report(int compared, int skipped, Map<CaseDifference, Integer> uses) {
    }

    static Report play(CaseLine.Case recorded, List<CaseScript.Step> script, Path directory) throws Exception {
        try (CaseWorld world = new CaseWorld(directory)) {
            CasePlayer player = new CasePlayer(recorded, script, world);
            for (CaseScript.Step step : script) {
                player.play(step);
            }
            assertEquals(List.of(), player.rest, "lines that the script has not got to");
            assertTrue(player.waiters.isEmpty(), "waiters that the script has forgotten");
            return new Report(player.compared, player.skipped, player.uses);
        }
    }

    private void play(CaseScript.Step step) throws Exception {
        List<String> words = step.words();
        switch (step.verb()) {
            case ">" -> call(step);
            case ">*" -> {
                while (!rest.isEmpty()) {
                    call(step);
                }
            }
            case "skip" -> {
                NotPerformed.valueOf(words.get(1));
                rest.remove(0);
                skipped++;
            }
            case "clock" -> clock = Instant.now();
            case "start" -> start(words.get(1));
            case "join" -> join(words.subList(1, words.size()), step.rules());
            case "poll" -> compare(step, step.template().replace("$r revents $e",
                    CaseStreams.view(world.fd(words.get(1))).replace(" ", " revents ")));
            case "kevent" -> kevent(step, words.get(1));
            default -> operate(step);
        }
    }

    private void operate(CaseScript.Step step) throws Exception {
        Deed deed = world.perform(step.words());
        boolean mayFail = step.verb().endsWith("!") || step.template() != null;
        if (deed.result() < 0 && !mayFail) {
            throw new IOException(step + " failed, errno " + deed.errno());
        }
        if (step.template() != null) {
            compare(step, step.template().replace("$r", Long.toString(deed.result()))
                    .replace("$e", Integer.toString(deed.errno())));
        }
    }

    /** A call that is no more than its timeout. */
    private void kevent(CaseScript.Step step, String nanos) throws IOException {
        Kqueue kqueue = world.kqueue("kq");
        int result;
        int errno = 0;
        try {
            result = nanos.equals("forever") ? kqueue.kevent(null, kqueue.newEventList(0), (Duration) null)
                    : kqueue.kevent(null, kqueue.newEventList(8), Duration.ofNanos(Long.parseLong(nanos)));
        } catch (KeventException e) {
            result = -1;
            errno = e.errno();
        }
        compare(step, step.template().replace("$r", Integer.toString(result)).replace("$e", Integer.toString(errno)));
    }

    /** An operation's line. */
    private void compare(CaseScript.Step step, String seen) {
        String line = rest.remove(0).text();
        String expected = line;
        for (CaseDifference rule : step.rules()) {
            expected = used(rule, expected, rule.here(expected, world.history));
        }
        assertEquals(expected, seen, () -> recorded.name() + ": " + line + " by " + step);
        compared++;
    }

    private void call(CaseScript.Step step) throws Exception {
        CaseLine line = rest.stream().filter(other -> other.waiter() == null).findFirst()
                .orElseThrow(() -> new AssertionError(recorded.name() + ": no line is left for " + step));
        assertTrue(line.isCall(), () -> recorded.name() + ": not a kevent call: " + line.text() + ", by " + step);
        rest.remove(line);
        List<CaseEntry> changes = line.changes();
        String kqueueName = "kq";
        long wait = line.waitNanos();
        long absolute = 0;
        for (String word : step.words().subList(1, step.words().size())) {
            if (word.startsWith("@")) {
                kqueueName = word.substring(1);
            } else if (word.startsWith("abs=")) {
                absolute = Long.parseLong(word.substring("abs=".length()));
                changes = CaseCalls.at(changes, clock, absolute);
            } else {
                wait = word.equals("forever") ? Kqueue.FOREVER
                        : Long.parseLong(word.replace("ms", "")) * MILLI;
            }
        }
        Kqueue kqueue = world.kqueue(kqueueName);
        world.history.calling(changes);
        long interrupts = kqueue.interruptedCalls();
        long toClock = Duration.between(Instant.now(), clock.plusMillis(absolute)).toNanos();
        long start = System.nanoTime();
        Thread watchdog = wait == Kqueue.FOREVER ? watch(kqueue) : null;
        CaseOutcome seen = calls.perform(kqueue, changes, line.room(), wait);
        if (watchdog != null) {
            watchdog.interrupt();
        }
        CaseTimers.Span span = new CaseTimers.Span(start, System.nanoTime());
        if (kqueue.interruptedCalls() > interrupts) {
            world.history.wasInterrupted();
        }
        for (CaseEntry change : changes) {
            if (change.is("TIMER") && !isRefused(seen, change)) {
                timers.applied(change, change.data() == 0 ? -MILLI : toClock, span);
            }
        }
        check(line, line.outcome(), seen, step.rules(), span);
        if (seen.result() == 0 && wait > 0 && wait != Kqueue.FOREVER) {
            assertTrue(span.to() - start >= wait, () -> recorded.name() + ": returned too early: " + line.text());
        }
    }

    /** Ends a wait without end, so that it fails. */
    private static Thread watch(Kqueue kqueue) {
        Thread watchdog = new Thread(() -> {
            try {
                TimeUnit.SECONDS.sleep(20);
                kqueue.close();
            } catch (InterruptedException e) {
                // The wait has ended.
                return;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        watchdog.setDaemon(true);
        watchdog.start();
        return watchdog;
    }

    private static boolean isRefused(CaseOutcome seen, CaseEntry change) {
        CaseEntry entry = seen.find(change);
        return entry != null && entry.has(org.kqueue.KeventFlags.EV_ERROR) && entry.data() != 0;
    }

    private void check(CaseLine line, CaseOutcome outcome, CaseOutcome seen, List<CaseDifference> rules,
            CaseTimers.Span span) {
        CaseOutcome expected = expected(outcome, seen, rules, span);
        assertEquals(expected, seen, () -> recorded.name() + ": " + line.text());
        compared++;
    }

    /** What has to be seen; every rule that the script names must change something. */
    private CaseOutcome expected(CaseOutcome outcome, CaseOutcome seen, List<CaseDifference> rules,
            CaseTimers.Span span) {
        CaseOutcome expected = outcome;
        for (CaseDifference rule : rules) {
            expected = used(rule, expected, rule.here(expected, seen, world.history));
        }
        expected = CaseDifference.FREE_SPACE.here(expected, seen, world.history);
        return span == null ? expected : timers.here(expected, seen, span);
    }

    private <T> T used(CaseDifference rule, T before, T after) {
        assertTrue(!before.equals(after), () -> recorded.name() + ": " + rule + " does not apply to " + before);
        uses.merge(rule, 1, Integer::sum);
        return after;
    }

    private void start(String name) {
        CaseLine line = waiterLine(name);
        Kqueue kqueue = world.kqueue("kq");
        FutureTask<CaseOutcome> task =
                new FutureTask<>(() -> calls.perform(kqueue, List.of(), line.room(), line.waitNanos()));
        waiters.put(name, task);
        Thread thread = new Thread(task, "waiter " + name);
        thread.setDaemon(true);
        thread.start();
    }

    private CaseLine waiterLine(String name) {
        return rest.stream().filter(line -> name.equals(line.waiter())).findFirst()
                .orElseThrow(() -> new AssertionError(recorded.name() + ": no waiter " + name));
    }

    /** The waiters' lines; which of two is the lucky one is not promised. */
    private void join(List<String> names, List<CaseDifference> rules) throws Exception {
        List<CaseOutcome> seen = new ArrayList<>();
        List<CaseLine> lines = new ArrayList<>();
        for (String name : names) {
            seen.add(waiters.remove(name).get(20, TimeUnit.SECONDS));
            lines.add(waiterLine(name));
        }
        rest.removeAll(lines);
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            expected.add(expected(lines.get(i).outcome(), seen.get(i), rules, null).toString());
        }
        List<String> came = new ArrayList<>(seen.stream().map(CaseOutcome::toString).toList());
        Collections.sort(expected);
        Collections.sort(came);
        assertEquals(expected, came, () -> recorded.name() + ": " + Arrays.toString(lines.toArray()));
        compared += lines.size();
    }
}
