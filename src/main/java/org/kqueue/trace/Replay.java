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
        ended = false;
        KnoteModel model = new KnoteModel();
        for (int pair = 0; pair < (trace.bare() ? 0 : TracePlayer.PAIRS); pair++) {
            model.open("a" + pair, "b" + pair);
        }
        try (TracePlayer player = new TracePlayer(config, trace, settleMillis)) {
            for (TraceStep recorded : trace.steps()) {
                TraceStep seen = player.perform(recorded);
                model.changes(recorded);
                calls += recorded.isKevent() ? 1 : 0;
                if (!agrees(recorded, seen) && !isAllowed(recorded, seen, model, player)) {
                    differences.add(recorded.where() + ": " + trace + "\n  recorded " + TraceWriter.write(recorded)
                            + "\n  seen     " + TraceWriter.write(seen));
                    return;
                }
                if (ended) {
                    return;
                }
                model.follow(recorded);
                model.fired(seen);
            }
        }
    }

    private boolean isAllowed(TraceStep recorded, TraceStep seen, KnoteModel model, TracePlayer player) throws IOException {
        if (rules.contains(AllowedDifference.NETBSD_UDATA_OF_ADD) && recorded.isKevent()) {
            TraceStep asNetbsd = model.withUdataOfAdd(seen);
            if (!asNetbsd.equals(seen)) {
                used.merge(AllowedDifference.NETBSD_UDATA_OF_ADD, 1, Integer::sum);
                return agrees(recorded, asNetbsd) || isAllowed(recorded, asNetbsd, model, player);
            }
        }
        for (AllowedDifference rule : rules) {
            if (rule.allows(recorded, seen, model)) {
                used.merge(rule, 1, Integer::sum);
                ended = rule.endsTrace();
                if (rule.repeats()) {
                    return agrees(recorded, player.perform(recorded));
                }
                return !rule.deletesMissing() || delete(recorded, EventMatch.of(recorded, seen), player);
            }
        }
        return false;
    }

    /** Deletes the ONESHOT knotes of events, which the recording kernel has deleted; each must be there. */
    private static boolean delete(TraceStep recorded, EventMatch match, TracePlayer player) throws IOException {
        for (TraceStep.Seen event : match.missing()) {
            if (!event.has(KeventFlags.EV_ONESHOT) || match.unexpected().stream().anyMatch(event::sameKnote)) {
                continue;
            }
            TraceStep.Change change =
                    new TraceStep.Change(event.name(), event.filter(), KeventFlags.EV_DELETE, event.udata());
            TraceStep step =
                    new TraceStep(recorded.where(), "K", recorded.operands(), List.of(change), 0, "0", List.of());
            if (!agrees(step, player.perform(step))) {
                return false;
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
