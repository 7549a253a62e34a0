package org.kqueue.trace;

import java.util.EnumSet;
import java.util.Set;
import org.kqueue.KeventFlags;

/**
 * A named difference between the recording kernel and this one. Each is a predicate on what was recorded, what was seen and what the
 * trace's own record says about the knotes; none knows a trace by number.
 */
enum AllowedDifference {

    /**
     * Linux reports ECONNRESET once to the reader of a socket pair whose other end was closed with unread data; a BSD reports the
     * end of the stream. The replay reads again, and that result must be the recorded one.
     */
    RESET_BEFORE_END {
        @Override
        boolean results(Call call) {
            TraceStep recorded = call.recorded();
            String seen = call.seen().outcome();
            boolean end = recorded.verb().equals("R") && "0".equals(recorded.outcome()) && "-1 err 54".equals(seen)
                    || recorded.verb().equals("DRAIN") && "eof".equals(recorded.outcome()) && "err 54".equals(seen);
            return end && call.model().isPair(recorded.operand(0));
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
        boolean missing(Call call, TraceStep.Seen event) {
            return event.has(KeventFlags.EV_ONESHOT) && event.filter().equals("READ")
                    && call.isWoken(event, KnoteModel.Cause.READ);
        }

        @Override
        boolean instead(Call call, TraceStep.Seen recorded, TraceStep.Seen seen) {
            return missing(call, recorded) && seen.has(KeventFlags.EV_ONESHOT) && recorded.udata() == seen.udata();
        }
    },

    /**
     * shutdown and close wake every waiter of both ends, whatever it waits for; an edge-triggered epoll then reports a CLEAR knote
     * again that has fired in the same state before, and so does a kqueue that watches it. Nothing tells such a wakeup from one by
     * a read, so that silence could lose an edge.
     */
    CLEAR_WOKEN_BY_SHUTDOWN {
        @Override
        boolean unexpected(Call call, TraceStep.Seen event) {
            return event.name().startsWith("k") ? call.model().isWokenInside(event.name(), KnoteModel.Cause.SHUT)
                    : call.isClear(event) && call.isWoken(event, KnoteModel.Cause.SHUT);
        }
    },

    /** As above for the place in the queue: epoll queues at the wakeup, kqueue when the condition becomes true. */
    QUEUED_AT_SHUTDOWN {
        @Override
        boolean moves(Call call, TraceStep.Seen event) {
            return event.has(KeventFlags.EV_EOF) || call.isWoken(event, KnoteModel.Cause.SHUT)
                    || event.name().startsWith("k") && call.model().isWokenInside(event.name(), KnoteModel.Cause.SHUT);
        }
    },

    /**
     * FreeBSD wakes a WRITE CLEAR knote at every read by the other end, and on a pipe at every write too; Linux when a
     * whole buffer became free.
     */
    CLEAR_WOKEN_BY_PEER_READ {
        @Override
        boolean missing(Call call, TraceStep.Seen event) {
            boolean pipe = event.name().startsWith("p");
            return event.filter().equals("WRITE") && !event.has(KeventFlags.EV_EOF) && call.isClear(event)
                    && (call.isWoken(event, KnoteModel.Cause.READ) || pipe && call.isWoken(event, KnoteModel.Cause.WRITE));
        }

        @Override
        boolean moves(Call call, TraceStep.Seen event) {
            return missing(call, event);
        }
    },

    /** A filled AF_UNIX buffer is writable on FreeBSD as soon as something was read from it, on Linux when most of it is free. */
    FULL_BUFFER {
        @Override
        boolean missing(Call call, TraceStep.Seen event) {
            return event.filter().equals("WRITE") && !event.has(KeventFlags.EV_EOF) && call.model().isFull(event.name())
                    && call.model().readSinceFull(event.name()) > 0;
        }
    },

    /** epoll does not tell of the own shutdown of a socket whose buffer is full. */
    SHUT_WHILE_FULL {
        @Override
        boolean missing(Call call, TraceStep.Seen event) {
            return event.filter().equals("WRITE") && event.has(KeventFlags.EV_EOF) && call.model().isFull(event.name())
                    && call.model().isShut(event.name());
        }
    },

    /** An event that a rule lets be missing has left room for the next one of the queue. From there the two queues are out of step. */
    ROOM_FOR_MORE {
        @Override
        boolean endsTrace() {
            return true;
        }
    },

    /**
     * Room in a pipe that was filled: Linux counts pages, each by one write or more, FreeBSD bytes, and its pipes grow. A write that only one
     * of them takes changes nothing else, for the pipe has data with or without it; what it would have woken may be missing.
     */
    PIPE_ROOM {
        @Override
        boolean results(Call call) {
            TraceStep recorded = call.recorded();
            boolean one = recorded.outcome() != null && recorded.outcome().startsWith("-1 err 35");
            boolean other = "-1 err 35".equals(call.seen().outcome());
            String count = one ? call.seen().outcome() : recorded.outcome();
            return recorded.verb().equals("W") && recorded.operand(0).startsWith("p") && call.model().isFull(recorded.operand(0))
                    && one != other && recorded.operand(1).equals(count);
        }

        @Override
        boolean missing(Call call, TraceStep.Seen event) {
            return call.isClear(event) && call.isWoken(event, KnoteModel.Cause.LOST_WRITE)
                    || isPipeWrite(event) && call.model().hasGrown(event.name());
        }

        @Override
        boolean unexpected(Call call, TraceStep.Seen event) {
            return isPipeWrite(event) && !event.has(KeventFlags.EV_EOF) && call.model().isFull(event.name())
                    && call.model().readSinceFull(event.name()) > 0;
        }
    },

    /** The length of a watched kqueue's queue: knotes that are no longer true count until it is scanned. */
    QUEUE_LENGTH {
        @Override
        boolean instead(Call call, TraceStep.Seen recorded, TraceStep.Seen seen) {
            return recorded.filter().equals("READ") && recorded.name().startsWith("k") && recorded.flags() == seen.flags()
                    && recorded.udata() == seen.udata() && seen.data() >= 1
                    && recorded.data() <= call.model().count(recorded.name())
                    && seen.data() <= call.model().count(recorded.name());
        }
    },

    /** A watched kqueue is readable on a BSD until knotes are scanned that were queued and are no longer true. */
    STALE_QUEUE {
        @Override
        boolean missing(Call call, TraceStep.Seen event) {
            return event.filter().equals("READ") && event.name().startsWith("k") && call.model().mayBeStale(event.name())
                    && event.data() <= call.model().count(event.name());
        }

        @Override
        boolean unexpected(Call call, TraceStep.Seen event) {
            // A delivered level knote is queued again by a wakeup, which an outer CLEAR knote takes for news.
            return event.name().startsWith("k") && call.isClear(event) && call.model().mayBeStale(event.name());
        }

        @Override
        boolean moves(Call call, TraceStep.Seen event) {
            return event.name().startsWith("k") && call.model().mayBeStale(event.name());
        }
    },

    /**
     * dup2 over a registered number, of the file that it names already or named when it was registered: the BSD removes the knotes, on
     * Linux nothing tells. The replay deletes them.
     */
    DUP2_OF_SAME_FILE,

    /** UDP: data is the sum of what is queued on a BSD, on Linux the first datagram, which can be empty. */
    DATAGRAM_DATA {
        @Override
        boolean instead(Call call, TraceStep.Seen recorded, TraceStep.Seen seen) {
            return recorded.filter().equals("READ") && recorded.name().startsWith("u") && recorded.data() == TraceStep.SOME
                    && seen.data() == 0 && recorded.flags() == seen.flags() && recorded.udata() == seen.udata()
                    && call.model().hasEmptyDatagram(recorded.name());
        }
    },

    /** UDP: connect wakes the socket's waiters on a BSD, so that a CLEAR knote whose condition holds fires again. */
    CLEAR_WOKEN_BY_CONNECT {
        @Override
        boolean missing(Call call, TraceStep.Seen event) {
            return event.name().startsWith("u") && call.isClear(event) && call.isWoken(event, KnoteModel.Cause.CONNECT);
        }
    },

    /**
     * TCP after a reset: a write is ECONNRESET on Linux and takes the error, EPIPE on a BSD, which keeps it. So later reads, SO_ERROR
     * and fflags have no error on Linux; SO_ERROR after FIN and reset is EPIPE there.
     */
    TCP_ERROR_TAKEN {
        @Override
        boolean results(Call call) {
            TraceStep recorded = call.recorded();
            String seen = call.seen().outcome();
            return isTcp(recorded.operand(0)) && switch (recorded.verb()) {
                case "W" -> "-1 err 32".equals(recorded.outcome()) && "-1 err 54".equals(seen);
                case "R" -> "-1 err 54".equals(recorded.outcome()) && "0".equals(seen);
                case "SOERR" -> "54".equals(recorded.outcome()) && ("32".equals(seen) || "0".equals(seen));
                default -> false;
            };
        }

        @Override
        boolean instead(Call call, TraceStep.Seen recorded, TraceStep.Seen seen) {
            return isTcp(recorded.name()) && recorded.has(KeventFlags.EV_EOF) && recorded.flags() == seen.flags()
                    && recorded.fflags() == 54 && seen.fflags() == 0 && recorded.data() == seen.data()
                    && recorded.udata() == seen.udata();
        }

        @Override
        boolean endsTrace() {
            return true;
        }
    },

    /** accept wakes a listener's CLEAR knote on a BSD, which fires again where another client waits. Linux does not wake. */
    CLEAR_WOKEN_BY_ACCEPT {
        @Override
        boolean missing(Call call, TraceStep.Seen event) {
            return event.name().startsWith("l") && event.filter().equals("READ") && event.data() > 0 && call.isClear(event)
                    && call.isWoken(event, KnoteModel.Cause.READ);
        }
    },

    /** Each acknowledgement of what was written wakes a WRITE CLEAR knote of a TCP socket on a BSD; Linux wakes who was refused room. */
    CLEAR_WOKEN_BY_ACKNOWLEDGEMENT {
        @Override
        boolean missing(Call call, TraceStep.Seen event) {
            return isTcp(event.name()) && event.filter().equals("WRITE") && !event.has(KeventFlags.EV_EOF)
                    && call.isClear(event) && call.isWoken(event, KnoteModel.Cause.WRITE);
        }
    },

    /**
     * A full TCP connection: which acknowledgement wakes the writer, and when the last bytes get through, is the stack's. A CLEAR knote can
     * fire at another time.
     */
    TCP_FULL {
        @Override
        boolean missing(Call call, TraceStep.Seen event) {
            return isTcp(event.name()) && event.filter().equals("WRITE") && !event.has(KeventFlags.EV_EOF)
                    && call.model().hasFullConnection();
        }

        @Override
        boolean unexpected(Call call, TraceStep.Seen event) {
            return isTcp(event.name()) && call.model().hasFullConnection() && !event.has(KeventFlags.EV_EOF)
                    && (event.filter().equals("WRITE") || event.data() == TraceStep.SOME && call.isClear(event));
        }

        @Override
        boolean moves(Call call, TraceStep.Seen event) {
            return isTcp(event.name()) && call.model().hasFullConnection();
        }
    },

    /** UDP: where a datagram and an ICMP error are pending, Linux gives the error first, a BSD the datagram. */
    DATAGRAM_BEHIND_ERROR {
        @Override
        boolean results(Call call) {
            return call.recorded().verb().equals("RECV") && !call.recorded().outcome().startsWith("-")
                    && "-1 err 61".equals(call.seen().outcome());
        }

        @Override
        boolean endsTrace() {
            return true;
        }
    },

    /**
     * NetBSD 7: only ADD replaces a knote's udata. FreeBSD, and so the embedded kqueue: every change does. The recorded udata must be that
     * of an ADD, the one seen that of a change.
     */
    NETBSD_UDATA_OF_ADD {
        @Override
        boolean instead(Call call, TraceStep.Seen recorded, TraceStep.Seen seen) {
            return call.model().hasUdata(call.kqueue(), recorded, recorded.udata(), seen.udata())
                    && (recorded.agrees(seen.withUdata(recorded.udata())) || everywhere().stream()
                            .anyMatch(rule -> rule.instead(call, recorded, seen.withUdata(recorded.udata()))));
        }
    },

    /**
     * NetBSD 7: only ADD looks at the descriptor again. FreeBSD: every change does, so that a CLEAR or DISPATCH knote whose condition
     * holds fires again. A DISPATCH knote is disabled then here, and enabled there.
     */
    NETBSD_SILENT_CHANGE {
        @Override
        boolean unexpected(Call call, TraceStep.Seen event) {
            return (call.isClear(event) || call.isDispatch(event)) && call.isWoken(event, KnoteModel.Cause.CHANGE);
        }

        @Override
        boolean endsTrace(Call call) {
            return call.seen().events().stream().anyMatch(event -> event.isEvent() && call.isDispatch(event));
        }
    },

    /** NetBSD 7: WRITE on a pipe whose reader is gone is EBADF at ADD; on FreeBSD EPIPE. */
    NETBSD_PIPE_EBADF {
        @Override
        boolean instead(Call call, TraceStep.Seen recorded, TraceStep.Seen seen) {
            return isPipeWrite(recorded) && !recorded.isEvent() && recorded.data() == 9 && seen.data() == 32
                    && recorded.udata() == seen.udata();
        }

        @Override
        boolean results(Call call) {
            return "-1 errno=9".equals(call.recorded().outcome()) && "-1 errno=32".equals(call.seen().outcome())
                    && call.recorded().changes().stream().anyMatch(change -> change.name().startsWith("p")
                            && change.name().endsWith("w") && change.filter().equals("WRITE"));
        }
    },

    /** NetBSD 7: WRITE EOF of a pipe is level; on FreeBSD it comes once and the knote is gone. */
    NETBSD_PIPE_EOF_STAYS {
        @Override
        boolean instead(Call call, TraceStep.Seen recorded, TraceStep.Seen seen) {
            return isPipeWrite(recorded) && recorded.flags() == KeventFlags.EV_EOF
                    && seen.flags() == (KeventFlags.EV_EOF | KeventFlags.EV_ONESHOT);
        }

        @Override
        boolean endsTrace() {
            return true;
        }
    },

    /** NetBSD 7: the close of the reader of a full pipe is not reported until something else looks again. FreeBSD reports it. */
    NETBSD_PIPE_EOF_UNSEEN {
        @Override
        boolean unexpected(Call call, TraceStep.Seen event) {
            return isPipeWrite(event) && event.has(KeventFlags.EV_EOF) && call.model().isFull(event.name());
        }

        @Override
        boolean endsTrace() {
            return true;
        }
    },

    /** NetBSD 7: WRITE on a kqueue is EPERM, on FreeBSD EINVAL. */
    NETBSD_KQUEUE_WRITE_EPERM {
        @Override
        boolean instead(Call call, TraceStep.Seen recorded, TraceStep.Seen seen) {
            return recorded.name().startsWith("k") && recorded.filter().equals("WRITE") && !recorded.isEvent()
                    && recorded.data() == 1 && seen.data() == 22 && recorded.udata() == seen.udata();
        }

        @Override
        boolean results(Call call) {
            return "-1 errno=1".equals(call.recorded().outcome()) && "-1 errno=22".equals(call.seen().outcome())
                    && call.recorded().changes().stream().anyMatch(change -> change.name().startsWith("k")
                            && change.filter().equals("WRITE"));
        }
    },

    /**
     * NetBSD 7: ADD|DELETE adds, ENABLE|DISABLE enables (FreeBSD: EINVAL), CLEAR|DISPATCH is CLEAR. The replay performs what NetBSD
     * made of the flags.
     */
    NETBSD_FLAGS,

    /**
     * NetBSD 7: ENABLE does not queue a knote again, WRITE comes before READ at a close, and a knote may be queued that is ready no more; so
     * the place of a knote that was changed, shut or read is another one, and with little room the events are.
     */
    NETBSD_QUEUE {
        @Override
        boolean moves(Call call, TraceStep.Seen event) {
            return isTouched(call, event);
        }

        @Override
        boolean missing(Call call, TraceStep.Seen event) {
            return isFull(call) && isTouched(call);
        }

        @Override
        boolean unexpected(Call call, TraceStep.Seen event) {
            return isFull(call) && isTouched(call);
        }

        private boolean isTouched(Call call) {
            return call.model().hasChanged(call.kqueue())
                    || call.recorded().events().stream().anyMatch(event -> isTouched(call, event));
        }

        private boolean isFull(Call call) {
            return call.recorded().room() < 16 && call.recorded().events().size() == call.recorded().room();
        }

        private boolean isTouched(Call call, TraceStep.Seen event) {
            return event.has(KeventFlags.EV_EOF) || call.isWoken(event, KnoteModel.Cause.CHANGE, KnoteModel.Cause.SHUT)
                    || event.name().startsWith("k");
        }

        @Override
        boolean endsTrace(Call call) {
            return isFull(call);
        }
    },

    /**
     * NetBSD 7: a watched kqueue is reported while its queue holds what is true no more, and silent while it holds only what was
     * reported. FreeBSD looks at the queue.
     */
    NETBSD_KQUEUE_QUEUE {
        @Override
        boolean missing(Call call, TraceStep.Seen event) {
            return event.name().startsWith("k") && event.filter().equals("READ")
                    && event.data() <= call.model().count(event.name()) && call.model().count(event.name()) > 0;
        }

        @Override
        boolean unexpected(Call call, TraceStep.Seen event) {
            return event.name().startsWith("k") && event.filter().equals("READ") && call.model().mayBeStale(event.name());
        }
    },

    /** NetBSD 7: a ONESHOT knote is not looked at again by the scan, whatever has happened since: it fires with the state it had. */
    NETBSD_STALE_ONESHOT {
        @Override
        boolean missing(Call call, TraceStep.Seen event) {
            return event.has(KeventFlags.EV_ONESHOT) && call.isWoken(event, KnoteModel.Cause.values());
        }

        @Override
        boolean instead(Call call, TraceStep.Seen recorded, TraceStep.Seen seen) {
            return missing(call, recorded) && seen.has(KeventFlags.EV_ONESHOT)
                    && (recorded.udata() == seen.udata()
                            || call.model().hasUdata(call.kqueue(), recorded, recorded.udata(), seen.udata()));
        }
    };

    private static boolean isTcp(String name) {
        return name.startsWith("c") || name.startsWith("s");
    }

    private static boolean isPipeWrite(TraceStep.Seen event) {
        return event.name().startsWith("p") && event.filter().equals("WRITE");
    }

    /** Whether a line's result that is no list of events may be another one. */
    boolean results(Call call) {
        return false;
    }

    /** Whether a recorded event may be missing. */
    boolean missing(Call call, TraceStep.Seen event) {
        return false;
    }

    /** Whether an event may be seen that was not recorded. */
    boolean unexpected(Call call, TraceStep.Seen event) {
        return false;
    }

    /** Whether an event may come at another place. */
    boolean moves(Call call, TraceStep.Seen event) {
        return false;
    }

    /** Whether an entry of the same knote may say something else. */
    boolean instead(Call call, TraceStep.Seen recorded, TraceStep.Seen seen) {
        return false;
    }

    /** Whether operations and results are no longer the recorded ones after it, so that the comparison ends. */
    boolean endsTrace() {
        return false;
    }

    /** As {@link #endsTrace()}, where it depends on the call. */
    boolean endsTrace(Call call) {
        return endsTrace();
    }

    /** Whether the operation is to be performed again, and compared strictly. */
    boolean repeats() {
        return false;
    }

    /** What kqueue leaves open, and what lies outside it: the differences from a kernel of the same rules. */
    static Set<AllowedDifference> everywhere() {
        return EnumSet.range(RESET_BEFORE_END, DATAGRAM_BEHIND_ERROR);
    }

    /** For a recording of NetBSD 7: its own rules as well. */
    static Set<AllowedDifference> fromNetbsd() {
        return EnumSet.allOf(AllowedDifference.class);
    }
}
