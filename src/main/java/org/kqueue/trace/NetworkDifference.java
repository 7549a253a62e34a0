package org.kqueue.trace;

import java.util.List;
import org.kqueue.KeventFlags;

/**
 * Differences from a kernel of the same rules, on TCP and UDP sockets.
 */
enum NetworkDifference implements Rule {

    /** UDP: data is the sum of what is queued on a BSD, on Linux the first datagram, which can be empty. */
    DATAGRAM_DATA {
        @Override
        public boolean instead(Call call, TraceStep.Seen recorded, TraceStep.Seen seen) {
            return recorded.filter().equals("READ") && recorded.name().startsWith("u")
                    && recorded.data() == TraceStep.SOME
                    && seen.data() == 0 && recorded.flags() == seen.flags() && recorded.udata() == seen.udata()
                    && call.model().files().hasEmptyDatagram(recorded.name());
        }
    },

    /**
     * UDP: where a datagram and an ICMP error are pending, Linux gives the error first, a BSD the datagram. The replay
     * reads again, and then sends once more to the port where nobody listens, which brings the error back.
     */
    DATAGRAM_BEHIND_ERROR {
        @Override
        public boolean results(Call call) {
            TraceStep recorded = call.recorded();
            return recorded.verb().equals("RECV") && !recorded.outcome().startsWith("-")
                    && "-1 err 61".equals(call.seen().outcome())
                    && call.model().files().isConnectedToNobody(recorded.operand(0));
        }

        @Override
        public List<TraceStep> inStep(Call call) {
            TraceStep recorded = call.recorded();
            return List.of(recorded, recorded.other("SEND", List.of(recorded.operand(0), "0"), "0"));
        }
    },

    /** UDP: connect wakes the socket's waiters on a BSD, so that a CLEAR knote whose condition holds fires again. */
    CLEAR_WOKEN_BY_CONNECT {
        @Override
        public boolean missing(Call call, TraceStep.Seen event) {
            return event.name().startsWith("u") && call.isClear(event) && call.isWoken(event, KnoteModel.Cause.CONNECT);
        }
    },

    /**
     * TCP after a reset: a write is ECONNRESET on Linux and takes the error, EPIPE on a BSD, which keeps it. So until
     * the BSD's program has read the error, SO_ERROR and fflags have none on Linux.
     */
    TCP_ERROR_TAKEN {
        @Override
        public boolean results(Call call) {
            TraceStep recorded = call.recorded();
            String x = recorded.operand(0);
            String seen = call.seen().outcome();
            return FileModel.isTcp(x) && switch (recorded.verb()) {
                case "W" -> "-1 err 32".equals(recorded.outcome()) && "-1 err 54".equals(seen);
                case "SOERR" -> "54".equals(recorded.outcome()) && "0".equals(seen)
                        && call.model().files().isErrorTaken(x);
                default -> false;
            };
        }

        @Override
        public boolean instead(Call call, TraceStep.Seen recorded, TraceStep.Seen seen) {
            return FileModel.isTcp(recorded.name()) && call.model().files().isErrorTaken(recorded.name())
                    && recorded.has(KeventFlags.EV_EOF) && recorded.flags() == seen.flags() && recorded.fflags() == 54
                    && seen.fflags() == 0 && recorded.data() == seen.data() && recorded.udata() == seen.udata();
        }
    },

    /**
     * TCP, a reset behind the other end's FIN: on Linux SO_ERROR is EPIPE, and a read gives the end of the stream and
     * leaves the error. The replay takes it.
     */
    TCP_RESET_BEHIND_END {
        @Override
        public boolean results(Call call) {
            TraceStep recorded = call.recorded();
            String seen = call.seen().outcome();
            return FileModel.isTcp(recorded.operand(0)) && switch (recorded.verb()) {
                case "R" -> "-1 err 54".equals(recorded.outcome()) && "0".equals(seen);
                case "DRAIN" -> "err 54".equals(recorded.outcome()) && "eof".equals(seen);
                case "SOERR" -> "54".equals(recorded.outcome()) && "32".equals(seen);
                default -> false;
            };
        }

        @Override
        public List<TraceStep> inStep(Call call) {
            TraceStep recorded = call.recorded();
            String x = recorded.operand(0);
            return recorded.verb().equals("SOERR") ? List.of()
                    : List.of(recorded.other("SOERR", List.of(x), call.model().files().isErrorTaken(x) ? "0" : "32"));
        }
    },

    /**
     * accept wakes a listener's CLEAR knote on a BSD, which fires again where another client waits. Linux does not
     * wake.
     */
    CLEAR_WOKEN_BY_ACCEPT {
        @Override
        public boolean missing(Call call, TraceStep.Seen event) {
            return event.name().startsWith("l") && event.filter().equals("READ") && event.data() > 0
                    && call.isClear(event)
                    && call.isWoken(event, KnoteModel.Cause.READ);
        }
    },

    /**
     * Each acknowledgement of what was written wakes a WRITE CLEAR knote of a TCP socket on a BSD; Linux wakes who was
     * refused room.
     */
    CLEAR_WOKEN_BY_ACKNOWLEDGEMENT {
        @Override
        public boolean missing(Call call, TraceStep.Seen event) {
            return FileModel.isTcp(event.name()) && event.filter().equals("WRITE") && !event.has(KeventFlags.EV_EOF)
                    && call.isClear(event) && call.isWoken(event, KnoteModel.Cause.WRITE);
        }

        @Override
        public boolean moves(Call call, TraceStep.Seen event) {
            return missing(call, event);
        }
    },

    /**
     * A TCP connection that was filled: which acknowledgement wakes the writer, and in how many parts the bytes arrive,
     * is the stack's. A WRITE knote of the end that wrote can fire, or get its place in the queue, at another time, and
     * a READ CLEAR knote of the other end more often.
     */
    TCP_FULL {
        @Override
        public boolean missing(Call call, TraceStep.Seen event) {
            return isWriter(call, event) && (call.isClear(event) || !call.isReady(event));
        }

        @Override
        public boolean unexpected(Call call, TraceStep.Seen event) {
            return isWriter(call, event) || isReader(call, event) && event.data() == TraceStep.SOME
                    && call.isClear(event);
        }

        @Override
        public boolean moves(Call call, TraceStep.Seen event) {
            return isWriter(call, event) || isReader(call, event);
        }

        private boolean isWriter(Call call, TraceStep.Seen event) {
            return FileModel.isTcp(event.name()) && event.filter().equals("WRITE") && !event.has(KeventFlags.EV_EOF)
                    && call.model().files().wasFilled(event.name());
        }

        private boolean isReader(Call call, TraceStep.Seen event) {
            return FileModel.isTcp(event.name()) && event.filter().equals("READ") && !event.has(KeventFlags.EV_EOF)
                    && call.model().files().wasPeerFilled(event.name());
        }
    };
}
