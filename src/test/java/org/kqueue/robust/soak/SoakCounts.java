package org.kqueue.robust.soak;

import java.util.concurrent.atomic.LongAdder;

/** What is counted during a soak. */
final class SoakCounts {

    final LongAdder connections = new LongAdder();
    final LongAdder bytes = new LongAdder();
    final LongAdder halfCloses = new LongAdder();
    final LongAdder slow = new LongAdder();
    final LongAdder clientResets = new LongAdder();
    final LongAdder serverResets = new LongAdder();
    /** Connections that ended before all was echoed, and that the client had not reset. */
    final LongAdder cutOff = new LongAdder();
    final LongAdder checksumErrors = new LongAdder();
    /** Connections on which nothing moved although something could. */
    final LongAdder lostEvents = new LongAdder();
    /** Anything else that should not be. */
    final LongAdder failures = new LongAdder();

    boolean isClean() {
        return checksumErrors.sum() == 0 && lostEvents.sum() == 0 && failures.sum() == 0
                && cutOff.sum() <= serverResets.sum();
    }
}
