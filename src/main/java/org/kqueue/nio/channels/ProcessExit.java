package org.kqueue.nio.channels;

import java.util.OptionalInt;

/**
 * A process has exited. Both codes are empty where the system does not tell how: for processes that are not children of
 * this one that is the rule on Linux and macOS.
 *
 * @param process the process, as it was given to the channel
 * @param exitCode what it exited with; where only {@link Process#exitValue()} tells it, 128 and the signal's number for
 *     a signal
 * @param signal the number of the signal that ended it
 */
public record ProcessExit(ProcessHandle process, OptionalInt exitCode, OptionalInt signal) {
}
