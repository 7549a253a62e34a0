package org.kqueue.trace;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.kqueue.KeventFlags;

/**
 * Plays recorded traces and compares every line. A line that differs must be accepted by one of the rules given; the
 * kqueue is then brought in line with the recording, so that the rest of the trace is compared as strictly. A trace
 * ends at its first difference.
 */
final class Replay {

    private final KqueueOpener opener;
    private final long settleMillis;
    private final Set<Rule> rules;
    private final Map<String, Integer> used = new TreeMap<>();
    private final List<String> differences = new ArrayList<>();
    private int traces;
    private int calls;
    /** Of the line at hand: events recorded and not seen. */
    private List<TraceStep.Seen> missed = List.of();

    Replay(KqueueOpener opener, long settleMillis, Set<Rule> rules) {
        this.opener = opener;
        this.settleMillis = settleMillis;
        this.rules = rules;
    }

    /** The lines that differ and that no rule accepts. */
    List<String> differences() {
        return differences;
    }

    /** How many kevent calls were compared. */
    int calls() {
        return calls;
    }

    /** How often each rule was used. */
    Map<String, Integer> used() {
        return used;
    }

    String summary() {
        return traces + " traces, " + calls + " kevent calls, " + differences.size()
                + " with a difference; rules used: " + used;
    }

    void replay(Trace trace) throws IOException {
        for (TraceStep step : trace.steps()) {
            if (step.outcome() == null && Grammar.hasResult(step.verb())) {
                throw new IOException(
                        step.where() + ": no result to compare with, record it first: " + TraceWriter.write(step));
            }
        }
        traces++;
        KnoteModel model = new KnoteModel();
        for (int pair = 0; pair < (trace.bare() ? 0 : TracePlayer.PAIRS); pair++) {
            model.files().open("a" + pair, "b" + pair);
        }
        try (TracePlayer player = new TracePlayer(opener, trace, settleMillis)) {
            for (TraceStep recorded : trace.steps()) {
                if (!replay(trace, recorded, model, player)) {
                    return;
                }
            }
        }
    }

    /** Performs and compares a line. Returns whether the trace goes on. */
    private boolean replay(Trace trace, TraceStep recorded, KnoteModel model, TracePlayer player) throws IOException {
        TraceStep performed = rules.contains(NetbsdDifference.NETBSD_FLAGS)
                ? NetbsdChanges.asFreebsd(recorded, model, this::use) : recorded;
        TraceStep seen = player.perform(performed);
        seen = recorded.saw(seen.outcome(), seen.events());
        model.changes(recorded);
        missed = List.of();
        calls += recorded.isKevent() ? 1 : 0;
        if (!agrees(recorded, seen) && !isAllowed(new Call(recorded, seen, model, player::isReady), player)) {
            differences.add(recorded.where() + ": " + trace + "\n  recorded " + TraceWriter.write(recorded)
                    + "\n  seen     " + TraceWriter.write(seen));
            return false;
        }
        if (recorded.verb().equals("DUP2") && rules.contains(AllowedDifference.DUP2_OF_SAME_FILE)) {
            for (TraceStep deletion : model.knotesOfSameFile(recorded)) {
                if (agrees(deletion, player.perform(deletion))) {
                    use(AllowedDifference.DUP2_OF_SAME_FILE);
                }
            }
        }
        model.follow(recorded);
        if (recorded.isKevent()) {
            model.fired(recorded.operand(0), recorded.events());
            model.apart().missed(recorded.operand(0), missed);
        }
        if (recorded.verb().equals("W") && !recorded.outcome().startsWith("-") && !agrees(recorded, seen)) {
            model.lost(recorded);
        }
        for (TraceStep enable : model.apart().enableWoken(recorded)) {
            player.perform(enable);
        }
        return true;
    }

    private void use(Rule rule) {
        used.merge(rule.name(), 1, Integer::sum);
    }

    private boolean isAllowed(Call call, TracePlayer player) throws IOException {
        TraceStep recorded = call.recorded();
        boolean failed = recorded.isKevent()
                && (recorded.outcome().startsWith("-") || call.seen().outcome().startsWith("-"));
        return recorded.isKevent() && !failed ? isAllowedKevent(call, player) : isAllowedResult(call, player);
    }

    private boolean isAllowedResult(Call call, TracePlayer player) throws IOException {
        for (Rule rule : rules) {
            if (rule.results(call)) {
                use(rule);
                for (TraceStep step : rule.inStep(call)) {
                    if (!agrees(step, player.perform(step))) {
                        return false;
                    }
                }
                return true;
            }
        }
        return false;
    }

    private boolean isAllowedKevent(Call call, TracePlayer player) throws IOException {
        QueueOrder order = QueueOrder.isNeeded(call) ? new QueueOrder(call, player) : null;
        EventMatch match = new EventMatch(call, order == null ? List.of() : order.behind(), rules);
        if (!match.isAccepted() || order != null && !order.restore(match)) {
            return false;
        }
        match.used().forEach(this::use);
        match.extra().forEach(event -> call.model().apart().firedHereOnly(call.kqueue(), event));
        match.deletedHereOnly().forEach(event -> call.model().apart().firedHereOnly(call.kqueue(), event));
        call.model().fired(call.kqueue(), match.extra());
        missed = match.missing();
        return delete(call.recorded(), match, player);
    }

    /**
     * Deletes the ONESHOT knotes of events that were not seen, which the recording kernel has deleted; each must be
     * there.
     */
    private static boolean delete(TraceStep recorded, EventMatch match, TracePlayer player) throws IOException {
        for (TraceStep.Seen event : match.missing()) {
            if (event.has(KeventFlags.EV_ONESHOT)) {
                TraceStep.Change change =
                        new TraceStep.Change(event.name(), event.filter(), KeventFlags.EV_DELETE, event.udata());
                TraceStep step = recorded.change(recorded.operand(0), change);
                if (!agrees(step, player.perform(step))) {
                    return false;
                }
            }
        }
        return true;
    }

    /** Whether a line's result is the recorded one, order included. */
    static boolean agrees(TraceStep recorded, TraceStep seen) {
        String outcome = recorded.outcome();
        if (outcome == null || !outcome.equals(seen.outcome())) {
            // The first recordings do not say which error it was.
            return outcome == null || outcome.equals("-1 err") && seen.outcome() != null
                    && seen.outcome().startsWith("-1 err");
        }
        if (recorded.events().size() != seen.events().size()) {
            return false;
        }
        for (int i = 0; i < recorded.events().size(); i++) {
            if (!recorded.events().get(i).agrees(seen.events().get(i))) {
                return false;
            }
        }
        return true;
    }
}
