package org.kqueue.trace;

import org.kqueue.KeventFlags;

/**
 * Where a NetBSD 7 kernel differs from FreeBSD 12.3, and so from the embedded kqueue.
 */
enum NetbsdDifference implements Rule {

    /**
     * NetBSD 7: only ADD replaces a knote's udata. FreeBSD, and so the embedded kqueue: every change does. The recorded
     * udata must be that of an ADD, the one seen that of a change.
     */
    NETBSD_UDATA_OF_ADD {
        @Override
        public boolean instead(Call call, TraceStep.Seen recorded, TraceStep.Seen seen) {
            return call.model().hasUdata(call.kqueue(), recorded, recorded.udata(), seen.udata())
                    && (recorded.agrees(seen.withUdata(recorded.udata())) || Rule.forFreebsd().stream()
                            .anyMatch(rule -> rule.instead(call, recorded, seen.withUdata(recorded.udata()))));
        }
    },

    /**
     * NetBSD 7: only ADD looks at the descriptor again. FreeBSD: every change does, so that a CLEAR or DISPATCH knote
     * whose condition holds fires again, and any has another place in the queue. A DISPATCH knote is disabled then here
     * and enabled there: the replay enables it as soon as something wakes it.
     */
    NETBSD_SILENT_CHANGE {
        @Override
        public boolean unexpected(Call call, TraceStep.Seen event) {
            if (event.has(KeventFlags.EV_EOF) && !call.model().hasReportedEnd(call.kqueue(), event)) {
                return false;
            }
            return (call.isClear(event) || call.isDispatch(event)) && call.isWoken(event, KnoteModel.Cause.CHANGE)
                    || event.name().startsWith("k") && call.model().isWokenInside(event.name(),
                    KnoteModel.Cause.CHANGE);
        }

        @Override
        public boolean moves(Call call, TraceStep.Seen event) {
            return call.isWoken(event, KnoteModel.Cause.CHANGE);
        }
    },

    /** NetBSD 7: WRITE on a pipe whose reader is gone is EBADF at ADD; on FreeBSD EPIPE. */
    NETBSD_PIPE_EBADF {
        @Override
        public boolean instead(Call call, TraceStep.Seen recorded, TraceStep.Seen seen) {
            return AllowedDifference.isPipeWrite(recorded) && !recorded.isEvent() && recorded.data() == 9
                    && seen.data() == 32
                    && recorded.udata() == seen.udata();
        }

        @Override
        public boolean results(Call call) {
            return "-1 errno=9".equals(call.recorded().outcome()) && "-1 errno=32".equals(call.seen().outcome())
                    && call.recorded().changes().stream().anyMatch(change -> change.name().startsWith("p")
                            && change.name().endsWith("w") && change.filter().equals("WRITE"));
        }
    },

    /**
     * NetBSD 7: WRITE EOF of a pipe is level; on FreeBSD it comes once and the knote is gone. From there the replay
     * leaves out changes of that knote, and misses its events.
     */
    NETBSD_PIPE_EOF_STAYS {
        @Override
        public boolean instead(Call call, TraceStep.Seen recorded, TraceStep.Seen seen) {
            return AllowedDifference.isPipeWrite(recorded) && recorded.flags() == KeventFlags.EV_EOF
                    && seen.flags() == (KeventFlags.EV_EOF | KeventFlags.EV_ONESHOT);
        }

        @Override
        public boolean missing(Call call, TraceStep.Seen event) {
            return AllowedDifference.isPipeWrite(event) && event.has(KeventFlags.EV_EOF)
                    && call.model().apart().isGone(call.kqueue(), event.name(), event.filter());
        }
    },

    /**
     * NetBSD 7: the close of the reader of a full pipe is not reported until something else looks again. FreeBSD
     * reports it.
     */
    NETBSD_PIPE_EOF_UNSEEN {
        @Override
        public boolean unexpected(Call call, TraceStep.Seen event) {
            return AllowedDifference.isPipeWrite(event) && event.has(KeventFlags.EV_EOF)
                    && call.model().files().isFull(event.name());
        }
    },

    /**
     * NetBSD 7: the own SHUT_WR after the other end's close fires a WRITE CLEAR knote again, which has reported that
     * end.
     */
    NETBSD_SHUT_AFTER_END {
        @Override
        public boolean missing(Call call, TraceStep.Seen event) {
            return event.filter().equals("WRITE") && event.has(KeventFlags.EV_EOF) && call.isClear(event)
                    && call.model().files().isShut(event.name()) && call.isWoken(event, KnoteModel.Cause.SHUT)
                    && call.model().hasReportedEnd(call.kqueue(), event);
        }
    },

    /** NetBSD 7: WRITE on a kqueue is EPERM, on FreeBSD EINVAL. */
    NETBSD_KQUEUE_WRITE_EPERM {
        @Override
        public boolean instead(Call call, TraceStep.Seen recorded, TraceStep.Seen seen) {
            return recorded.name().startsWith("k") && recorded.filter().equals("WRITE") && !recorded.isEvent()
                    && recorded.data() == 1 && seen.data() == 22 && recorded.udata() == seen.udata();
        }

        @Override
        public boolean results(Call call) {
            return "-1 errno=1".equals(call.recorded().outcome()) && "-1 errno=22".equals(call.seen().outcome())
                    && call.recorded().changes().stream().anyMatch(change -> change.name().startsWith("k")
                            && change.filter().equals("WRITE"));
        }
    },

    /**
     * NetBSD 7: ADD|DELETE adds, ENABLE|DISABLE enables (FreeBSD: EINVAL), CLEAR|DISPATCH is CLEAR. The replay performs
     * what NetBSD made of the flags.
     */
    NETBSD_FLAGS,

    /**
     * NetBSD 7: a watched kqueue is silent while its queue holds only level knotes that its last scan has reported;
     * FreeBSD counts them.
     */
    NETBSD_REPORTED_QUEUE {
        @Override
        public boolean unexpected(Call call, TraceStep.Seen event) {
            return event.name().startsWith("k") && event.filter().equals("READ")
                    && call.model().hasReportedAll(event.name());
        }
    },

    /**
     * NetBSD 7: a ONESHOT knote is not looked at again by the scan, whatever has happened since: it fires with the
     * state it had.
     */
    NETBSD_STALE_ONESHOT {
        @Override
        public boolean missing(Call call, TraceStep.Seen event) {
            return isStale(call, event) && !call.isReady(event);
        }

        @Override
        public boolean instead(Call call, TraceStep.Seen recorded, TraceStep.Seen seen) {
            return isStale(call, recorded) && seen.has(KeventFlags.EV_ONESHOT)
                    && (recorded.udata() == seen.udata()
                            || call.model().hasUdata(call.kqueue(), recorded, recorded.udata(), seen.udata()));
        }

        private boolean isStale(Call call, TraceStep.Seen event) {
            return event.has(KeventFlags.EV_ONESHOT) && call.isWoken(event, KnoteModel.Cause.values());
        }
    };
}
