package org.kqueue.nio.jfr;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Threshold;

/** One select, from call to return, waiting included. */
@Name("org.kqueue.Select")
@Label("Select")
@Category({"Java Application", "kqueue"})
@Description("A select of a KqueueSelector, waiting included")
@Threshold("20 ms")
@StackTrace(false)
final class SelectEvent extends Event {

    @Label("Selector")
    String selector;

    @Label("kevent Calls")
    long keventCalls;

    @Label("Changes")
    @Description("Changes of interest handed to the kernel")
    long changes;

    @Label("Events")
    @Description("Entries the kernel has returned")
    long events;

    @Label("Keys Updated")
    @Description("What the select returned")
    int updated;

    @Label("Woken Up")
    boolean wokenUp;
}
