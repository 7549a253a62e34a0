package org.kqueue.trace;

import java.util.List;
import org.kqueue.KeventFlags;

/**
 * Differences from a kernel of the same rules, on socket pairs, pipes and kqueues: what epoll cannot know, and what
 * lies outside kqueue.
 */
enum AllowedDifference implements Rule {

    /**
     * Linux reports ECONNRESET once to the reader of a socket pair whose other end was closed with unread data; a BSD
     * reports the end of the stream. The replay reads again, and that result must be the recorded one.
     */
    RESET_BEFORE_END {
        @Override
        public boolean results(Call call) {
            TraceStep recorded = call.recorded();
            String seen = call.seen().outcome();
            boolean end = recorded.verb().equals("R") && "0".equals(recorded.outcome()) && "-1 err 54".equals(seen)
                    || recorded.verb().equals("DRAIN") && "eof".equals(recorded.outcome()) && "err 54".equals(seen);
            return end && call.model().files().isPair(recorded.operand(0));
        }

        @Override
        public List<TraceStep> inStep(Call call) {
            return List.of(call.recorded());
        }
    },

    /**
     * A ONESHOT knote that became active and whose data was read before the scan fires with the stale state on the
     * recording kernels. A backend that looks again stays silent and keeps the knote; the replay then deletes it.
     */
    STALE_ONESHOT {
        @Override
        public boolean missing(Call call, TraceStep.Seen event) {
            return isStale(call, event) && !call.isReady(event);
        }

        @Override
        public boolean instead(Call call, TraceStep.Seen recorded, TraceStep.Seen seen) {
            return isStale(call, recorded) && seen.has(KeventFlags.EV_ONESHOT) && recorded.udata() == seen.udata();
        }

        private boolean isStale(Call call, TraceStep.Seen event) {
            return event.has(KeventFlags.EV_ONESHOT) && event.filter().equals("READ")
                    && call.isWoken(event, KnoteModel.Cause.READ);
        }
    },

    /**
     * shutdown and close wake every waiter of both ends, whatever it waits for; an edge-triggered epoll then reports a
     * CLEAR knote again that has fired in the same state before, and so does a kqueue that watches it. Nothing tells
     * such a wakeup from one by a read, so that silence could lose an edge.
     */
    CLEAR_WOKEN_BY_SHUTDOWN {
        @Override
        public boolean unexpected(Call call, TraceStep.Seen event) {
            return event.name().startsWith("k") ? call.model().isWokenInside(event.name(), KnoteModel.Cause.SHUT)
                    : call.isClear(event) && call.isWoken(event, KnoteModel.Cause.SHUT)
                            && (!event.has(KeventFlags.EV_EOF) || call.model().hasReportedEnd(call.kqueue(), event));
        }
    },

    /** As above for the place in the queue: epoll queues at the wakeup, kqueue when the condition becomes true. */
    QUEUED_AT_SHUTDOWN {
        @Override
        public boolean moves(Call call, TraceStep.Seen event) {
            return call.isWoken(event, KnoteModel.Cause.SHUT)
                    || event.name().startsWith("k") && call.model().isWokenInside(event.name(), KnoteModel.Cause.SHUT);
        }
    },

    /**
     * FreeBSD wakes a WRITE CLEAR knote at every read by the other end, and on a pipe at every write too; Linux when a
     * whole buffer became free.
     */
    CLEAR_WOKEN_BY_PEER_READ {
        @Override
        public boolean missing(Call call, TraceStep.Seen event) {
            boolean pipe = event.name().startsWith("p");
            return event.filter().equals("WRITE") && !event.has(KeventFlags.EV_EOF) && call.isClear(event)
                    && (call.isWoken(event, KnoteModel.Cause.PEER_READ)
                            || pipe && call.isWoken(event, KnoteModel.Cause.WRITE));
        }

        @Override
        public boolean moves(Call call, TraceStep.Seen event) {
            return missing(call, event);
        }
    },

    /**
     * A filled AF_UNIX buffer is writable on FreeBSD as soon as something was read from it, on Linux when most of it is
     * free.
     */
    FULL_BUFFER {
        @Override
        public boolean missing(Call call, TraceStep.Seen event) {
            return event.filter().equals("WRITE") && !event.has(KeventFlags.EV_EOF)
                    && call.model().files().isFull(event.name())
                    && call.model().files().readSinceFull(event.name()) > 0 && !call.isReady(event);
        }
    },

    /** epoll does not tell of the own shutdown of a socket whose buffer is full. */
    SHUT_WHILE_FULL {
        @Override
        public boolean missing(Call call, TraceStep.Seen event) {
            return event.filter().equals("WRITE") && event.has(KeventFlags.EV_EOF)
                    && call.model().files().isFull(event.name())
                    && call.model().files().isShut(event.name());
        }
    },

    /**
     * A level knote whose event a rule let be missing is queued here when epoll tells of it, there it has been in the
     * queue since.
     */
    QUEUED_LATER {
        @Override
        public boolean moves(Call call, TraceStep.Seen event) {
            return call.model().apart().isMissed(call.kqueue(), event);
        }
    },

    /**
     * Room in a pipe that was filled: Linux counts pages, each by one write or more, FreeBSD bytes, and its pipes grow.
     * A write that only one of them takes changes nothing else, for the pipe has data with or without it; what it would
     * have woken may be missing.
     */
    PIPE_ROOM {
        @Override
        public boolean results(Call call) {
            TraceStep recorded = call.recorded();
            boolean one = recorded.outcome() != null && recorded.outcome().startsWith("-1 err 35");
            boolean other = "-1 err 35".equals(call.seen().outcome());
            String count = one ? call.seen().outcome() : recorded.outcome();
            return recorded.verb().equals("W") && recorded.operand(0).startsWith("p")
                    && call.model().files().isFull(recorded.operand(0))
                    && one != other && recorded.operand(1).equals(count);
        }

        @Override
        public boolean missing(Call call, TraceStep.Seen event) {
            return call.isClear(event) && call.isWoken(event, KnoteModel.Cause.LOST_WRITE)
                    || isPipeWrite(event) && call.model().files().hasGrown(event.name()) && !call.isReady(event);
        }

        @Override
        public boolean unexpected(Call call, TraceStep.Seen event) {
            return isPipeWrite(event) && !event.has(KeventFlags.EV_EOF) && call.model().files().isFull(event.name())
                    && call.model().files().readSinceFull(event.name()) > 0;
        }
    },

    /** The length of a watched kqueue's queue: knotes that are no longer true count until it is scanned. */
    QUEUE_LENGTH {
        @Override
        public boolean instead(Call call, TraceStep.Seen recorded, TraceStep.Seen seen) {
            return recorded.filter().equals("READ") && recorded.name().startsWith("k")
                    && recorded.flags() == seen.flags()
                    && recorded.udata() == seen.udata() && seen.data() >= 1
                    && recorded.data() <= call.model().count(recorded.name())
                    && seen.data() <= call.model().count(recorded.name());
        }
    },

    /**
     * A watched kqueue is readable on a BSD until knotes are scanned that were queued and are no longer true. Here it
     * is not: poll(2) says so too, but for a CLEAR knote, which can have been told before.
     */
    STALE_QUEUE {
        @Override
        public boolean missing(Call call, TraceStep.Seen event) {
            return event.filter().equals("READ") && event.name().startsWith("k")
                    && call.model().mayBeStale(event.name())
                    && (call.isClear(event) || !call.isReady(event))
                    && event.data() <= call.model().count(event.name());
        }

        @Override
        public boolean unexpected(Call call, TraceStep.Seen event) {
            // A delivered level knote is queued again by a wakeup, which an outer CLEAR knote takes for news.
            return event.name().startsWith("k") && call.isClear(event) && call.model().mayBeStale(event.name());
        }

        @Override
        public boolean moves(Call call, TraceStep.Seen event) {
            return event.name().startsWith("k") && call.model().mayBeStale(event.name());
        }
    },

    /**
     * A kqueue that another one watches is asked whether it is readable, and epoll drops from its list then what is
     * queued and no longer true. A knote that was drained and is ready again has its old place on a BSD.
     */
    DROPPED_BY_WATCHER {
        @Override
        public boolean moves(Call call, TraceStep.Seen event) {
            return call.model().isWatched(call.kqueue()) && event.filter().equals("READ")
                    && call.isWoken(event, KnoteModel.Cause.READ);
        }
    },

    /**
     * dup2 over a registered number, of the file that it names already or named when it was registered: the BSD removes
     * the knotes, on Linux nothing tells. The replay deletes them.
     */
    DUP2_OF_SAME_FILE;

    static boolean isPipeWrite(TraceStep.Seen event) {
        return event.name().startsWith("p") && event.filter().equals("WRITE");
    }
}
