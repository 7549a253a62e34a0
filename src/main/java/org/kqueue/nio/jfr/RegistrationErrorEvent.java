package org.kqueue.nio.jfr;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** The kernel has refused to watch a channel. */
@Name("org.kqueue.RegistrationError")
@Label("Registration Error")
@Category({"Java Application", "kqueue"})
@Description("The kernel has refused to watch a channel; its key was made ready, so that the next read or write tells")
@StackTrace(false)
final class RegistrationErrorEvent extends Event {

    @Label("Selector")
    String selector;

    @Label("Channel")
    String channel;

    @Label("Kevent")
    String kevent;
}
