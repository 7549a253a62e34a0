package org.kqueue.trace;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.kqueue.KeventFlags;
import org.kqueue.trace.Knote.Cause;

/** Where a NetBSD 7 kernel differs from FreeBSD 12.3, and so from the embedded kqueue. */
final class NetbsdRules {

    static final Rule FLAGS = new Rule("NETBSD_FLAGS", "ADD|DELETE adds, ENABLE|DISABLE enables (FreeBSD: EINVAL), and"
            + " CLEAR|DISPATCH is CLEAR; the replay performs what NetBSD made of the flags");
    private static final Rule PIPE_EOF_STAYS = new Rule("NETBSD_PIPE_EOF_STAYS", "WRITE EOF of a pipe is level; on"
            + " FreeBSD it comes once and the knote is gone, and the replay leaves out changes of that knote")
            .instead((call, recorded, seen) -> isPipeWrite(call, recorded) && recorded.flags() == KeventFlags.EV_EOF
                    && seen.flags() == (KeventFlags.EV_EOF | KeventFlags.EV_ONESHOT)
                    && recorded.udata() == seen.udata())
            .missing((call, event) -> isPipeWrite(call, event) && event.isEof() && call.knote(event).isGone);

    private static final List<Rule> OTHERS = List.of(FLAGS, PIPE_EOF_STAYS,
            new Rule("NETBSD_SILENT_CHANGE", "only ADD looks at the descriptor again; on FreeBSD every change does, so"
                    + " that a CLEAR or DISPATCH knote fires again, and any has another place in the queue")
                    .unexpected((call, event) -> (!event.isEof() || call.knote(event).hasReportedEnd)
                            && (call.isOn("k", event) && call.state().isWokenInside(event.name(), Cause.CHANGE)
                                    || call.isWoken(event, Cause.CHANGE)
                                            && (call.isClear(event) || call.knote(event).isDispatch())))
                    .moved((call, event) -> call.isWoken(event, Cause.CHANGE)),
            new Rule("NETBSD_PIPE_EBADF", "WRITE on a pipe whose reader is gone is EBADF at ADD, on FreeBSD EPIPE")
                    .instead((call, recorded, seen) -> isPipeWrite(call, recorded)
                            && isOtherError(recorded, seen, 9, 32))
                    .result(call -> call.is("K", "-1 errno=9", "-1 errno=32") && call.changesWriterOf("p")),
            new Rule("NETBSD_PIPE_EOF_UNSEEN", "the close of the reader of a full pipe is not reported until something"
                    + " else looks again; FreeBSD reports it")
                    .unexpected((call, event) -> isPipeWrite(call, event) && event.isEof()
                            && call.file(event).isFull()),
            new Rule("NETBSD_SHUT_AFTER_END", "the own SHUT_WR after the other end's close fires a WRITE CLEAR knote"
                    + " again, which has reported that end")
                    .missing((call, event) -> event.is("WRITE") && event.isEof() && call.isClear(event)
                            && call.file(event).isShut && call.isWoken(event, Cause.SHUT)
                            && call.knote(event).hasReportedEnd),
            new Rule("NETBSD_KQUEUE_WRITE_EPERM", "WRITE on a kqueue is EPERM, on FreeBSD EINVAL")
                    .instead((call, recorded, seen) -> call.isOn("k", recorded) && recorded.is("WRITE")
                            && isOtherError(recorded, seen, 1, 22))
                    .result(call -> call.is("K", "-1 errno=1", "-1 errno=22") && call.changesWriterOf("k")),
            new Rule("NETBSD_REPORTED_QUEUE", "a watched kqueue is silent while its queue holds only level knotes that"
                    + " its last scan has reported; FreeBSD counts them")
                    .unexpected((call, event) -> call.isOn("k", event) && event.is("READ")
                            && call.state().hasReportedAll(event.name())),
            new Rule("NETBSD_STALE_ONESHOT", "the scan does not look again at a ONESHOT knote: it fires with the state"
                    + " it had")
                    .missing((call, event) -> isTouchedOneshot(call, event) && !call.isReady(event))
                    .instead((call, recorded, seen) -> isTouchedOneshot(call, recorded) && seen.isOneshot()
                            && recorded.udata() == seen.udata()));

    static final List<Rule> ALL = new ArrayList<>(OTHERS);

    static {
        ALL.add(new Rule("NETBSD_UDATA_OF_ADD", "only ADD replaces a knote's udata; on FreeBSD every change does")
                .instead((call, recorded, seen) -> call.knote(recorded).udataOfAdd == recorded.udata()
                        && call.knote(recorded).udataOfChange == seen.udata()
                        && isSame(call, recorded, seen.with(seen.data(), recorded.udata()))));
    }

    private NetbsdRules() {
    }

    private static boolean isSame(Call call, Kevent recorded, Kevent seen) {
        return recorded.agrees(seen)
                || Rules.NETBSD.stream().limit(Rules.NETBSD.size() - 1)
                        .anyMatch(rule -> rule.instead.test(call, recorded, seen));
    }

    private static boolean isPipeWrite(Call call, Kevent event) {
        return call.isOn("p", event) && event.is("WRITE");
    }

    private static boolean isOtherError(Kevent recorded, Kevent seen, int there, int here) {
        return !recorded.isEvent() && recorded.data() == there && seen.data() == here
                && recorded.udata() == seen.udata();
    }

    private static boolean isTouchedOneshot(Call call, Kevent event) {
        return event.isOneshot() && call.isWoken(event, Cause.values());
    }

    /**
     * A call with the changes that mean on FreeBSD what the recorded ones mean on NetBSD.
     *
     * @param used receives each rule that the translation follows
     */
    static Step asFreebsd(Step recorded, RecordedState state, Consumer<Rule> used) {
        List<Kevent> changes = new ArrayList<>();
        for (Kevent change : recorded.changes()) {
            Knote knote = state.knote(recorded.operand(0), change.name(), change.filter());
            int flags = flags(change);
            if (knote.isGone) {
                used.accept(PIPE_EOF_STAYS);
                continue;
            }
            if (flags != change.flags()) {
                used.accept(FLAGS);
            }
            // ADD looks again at a knote that is enabled there; here it is disabled, and ADD alone would leave it so.
            flags |= knote.isIdle && change.has(KeventFlags.EV_ADD) && !change.has(KeventFlags.EV_DISABLE)
                    ? KeventFlags.EV_ENABLE : 0;
            changes.add(Kevent.change(change.name(), change.filter(), flags, change.udata()));
        }
        return recorded.with(changes);
    }

    /** ADD wins over DELETE, ENABLE over DISABLE, CLEAR and ONESHOT over DISPATCH. */
    private static int flags(Kevent change) {
        int flags = change.flags();
        flags &= change.has(KeventFlags.EV_ADD) ? ~KeventFlags.EV_DELETE : -1;
        flags &= change.has(KeventFlags.EV_ENABLE) ? ~KeventFlags.EV_DISABLE : -1;
        return flags & (change.has(KeventFlags.EV_CLEAR | KeventFlags.EV_ONESHOT) ? ~KeventFlags.EV_DISPATCH : -1);
    }
}
