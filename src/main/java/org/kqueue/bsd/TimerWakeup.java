package org.kqueue.bsd;

import java.io.IOException;
import org.kqueue.ChangeList;
import org.kqueue.Filter;
import org.kqueue.KeventFlags;
import org.kqueue.KeventLayout;

/**
 * A wakeup by a timer of one millisecond, for a kqueue that has neither user events nor a pipe it could watch. Each
 * signal wakes one waiter, at the kernel's next tick.
 */
final class TimerWakeup extends EventWakeup {

    private TimerWakeup(Submitter kqueue, ChangeList start, ChangeList delete) throws IOException {
        super(kqueue, start, delete);
        // Whether the kernel has timers must show now: added, and taken back before anyone waits.
        kqueue.submit(start);
        deleteIfThere();
    }

    TimerWakeup(Submitter kqueue, KeventLayout layout, long ident, long udata) throws IOException {
        this(kqueue, new ChangeList(layout, 1).add(ident, layout.number(Filter.EVFILT_TIMER),
                KeventFlags.EV_ADD | KeventFlags.EV_ONESHOT, 0, 1, udata),
                new ChangeList(layout, 1).add(ident, Filter.EVFILT_TIMER, KeventFlags.EV_DELETE, udata));
    }
}
