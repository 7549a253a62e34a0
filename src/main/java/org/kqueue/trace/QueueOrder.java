package org.kqueue.trace;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.kqueue.KeventFlags;

/**
 * Brings a kqueue's queue into the order that the recording kernel's has, where a rule let them differ: shows what is
 * in it, and queues anew what is at another place. So nothing that follows a difference is compared less strictly.
 */
final class QueueOrder {

    /** More than any trace has knotes. */
    private static final int ALL = 64;
    private static final int KINDS = KeventFlags.EV_CLEAR | KeventFlags.EV_ONESHOT | KeventFlags.EV_DISPATCH;

    private final Call call;
    private final TracePlayer player;
    /** The queue behind the call. */
    private final List<TraceStep.Seen> queue;

    QueueOrder(Call call, TracePlayer player) throws IOException {
        this.call = call;
        this.player = player;
        queue = player.perform(call.recorded().scan(ALL)).events();
    }

    /**
     * Whether a call needs it: its events are not the same knotes in the same order, and not all of the queue is seen.
     */
    static boolean isNeeded(Call call) {
        List<TraceStep.Seen> recorded = call.recorded().events();
        List<TraceStep.Seen> seen = call.seen().events();
        if (recorded.stream().anyMatch(event -> !event.isEvent())
                || seen.stream().anyMatch(event -> !event.isEvent())) {
            return false;
        }
        boolean full = Math.max(recorded.size(), seen.size()) >= call.recorded().room();
        List<String> inRecorded = common(recorded, seen);
        return full && !(recorded.size() == seen.size() && inRecorded.size() == seen.size())
                || !inRecorded.equals(common(seen, recorded));
    }

    private static List<String> common(List<TraceStep.Seen> events, List<TraceStep.Seen> others) {
        return events.stream().filter(event -> others.stream().anyMatch(event::sameKnote))
                .map(event -> event.name() + ' ' + event.filter()).toList();
    }

    /** The rest of the queue: what the call did not show. */
    List<TraceStep.Seen> behind() {
        return queue.stream().filter(event -> call.seen().events().stream().noneMatch(event::sameKnote)).toList();
    }

    /** Queues anew. Returns false where a change was refused. */
    boolean restore(EventMatch match) throws IOException {
        List<TraceStep.Seen> wanted = new ArrayList<>(match.waiting());
        match.delivered().stream().filter(this::isLevel).forEach(wanted::add);
        match.extra().stream().filter(this::isLevel).forEach(wanted::add);
        List<TraceStep.Seen> now = new ArrayList<>(queue.stream().filter(this::isLevel).toList());
        int inPlace = wanted.size();
        while (!isPrefix(wanted.subList(0, inPlace), wanted, now)) {
            inPlace--;
        }
        for (TraceStep.Seen event : wanted.subList(inPlace, wanted.size())) {
            for (int flags : requeueing(event)) {
                TraceStep.Change change = new TraceStep.Change(event.name(), event.filter(), flags, event.udata());
                TraceStep step = call.recorded().change(call.kqueue(), change);
                if (!Replay.agrees(step, player.perform(step))) {
                    return false;
                }
            }
        }
        return true;
    }

    /** Whether the queue is in order if all but the first of the wanted ones are moved to its end. */
    private static boolean isPrefix(List<TraceStep.Seen> first, List<TraceStep.Seen> wanted, List<TraceStep.Seen> now) {
        List<TraceStep.Seen> staying = now.stream()
                .filter(event -> first.stream().anyMatch(event::sameKnote)
                        || wanted.stream().noneMatch(event::sameKnote)).toList();
        if (staying.size() != first.size()) {
            return first.isEmpty();
        }
        for (int i = 0; i < first.size(); i++) {
            if (!first.get(i).sameKnote(staying.get(i))) {
                return false;
            }
        }
        return true;
    }

    private int kind(TraceStep.Seen event) {
        return call.model().flags(call.kqueue(), event.name(), event.filter()) & KINDS;
    }

    /** Whether a knote stays in the queue when it is delivered. */
    private boolean isLevel(TraceStep.Seen event) {
        return kind(event) == 0 && !event.has(KeventFlags.EV_ONESHOT);
    }

    /** The changes that put a knote at the end of the queue: its event was taken, or it is in the queue. */
    private int[] requeueing(TraceStep.Seen event) {
        if (event.has(KeventFlags.EV_ONESHOT)) {
            return new int[] {KeventFlags.EV_ADD | kind(event)};
        }
        return isLevel(event) ? new int[] {KeventFlags.EV_DELETE, KeventFlags.EV_ADD}
                : new int[] {KeventFlags.EV_ENABLE};
    }
}
