package org.kqueue.trace;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.kqueue.KeventFlags;

/**
 * A named difference between the recording kernel and this one. Each is a predicate on what was recorded, what was seen and what the
 * trace's own record says about the knotes; none knows a trace by number.
 */
enum AllowedDifference {

    /**
     * The same entries in another order, where the list had room for more than were ready: kqueue promises no order, and an
     * emulation has the one of its mechanism. Entries of changes keep theirs.
     */
    ORDER {
        @Override
        boolean allows(TraceStep recorded, TraceStep seen, KnoteModel model) {
            return recorded.isKevent() && recorded.events().size() < recorded.room()
                    && recorded.outcome().equals(seen.outcome())
                    && EventMatch.of(recorded, seen).isSame() && EventMatch.sameChangeResults(recorded, seen);
        }
    },

    /**
     * Linux reports ECONNRESET once to the reader of a socket pair whose other end was closed with unread data; a BSD reports the
     * end of the stream. The replay reads again, and that result must be the recorded one.
     */
    RESET_BEFORE_END {
        @Override
        boolean allows(TraceStep recorded, TraceStep seen, KnoteModel model) {
            boolean end = recorded.verb().equals("R") && "0".equals(recorded.outcome()) && "-1 err 54".equals(seen.outcome())
                    || recorded.verb().equals("DRAIN") && "eof".equals(recorded.outcome())
                    && "err 54".equals(seen.outcome());
            return end && model.isPair(recorded.operand(0));
        }

        @Override
        boolean repeats() {
            return true;
        }
    },

    /**
     * A ONESHOT knote that became active and whose data was read before the scan fires with the stale state on the
     * recording kernels. A backend that looks again stays silent and keeps the knote; the replay then deletes it.
     */
    STALE_ONESHOT {
        @Override
        boolean allows(TraceStep recorded, TraceStep seen, KnoteModel model) {
            EventMatch match = EventMatch.of(recorded, seen);
            return recorded.isKevent() && EventMatch.sameChangeResults(recorded, seen) && !match.missing().isEmpty()
                    && match.missing().stream().allMatch(event -> isStale(recorded, event, model))
                    && match.unexpected().stream().allMatch(event -> match.missing().stream().anyMatch(
                            stale -> stale.sameKnote(event) && event.has(KeventFlags.EV_ONESHOT)));
        }

        @Override
        boolean deletesMissing() {
            return true;
        }
    },

    /**
     * A peer's close makes READ and WRITE of one descriptor ready at once; which of the two is queued first is the kernel's habit.
     */
    CLOSE_ORDER {
        @Override
        boolean allows(TraceStep recorded, TraceStep seen, KnoteModel model) {
            if (!recorded.isKevent() || !recorded.outcome().equals(seen.outcome()) || !EventMatch.of(recorded, seen).isSame()) {
                return false;
            }
            for (int i = 0; i < recorded.events().size(); i++) {
                TraceStep.Seen event = recorded.events().get(i);
                if (!event.name().equals(seen.events().get(i).name())
                        || !event.agrees(seen.events().get(i)) && !event.has(KeventFlags.EV_EOF)
                        && !model.isWoken(recorded.operand(0), event, KnoteModel.Cause.SHUT)) {
                    return false;
                }
            }
            return true;
        }
    },

    /**
     * shutdown and close wake every waiter of both ends, whatever it waits for; an edge-triggered epoll then reports a CLEAR knote
     * again that has fired in the same state before.
     */
    CLEAR_WOKEN_BY_SHUTDOWN {
        @Override
        boolean allows(TraceStep recorded, TraceStep seen, KnoteModel model) {
            EventMatch match = EventMatch.of(recorded, seen);
            return isOneSided(recorded, seen, match.unexpected(), match.missing())
                    && match.unexpected().stream().allMatch(event -> isClear(recorded, event, model)
                            && model.isWoken(recorded.operand(0), event, KnoteModel.Cause.SHUT));
        }
    },

    /**
     * FreeBSD wakes a WRITE CLEAR knote at every read by the other end, and on a pipe at every write too; Linux when a
     * whole buffer became free.
     */
    CLEAR_WOKEN_BY_PEER_READ {
        @Override
        boolean allows(TraceStep recorded, TraceStep seen, KnoteModel model) {
            EventMatch match = EventMatch.of(recorded, seen);
            return isOneSided(recorded, seen, match.missing(), match.unexpected())
                    && match.missing().stream().allMatch(event -> event.filter().equals("WRITE")
                            && !event.has(KeventFlags.EV_EOF) && isClear(recorded, event, model)
                            && model.isWoken(recorded.operand(0), event, KnoteModel.Cause.READ, KnoteModel.Cause.WRITE));
        }

        @Override
        boolean deletesMissing() {
            return true;
        }
    },

    /**
     * When a filled buffer counts as writable again: a BSD asks for 512 or 2048 free bytes, Linux for a free page of a pipe and for most of a
     * socket's buffer. Nor does epoll tell of an own shutdown of a socket whose buffer is full.
     */
    FULL_BUFFER {
        @Override
        boolean allows(TraceStep recorded, TraceStep seen, KnoteModel model) {
            EventMatch match = EventMatch.of(recorded, seen);
            return (isOneSided(recorded, seen, match.missing(), match.unexpected())
                    || isOneSided(recorded, seen, match.unexpected(), match.missing()))
                    && Stream.concat(match.missing().stream(), match.unexpected().stream())
                            .allMatch(event -> event.filter().equals("WRITE") && model.isFull(event.name()));
        }

        @Override
        boolean deletesMissing() {
            return true;
        }
    },

    /** A write to a pipe that was filled and a little read: Linux accepts it when a page is free. What follows is another story. */
    WRITE_TO_FULL_PIPE {
        @Override
        boolean allows(TraceStep recorded, TraceStep seen, KnoteModel model) {
            return recorded.verb().equals("W") && model.isFull(recorded.operand(0)) && recorded.operand(0).startsWith("p")
                    && !recorded.outcome().startsWith("-") && "-1 err 35".equals(seen.outcome());
        }

        @Override
        boolean endsTrace() {
            return true;
        }
    },

    /** The length of a watched kqueue's queue: knotes that are no longer true count until it is scanned. */
    QUEUE_LENGTH {
        @Override
        boolean allows(TraceStep recorded, TraceStep seen, KnoteModel model) {
            if (!recorded.isKevent() || !recorded.outcome().equals(seen.outcome())) {
                return false;
            }
            for (int i = 0; i < recorded.events().size(); i++) {
                TraceStep.Seen event = recorded.events().get(i);
                TraceStep.Seen actual = seen.events().get(i);
                boolean nested = event.isEvent() && event.filter().equals("READ") && event.name().startsWith("k")
                        && event.flags() == actual.flags() && event.udata() == actual.udata() && event.sameKnote(actual);
                if (!nested && !event.agrees(actual)) {
                    return false;
                }
            }
            return true;
        }
    },

    /**
     * NetBSD 7: only ADD replaces a knote's udata. FreeBSD, and so the embedded kqueue: every change does. The recorded udata must be that
     * of the last ADD, the one seen that of the last change.
     */
    NETBSD_UDATA_OF_ADD {
        @Override
        boolean allows(TraceStep recorded, TraceStep seen, KnoteModel model) {
            return recorded.isKevent() && Replay.agrees(recorded, model.withUdataOfAdd(seen));
        }
    },

    /**
     * NetBSD 7: only ADD looks at the descriptor again. FreeBSD: every change does, so that a CLEAR knote whose condition holds
     * fires again.
     */
    NETBSD_SILENT_CHANGE {
        @Override
        boolean allows(TraceStep recorded, TraceStep seen, KnoteModel model) {
            EventMatch match = EventMatch.of(recorded, seen);
            return isOneSided(recorded, seen, match.unexpected(), match.missing())
                    && match.unexpected().stream().allMatch(event -> isClear(recorded, event, model)
                            && model.isWoken(recorded.operand(0), event, KnoteModel.Cause.CHANGE, KnoteModel.Cause.SHUT));
        }
    };

    /** Whether a call differs only by events of one side, and had room for more than either side's. */
    private static boolean isOneSided(TraceStep recorded, TraceStep seen, List<TraceStep.Seen> some, List<TraceStep.Seen> none) {
        return recorded.isKevent() && !some.isEmpty() && none.isEmpty() && EventMatch.sameChangeResults(recorded, seen)
                && !recorded.outcome().startsWith("-") && !seen.outcome().startsWith("-")
                && Math.max(recorded.events().size(), seen.events().size()) <= recorded.room();
    }

    private static boolean isStale(TraceStep recorded, TraceStep.Seen event, KnoteModel model) {
        return event.isEvent() && event.has(KeventFlags.EV_ONESHOT) && event.filter().equals("READ")
                && model.isWoken(recorded.operand(0), event, KnoteModel.Cause.READ);
    }

    private static boolean isClear(TraceStep recorded, TraceStep.Seen event, KnoteModel model) {
        return model.has(recorded.operand(0), event.name(), event.filter(), KeventFlags.EV_CLEAR);
    }

    /** Whether operations and results are no longer the recorded ones after it, so that the comparison ends. */
    boolean endsTrace() {
        return false;
    }

    abstract boolean allows(TraceStep recorded, TraceStep seen, KnoteModel model);

    /** Whether the operation is to be performed again, and compared strictly. */
    boolean repeats() {
        return false;
    }

    /** Whether the knotes of recorded events that were not seen are to be deleted. */
    boolean deletesMissing() {
        return false;
    }

    /** What kqueue leaves open, and what lies outside it: the differences from a kernel of the same rules. */
    static Set<AllowedDifference> everywhere() {
        return EnumSet.complementOf(EnumSet.of(NETBSD_UDATA_OF_ADD, NETBSD_SILENT_CHANGE));
    }

    /** For a recording of NetBSD 7: its own rules as well. */
    static Set<AllowedDifference> fromNetbsd() {
        return EnumSet.allOf(AllowedDifference.class);
    }
}
