package org.kqueue.trace;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.kqueue.KqueueConfig;

/**
 * Plays recorded traces and compares every line. A line that differs must be accepted by one of the rules given; the
 * kqueue is then brought in line with the recording, so that the rest of the trace is compared as strictly. A trace
 * ends at its first difference.
 */
class Replay {

    /** More than any trace has knotes. */
    private static final int ALL = 64;

    private final KqueueConfig config;
    private final long settleMillis;
    private final List<Rule> rules;
    /** How often each rule was used. */
    final Map<String, Integer> used = new TreeMap<>();
    /** How many lines were not performed, by their reason. */
    final Map<String, Integer> skipped = new TreeMap<>();
    /** The lines that differ and that no rule accepts. */
    final List<String> differences = new ArrayList<>();
    private int traces;
    /** How many kevent calls were compared. */
    int calls;
    /** How many lines with a result were compared, kevent calls included. */
    int results;

    Replay(KqueueConfig config, long settleMillis, List<Rule> rules) {
        this.config = config;
        this.settleMillis = settleMillis;
        this.rules = rules;
    }

    String summary() {
        return traces + " traces, " + calls + " kevent calls, " + differences.size()
                + " with a difference; rules used: " + used + (skipped.isEmpty() ? "" : "; not performed: " + skipped);
    }

    /** Each rule that was used, with its reason. */
    List<String> reasons() {
        return rules.stream().filter(rule -> used.containsKey(rule.name)).map(rule -> rule.name + ": " + rule.reason)
                .toList();
    }

    TracePlayer player(Trace trace) throws IOException {
        return new TracePlayer(config, trace, settleMillis);
    }

    void replay(Trace trace) throws IOException {
        for (Step step : trace.steps()) {
            if (step.result() == null && Grammar.hasResult(step.verb()) && !(trace.isCase() && !step.showsEvents())) {
                throw new IOException(step.where() + ": no result to compare with, record it first: " + step);
            }
        }
        traces++;
        RecordedState state = new RecordedState(trace.isBare());
        try (TracePlayer player = player(trace)) {
            for (Step step : trace.steps()) {
                if (step.is("SKIP")) {
                    skipped.merge(step.operand(0), 1, Integer::sum);
                } else if (!replay(trace, step, state, player)) {
                    return;
                }
            }
        }
    }

    /** Performs and compares a line. Returns whether the trace goes on. */
    private boolean replay(Trace trace, Step recorded, RecordedState state, TracePlayer player) throws IOException {
        Step performed =
                rules.contains(NetbsdRules.FLAGS) ? NetbsdRules.asFreebsd(recorded, state, this::use) : recorded;
        long from = System.nanoTime();
        Result seen = player.perform(performed);
        long to = System.nanoTime();
        // The knotes are those of this system where the trace says what it does.
        Step step = recorded.here() == null ? recorded : recorded.with(recorded.here().result());
        if (recorded.isKevent()) {
            state.changes(step, from, to);
        }
        Call call = new Call(recorded, seen, state, player::isReady, from, to);
        List<Kevent> missing = new ArrayList<>();
        if (!isAllowed(trace, call, player, missing)) {
            differences.add(recorded.where() + ": " + trace.head() + "\n  recorded " + recorded + "\n  seen     "
                    + recorded.with(seen));
            return false;
        }
        if (recorded.showsEvents()) {
            state.events(step, seen, missing);
        }
        if (recorded.is("DUP2") && rules.contains(Rules.DUP2_OF_SAME_FILE)) {
            for (Step deletion : state.deletionsOfSameFile(recorded)) {
                if (isDone(player, deletion)) {
                    use(Rules.DUP2_OF_SAME_FILE);
                }
            }
        }
        state.follow(step);
        if (recorded.is("W") && seen.isFailure() && recorded.result() != null && !recorded.result().isFailure()) {
            call.file().hasGrown = true;
        }
        for (Step enable : state.enableWoken(recorded)) {
            player.perform(enable);
        }
        return true;
    }

    /** Performs a step that is not recorded. Returns whether its result is the one that it carries. */
    static boolean isDone(TracePlayer player, Step step) throws IOException {
        return step.result().agrees(player.perform(step));
    }

    private void use(Rule rule) {
        used.merge(rule.name, 1, Integer::sum);
    }

    private boolean isAllowed(Trace trace, Call call, TracePlayer player, List<Kevent> missing) throws IOException {
        Step recorded = call.recorded();
        if (recorded.result() == null) {
            return !trace.isCase() || !call.seen().isFailure() || recorded.is("CONNECT");
        }
        calls += recorded.isKevent() ? 1 : 0;
        results++;
        if (recorded.here() != null) {
            List<Rule> named = rules.stream().filter(rule -> rule.name.equals(recorded.here().rule())).toList();
            named.forEach(this::use);
            return recorded.here().result().agrees(call.seen()) && named.size() == 1;
        }
        boolean failed = recorded.result().isFailure() || call.seen().isFailure();
        return recorded.result().agrees(call.seen())
                || (recorded.showsEvents() && !failed ? isAllowedKevent(call, player, missing)
                        : isAllowedResult(call, player));
    }

    private boolean isAllowedResult(Call call, TracePlayer player) throws IOException {
        Rule rule = rules.stream().filter(one -> one.result.test(call)).findFirst().orElse(null);
        boolean allowed = rule != null;
        for (Step step : allowed ? rule.inStep.apply(call) : List.<Step>of()) {
            allowed &= isDone(player, step);
        }
        if (allowed) {
            use(rule);
        }
        return allowed;
    }

    private boolean isAllowedKevent(Call call, TracePlayer player, List<Kevent> missing) throws IOException {
        boolean scans = call.recorded().result().changeResults().isEmpty() && call.seen().changeResults().isEmpty()
                && call.state().canRequeue(call.kqueue());
        List<Kevent> seen = call.seen().events();
        List<Kevent> behind = !scans ? List.of() : player.perform(call.recorded().scan(ALL)).events().stream()
                .filter(event -> seen.stream().noneMatch(event::sameKnote)).toList();
        EventMatch match = new EventMatch(call, behind, rules);
        boolean allowed = match.isAccepted;
        for (Step step : allowed ? match.inStep(scans) : List.<Step>of()) {
            allowed &= isDone(player, step);
        }
        if (allowed) {
            match.used.forEach(this::use);
            match.extra.forEach(event -> call.state().firedHereOnly(call.kqueue(), event));
            match.deletedHereOnly.forEach(event -> call.state().firedHereOnly(call.kqueue(), event));
            missing.addAll(match.missing);
        }
        return allowed;
    }
}
