package org.kqueue.nio.jfr;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Threshold;
import jdk.jfr.Timespan;

/** A kevent call that returned much later than it was asked to. */
@Name("org.kqueue.SlowKevent")
@Label("Slow kevent")
@Category({"Java Application", "kqueue"})
@Description("A kevent call that took at least 10 ms longer than its timeout")
@Threshold("10 ms")
@StackTrace(false)
final class SlowKeventEvent extends Event {

    @Label("Selector")
    String selector;

    @Label("Timeout")
    @Timespan
    long timeout;

    @Label("Changes")
    int changes;

    @Label("Events")
    int events;
}
