package org.kqueue.trace;

import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.kqueue.KeventFlags;
import org.kqueue.KqueueConfig;

/**
 * Plays recorded traces and compares every line. A line that differs must be accepted by one of the rules given; the kqueue is then brought in
 * line with the recording, so that the rest of the trace still means something. A trace ends at its first difference.
 */
final class Replay {

    private final KqueueConfig config;
    private final long settleMillis;
    private final Set<AllowedDifference> rules;
    private final Map<AllowedDifference, Integer> used = new EnumMap<>(AllowedDifference.class);
    private final List<String> differences = new ArrayList<>();
    private int traces;
    private int calls;
    private boolean ended;

    Replay(KqueueConfig config, long settleMillis, Set<AllowedDifference> rules) {
        this.config = config;
        this.settleMillis = settleMillis;
        this.rules = rules;
    }

    /** The lines that differ and that no rule accepts. */
    List<String> differences() {
        return differences;
    }

    /** How often each rule was used. */
    Map<AllowedDifference, Integer> used() {
        return used;
    }

    String summary() {
        return traces + " traces, " + calls + " kevent calls, " + differences.size() + " with a difference; rules used: " + used;
    }

    void replay(Trace trace) throws IOException {
        traces++;
        KnoteModel model = new KnoteModel();
        for (int pair = 0; pair < (trace.bare() ? 0 : TracePlayer.PAIRS); pair++) {
            model.open("a" + pair, "b" + pair);
        }
        try (TracePlayer player = new TracePlayer(config, trace, settleMillis)) {
            for (TraceStep recorded : trace.steps()) {
                if (!replay(trace, recorded, model, player)) {
                    return;
                }
            }
        }
    }

    /** Performs and compares a line. Returns whether the trace goes on. */
    private boolean replay(Trace trace, TraceStep recorded, KnoteModel model, TracePlayer player) throws IOException {
        TraceStep seen = player.perform(rules.contains(AllowedDifference.NETBSD_FLAGS) ? asFreebsd(recorded) : recorded);
        seen = new TraceStep(recorded.where(), recorded.verb(), recorded.operands(), recorded.changes(), recorded.room(),
                seen.outcome(), seen.events());
        model.changes(recorded);
        calls += recorded.isKevent() ? 1 : 0;
        ended = false;
        if (!agrees(recorded, seen) && !isAllowed(new Call(recorded, seen, model), player)) {
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
        model.fired(recorded);
        model.fired(seen);
        if (recorded.verb().equals("W") && !recorded.outcome().startsWith("-") && !agrees(recorded, seen)) {
            model.lost(recorded);
        }
        return !ended;
    }

    private void use(AllowedDifference rule) {
        used.merge(rule, 1, Integer::sum);
    }

    /** A call with the flags that mean on FreeBSD what the recorded ones mean on NetBSD. */
    private TraceStep asFreebsd(TraceStep recorded) {
        List<TraceStep.Change> changes = new ArrayList<>();
        for (TraceStep.Change change : recorded.changes()) {
            int flags = change.flags();
            flags &= change.has(KeventFlags.EV_ADD) ? ~KeventFlags.EV_DELETE : -1;
            flags &= change.has(KeventFlags.EV_ENABLE) ? ~KeventFlags.EV_DISABLE : -1;
            flags &= change.has(KeventFlags.EV_CLEAR) || change.has(KeventFlags.EV_ONESHOT) ? ~KeventFlags.EV_DISPATCH : -1;
            if (flags != change.flags()) {
                use(AllowedDifference.NETBSD_FLAGS);
            }
            changes.add(new TraceStep.Change(change.name(), change.filter(), flags, change.udata()));
        }
        return recorded.with(changes);
    }

    private boolean isAllowed(Call call, TracePlayer player) throws IOException {
        TraceStep recorded = call.recorded();
        boolean failed = recorded.isKevent()
                && (recorded.outcome().startsWith("-") || call.seen().outcome().startsWith("-"));
        return recorded.isKevent() && !failed ? isAllowedKevent(call, player) : isAllowedResult(call, player);
    }

    private boolean isAllowedResult(Call call, TracePlayer player) throws IOException {
        for (AllowedDifference rule : rules) {
            if (rule.results(call)) {
                use(rule);
                ended = rule.endsTrace(call);
                return !rule.repeats() || agrees(call.recorded(), player.perform(call.recorded()));
            }
        }
        return false;
    }

    private boolean isAllowedKevent(Call call, TracePlayer player) throws IOException {
        TraceStep recorded = call.recorded();
        EventMatch match = new EventMatch(call, rules);
        if (match.isAccepted() && match.displaced() > 0) {
            TraceStep rest = player.perform(new TraceStep(recorded.where(), "K", recorded.operands(), List.of(), match.displaced(),
                    null, List.of()));
            List<TraceStep.Seen> events = new ArrayList<>(call.seen().events());
            events.addAll(rest.events());
            match = new EventMatch(new Call(recorded, recorded.saw(String.valueOf(events.size()), events), call.model()), rules);
        }
        if (!match.isAccepted() || match.displaced() > 0) {
            return false;
        }
        match.used().forEach(this::use);
        ended = match.used().stream().anyMatch(rule -> rule.endsTrace(call));
        return delete(recorded, match, player);
    }

    /** Deletes the ONESHOT knotes of events that were not seen, which the recording kernel has deleted; each must be there. */
    private static boolean delete(TraceStep recorded, EventMatch match, TracePlayer player) throws IOException {
        for (TraceStep.Seen event : match.missing()) {
            if (event.has(KeventFlags.EV_ONESHOT)) {
                TraceStep.Change change =
                        new TraceStep.Change(event.name(), event.filter(), KeventFlags.EV_DELETE, event.udata());
                TraceStep step =
                        new TraceStep(recorded.where(), "K", recorded.operands(), List.of(change), 0, "0", List.of());
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
