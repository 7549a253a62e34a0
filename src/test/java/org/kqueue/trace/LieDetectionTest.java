package org.kqueue.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.kqueue.KeventFlags;
import org.kqueue.Kqueue;
import org.kqueue.KqueueConfig;

/**
 * The comparison notices a kqueue that is wrong, with the rules of each kernel: no rule is so wide that it hides the
 * error.
 */
class LieDetectionTest {

    private static final Path TRACES = Path.of("src/test/resources/traces");
    private static final KqueueConfig EMBEDDED = new KqueueConfig("embedded", null, null, KqueueConfig.Detail.FULL);
    private static final int OF_EACH_FAMILY = 40;
    /** A rule may hide the lie where it shows once, not each time. */
    private static final int ENOUGH = 2;

    /**
     * What is wrong. TURNED shows the last event first, NO_ROTATION has at the head of the queue what was delivered,
     * CLEAR_TWICE resets at the second delivery, and with CLEAR_WRITE_LOST a WRITE CLEAR knote fires once.
     */
    private enum Lie {
        NO_EOF, CLEAR_IS_LEVEL, ONESHOT_STAYS, DISPATCH_STAYS_ENABLED, NO_DISABLE, NO_ENABLE, NO_DELETE, FIRST_UDATA,
        NO_ERROR_ENTRIES, ALL_EINVAL, EVENT_LOST, EVENT_TWICE, NO_FFLAGS, NOT_FIRST_IN_FIRST_OUT, TURNED, NO_ROTATION,
        CLEAR_TWICE, DATA_PLUS_ONE, WRONG_FILTER, CLEAR_END_LOST, CLEAR_WRITE_LOST, KQUEUE_LOST, KQUEUE_ONCE,
        KQUEUE_PLUS_ONE
    }

    private static List<String> families(Lie lie) {
        return switch (lie) {
            case KQUEUE_LOST, KQUEUE_ONCE, KQUEUE_PLUS_ONE -> List.of("nested");
            case NO_FFLAGS -> List.of("tcp");
            default -> List.of("dispatch", "errors", "unixfull");
        };
    }

    /** Replays traces of the families that a lie shows in until enough are found to differ. */
    @ParameterizedTest
    @EnumSource
    void aLieIsNoticedWithTheRulesOfEachKernel(Lie lie) throws IOException {
        Assumptions.assumeTrue(TraceDescriptors.LINUX, "the embedded kqueue is Linux's");
        // Only NetBSD's recordings have errors of sockets.
        for (String kernel : lie == Lie.NO_FFLAGS ? List.of("bsd-") : List.of("freebsd-", "freebsd15-", "bsd-")) {
            Replay replay = new Replay(EMBEDDED, 1, Rules.forFile(kernel)) {
                @Override
                TracePlayer player(Trace trace) throws IOException {
                    return new LyingPlayer(trace, lie);
                }
            };
            for (String family : families(lie)) {
                for (Trace trace : TraceReader.read(TRACES.resolve(kernel + family + ".trace")).subList(0,
                        OF_EACH_FAMILY)) {
                    if (replay.differences.size() < ENOUGH) {
                        replay.replay(trace);
                    }
                }
            }
            assertEquals(ENOUGH, replay.differences.size(), "traces that differ from those of " + kernel);
        }
    }

    /** Plays on a kqueue that is wrong in one way. */
    private static final class LyingPlayer extends TracePlayer {

        private static final int ALL = 64;

        private final Lie lie;
        /** By kqueue: what the next call delivers first, or again. */
        private final Map<String, List<Kevent>> kept = new HashMap<>();
        /** By kqueue, name and filter: the change that made a knote. */
        private final Map<String, Kevent> added = new HashMap<>();
        private final Set<String> fired = new HashSet<>();

        LyingPlayer(Trace trace, Lie lie) throws IOException {
            super(EMBEDDED, trace, 1);
            this.lie = lie;
        }

        @Override
        Result kevent(Step step, Kqueue kqueue) throws IOException {
            step.changes().forEach(change -> note(step.operand(0), change));
            boolean all = lie == Lie.NO_ROTATION && step.room() > 0 && step.changes().isEmpty();
            Result seen = super.kevent(all ? step.scan(ALL)
                    : step.with(step.changes().stream().map(this::changed).toList()), kqueue);
            if (seen.isFailure()) {
                return lie == Lie.ALL_EINVAL ? Result.of("-1 errno=22") : seen;
            }
            List<Kevent> events = seen.changeResults().isEmpty() ? delivered(step, seen.events())
                    : lie == Lie.NO_ERROR_ENTRIES ? List.of() : seen.events();
            events = events.stream().map(event -> shown(step.operand(0), event)).toList();
            return new Result(Integer.toString(events.size()), events);
        }

        private void note(String kqueue, Kevent change) {
            String key = kqueue + change.name() + change.filter();
            if (change.has(KeventFlags.EV_DELETE)) {
                added.remove(key);
            } else if (change.has(KeventFlags.EV_ADD)) {
                added.putIfAbsent(key, change);
            }
        }

        private Kevent changed(Kevent change) {
            int flags = change.flags() & ~switch (lie) {
                case CLEAR_IS_LEVEL -> KeventFlags.EV_CLEAR;
                case ONESHOT_STAYS -> KeventFlags.EV_ONESHOT;
                case DISPATCH_STAYS_ENABLED -> KeventFlags.EV_DISPATCH;
                case NO_DISABLE -> KeventFlags.EV_DISABLE;
                case NO_ENABLE -> KeventFlags.EV_ENABLE;
                case NO_DELETE -> KeventFlags.EV_DELETE;
                default -> 0;
            };
            return Kevent.change(change.name(), change.filter(), flags, change.udata());
        }

        private List<Kevent> delivered(Step step, List<Kevent> seen) {
            String kqueue = step.operand(0);
            List<Kevent> events = new ArrayList<>(seen);
            List<Kevent> before = kept.getOrDefault(kqueue, List.of()).stream()
                    .filter(event -> seen.stream().noneMatch(event::sameKnote)).toList();
            switch (lie) {
                case NOT_FIRST_IN_FIRST_OUT -> events.sort(Comparator.comparing(Kevent::name));
                case TURNED -> Collections.reverse(events);
                case EVENT_LOST -> events = events.subList(0, Math.max(Math.min(1, events.size()), events.size() - 1));
                case CLEAR_END_LOST -> events.removeIf(event -> event.isEof() && isClear(kqueue, event));
                case CLEAR_WRITE_LOST -> events.removeIf(event -> event.is("WRITE") && isClear(kqueue, event)
                        && hasFired(kqueue, event));
                case KQUEUE_LOST -> events.removeIf(LyingPlayer::isKqueue);
                case KQUEUE_ONCE -> events.removeIf(event -> isKqueue(event) && hasFired(kqueue, event));
                case EVENT_TWICE, CLEAR_TWICE -> {
                    events.addAll(before);
                    kept.put(kqueue, seen.stream()
                            .filter(event -> lie == Lie.EVENT_TWICE || isClear(kqueue, event)).toList());
                }
                case NO_ROTATION -> {
                    events = new ArrayList<>(Stream.concat(before.stream(), seen.stream()).toList());
                    kept.put(kqueue, events.stream().skip(step.room()).filter(event -> has(kqueue, event,
                            KeventFlags.EV_CLEAR | KeventFlags.EV_ONESHOT | KeventFlags.EV_DISPATCH)).toList());
                }
                default -> {
                }
            }
            return events.subList(0, Math.min(step.room(), events.size()));
        }

        private boolean has(String kqueue, Kevent event, int flags) {
            Kevent change = added.get(kqueue + event.name() + event.filter());
            return change != null && change.has(flags);
        }

        private boolean isClear(String kqueue, Kevent event) {
            return has(kqueue, event, KeventFlags.EV_CLEAR);
        }

        private boolean hasFired(String kqueue, Kevent event) {
            return !fired.add(kqueue + event.name() + event.udata());
        }

        private static boolean isKqueue(Kevent event) {
            return event.name().startsWith("k");
        }

        private Kevent shown(String kqueue, Kevent event) {
            if (!event.isEvent()) {
                return lie == Lie.ALL_EINVAL && event.data() != 0 ? event.with(22, event.udata()) : event;
            }
            boolean counts = event.is("READ") && event.data() != Kevent.SOME
                    && (lie == Lie.DATA_PLUS_ONE || lie == Lie.KQUEUE_PLUS_ONE && isKqueue(event));
            Kevent change = added.getOrDefault(kqueue + event.name() + event.filter(), event);
            return new Kevent(event.name(), lie == Lie.WRONG_FILTER ? "READ" : event.filter(),
                    lie == Lie.NO_EOF ? event.flags() & ~KeventFlags.EV_EOF : event.flags(),
                    lie == Lie.FIRST_UDATA ? change.udata() : event.udata(),
                    lie == Lie.NO_FFLAGS ? 0 : event.fflags(), event.data() + (counts ? 1 : 0));
        }
    }
}
